import { expect } from "chai";
import type { ObservedContainer } from "../../../controller/docker/docker.ts";
import type { DesiredService } from "../../../controller/reconcile/desired.ts";
import { judgeContainer } from "../../../controller/reconcile/judge-container.ts";
import type { MadeService } from "../../../controller/status/record.ts";
import type { Ending } from "../../../controller/watch/watch.ts";
import { fakeContainer } from "../../support/fake-docker.ts";

const ID = "c1";
const NOW = 1_000_000;
/** The last of so many quick ends in a row. */
const quick = (times: number): Ending => ({ exitCode: 3, byHand: false, at: 5, quick: times });
const byHand = (exitCode: number): Ending => ({ exitCode, byHand: true, at: 5 });
const byItself = (exitCode: number): Ending => ({ exitCode, byHand: false, at: 5 });

interface Case {
  readonly name: string;
  readonly container: Partial<ObservedContainer>;
  readonly oneShot?: DesiredService["oneShot"];
  readonly gated?: boolean;
  readonly completed?: boolean;
  readonly ending?: Ending;
  /** `KIND cause`, or what it is. */
  readonly verdict: string;
}

const cases: readonly Case[] = [
  { name: "a running container is as it should be", container: { state: "running" }, verdict: "running" },
  {
    name: "a health check that has not answered yet is settling",
    container: { state: "running", health: "starting" },
    verdict: "running, settling",
  },
  {
    name: "an unhealthy one failed by itself",
    container: { state: "running", health: "unhealthy" },
    verdict: "Unhealthy itself",
  },
  { name: "a paused one was paused from outside", container: { state: "paused" }, verdict: "Paused outside" },
  {
    name: "one that was created and never started",
    container: { state: "created" },
    verdict: "Created outside",
  },
  {
    name: "one that could not be started failed by itself",
    container: { state: "created", error: "port is in use" },
    verdict: "Created itself",
  },
  {
    name: "a restart by the engine is the engine's",
    container: { state: "restarting", restartCount: 1 },
    verdict: "restarting",
  },
  {
    name: "the third restart is a crash loop",
    container: { state: "restarting", restartCount: 3 },
    verdict: "Restarting itself",
  },
  {
    name: "exit 1 without a witness failed by itself",
    container: { state: "exited", exitCode: 1 },
    verdict: "Exited itself",
  },
  {
    name: "exit 137 after a kill by hand was stopped from outside",
    container: { state: "exited", exitCode: 137 },
    ending: byHand(137),
    verdict: "Stopped outside",
  },
  {
    name: "exit 0 of a one-shot is finished",
    container: { state: "exited", exitCode: 0 },
    oneShot: "yes",
    verdict: "finished",
  },
  {
    name: "exit 0 of a one-shot that was stopped by hand is finished",
    container: { state: "exited", exitCode: 0 },
    oneShot: "yes",
    ending: byHand(0),
    verdict: "finished",
  },
  {
    name: "exit 1 of a one-shot failed by itself",
    container: { state: "exited", exitCode: 1 },
    oneShot: "yes",
    verdict: "Exited itself",
  },
  {
    name: "exit 0 of a service with a health check or ports is no finish",
    container: { state: "exited", exitCode: 0 },
    oneShot: "no",
    verdict: "Stopped outside",
  },
  {
    name: "exit 0 of such a service, seen ending by itself, failed by itself",
    container: { state: "exited", exitCode: 0 },
    oneShot: "no",
    ending: byItself(0),
    verdict: "Stopped itself",
  },
  {
    name: "exit 0 that was seen ending by itself is finished",
    container: { state: "exited", exitCode: 0 },
    ending: byItself(0),
    verdict: "finished",
  },
  {
    name: "exit 0 after a stop by hand was stopped from outside",
    container: { state: "exited", exitCode: 0 },
    ending: byHand(0),
    verdict: "Stopped outside",
  },
  {
    name: "exit 0 without a witness of a container that ran through a gate was stopped",
    container: { state: "exited", exitCode: 0 },
    gated: true,
    verdict: "Stopped outside",
  },
  {
    name: "exit 0 without a witness is finished where that is on record, also after a gate",
    container: { state: "exited", exitCode: 0 },
    gated: true,
    completed: true,
    verdict: "finished",
  },
  {
    name: "exit 0 after a stop by hand is no finish, whatever is on record",
    container: { state: "exited", exitCode: 0 },
    completed: true,
    ending: byHand(0),
    verdict: "Stopped outside",
  },
  {
    name: "exit 0 without a witness of one that never did is finished, and names the label",
    container: { state: "exited", exitCode: 0 },
    verdict: "finished, with a note",
  },
  {
    name: "three quick ends in a row are a crash loop, also while it runs for a moment",
    container: { state: "running", restartPolicy: "always", startedAt: NOW - 5000 },
    ending: quick(3),
    verdict: "Restarting itself",
  },
  {
    name: "it is over when it has run for a minute",
    container: { state: "running", restartPolicy: "always", startedAt: NOW - 60_000 },
    ending: quick(3),
    verdict: "running",
  },
  {
    name: "two are none",
    container: { state: "running", restartPolicy: "always", startedAt: NOW - 5000 },
    ending: quick(2),
    verdict: "running",
  },
  {
    name: "restarts of long ago are no crash loop, where the last end was seen",
    container: { state: "restarting", restartCount: 9 },
    ending: quick(1),
    verdict: "restarting",
  },
  {
    name: "how long the engine waited tells a crash loop that nobody saw",
    container: {
      state: "running",
      restartPolicy: "always",
      restartCount: 3,
      finishedAt: NOW - 5400,
      startedAt: NOW - 5000,
    },
    verdict: "Restarting itself",
  },
  {
    name: "restarts of long ago are none, where the engine did not wait",
    container: {
      state: "running",
      restartPolicy: "always",
      restartCount: 9,
      finishedAt: NOW - 5100,
      startedAt: NOW - 5000,
    },
    verdict: "running",
  },
  {
    name: "a start in the future is a clock that was set back, and no crash loop",
    container: { state: "running", restartPolicy: "always", startedAt: NOW + 5000 },
    ending: quick(9),
    verdict: "running",
  },
  {
    name: "what the engine does not restart, and ConOps does, is no crash loop of the engine's",
    container: { state: "running", startedAt: NOW - 5000 },
    ending: quick(9),
    verdict: "running",
  },
  ...[137, 143, 255].map((exitCode): Case => ({
    name: `exit ${exitCode} without a witness was a stop, where it had run through a gate`,
    container: { state: "exited", exitCode },
    gated: true,
    verdict: "Stopped outside",
  })),
  {
    name: "but not where it had not",
    container: { state: "exited", exitCode: 137 },
    verdict: "Exited itself",
  },
  {
    name: "nor where memory ran out",
    container: { state: "exited", exitCode: 137, oomKilled: true },
    gated: true,
    verdict: "Exited itself",
  },
  {
    name: "nor where it was seen to end by itself",
    container: { state: "exited", exitCode: 137 },
    gated: true,
    ending: byItself(137),
    verdict: "Exited itself",
  },
  {
    name: "another code without a witness is its own",
    container: { state: "exited", exitCode: 1 },
    gated: true,
    verdict: "Exited itself",
  },
  {
    name: "what the engine restarts by itself, and has not, was stopped, whatever its code",
    container: { state: "exited", exitCode: 1, restartPolicy: "unless-stopped" },
    oneShot: "no",
    verdict: "Stopped outside",
  },
  {
    name: "unless it could not be started",
    container: { state: "exited", exitCode: 127, restartPolicy: "always", error: "port is in use" },
    oneShot: "no",
    verdict: "Exited itself",
  },
  {
    name: "what the engine has given up after some failures failed by itself",
    container: { state: "exited", exitCode: 3, restartPolicy: "on-failure", restartCount: 2 },
    oneShot: "no",
    gated: true,
    verdict: "Exited itself",
  },
  {
    name: "one that is being removed is on its way",
    container: { state: "removing" },
    verdict: "restarting",
  },
];

describe("judgeContainer()", () => {
  for (const {
    name,
    container,
    oneShot = "perhaps",
    gated = false,
    completed = false,
    ending,
    verdict,
  } of cases) {
    it(name, () => {
      const made: MadeService = {
        configHash: "hash",
        image: "i",
        imageId: "sha256:1",
        containers: [ID],
        gated: gated ? [ID] : [],
      };
      const service: DesiredService = {
        name: "web",
        replicas: 1,
        image: "i",
        oneShot,
        dependsOn: [],
        onFileChange: { act: "recreate" },
      };

      const found = judgeContainer(
        fakeContainer(ID, { configHash: "hash", ...container }),
        service,
        made,
        ending,
        completed,
        NOW,
      );

      const said =
        found.is === "drifted"
          ? `${found.kind} ${found.cause}`
          : found.is === "running" && found.settling
            ? "running, settling"
            : found.is === "finished" && found.note?.includes("conops.dev/one-shot") === true
              ? "finished, with a note"
              : found.is;
      expect(said).to.equal(verdict);
    });
  }
});
