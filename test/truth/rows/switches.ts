import { fact, type Section } from "../situation.ts";

/** What the manifest says about it. */
export const SWITCHES: Section = {
  title: "Switches of the manifest",
  rows: [
    {
      id: "suspended",
      title: "`docker rm --force`, with `suspend: true`",
      services: { web: {}, side: {} },
      steps: [{ spec: { suspend: true }, phase: "Suspended" }, "docker rm --force $web"],
      passing: ["Stopped"],
      found: [fact("web", "Missing", "a container", "no container")],
      healed: {},
      ends: { ready: "False", phase: "Suspended" },
      done: "nothing: it is shown",
    },
    {
      id: "no-heal",
      title: "`docker kill`, with `sync.selfHeal: false`",
      services: { web: {} },
      spec: { sync: { selfHeal: false } },
      steps: ["docker kill $web"],
      found: [fact("web", "Stopped", "running", "stopped from outside, exit 137")],
      healed: {},
      ends: { ready: "False", phase: "Degraded" },
      done: "nothing: it is shown",
    },
    {
      id: "stopped-started",
      title: "`state: Stopped`, and a container is started by hand",
      services: { web: {}, side: {} },
      steps: [{ spec: { state: "Stopped" }, phase: "Stopped" }, "docker start $web"],
      found: [fact("web", "Running", "stopped", "running")],
      healed: { web: "stopped" },
      by: "Compose",
      ends: { ready: "True", phase: "Stopped" },
    },
    {
      id: "stopped",
      title: "`state: Stopped`, and a container is removed",
      services: { web: {}, side: {} },
      steps: [{ spec: { state: "Stopped" }, phase: "Stopped" }, "docker rm $web"],
      found: [],
      never: ["Stopped", "Missing"],
      healed: {},
      ends: { ready: "True", phase: "Stopped" },
      done: "nothing",
    },
  ],
};
