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
      found: [fact("web", "Missing", "a container", "no container")],
      healed: {},
      ends: { ready: "False", phase: "Suspended" },
      done: "nothing: it is shown",
    },
  ],
};
