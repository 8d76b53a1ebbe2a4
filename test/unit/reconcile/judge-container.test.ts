import { expect } from "chai";
import type { ObservedContainer } from "../../../controller/docker/docker.ts";
import type { DesiredService } from "../../../controller/reconcile/desired.ts";
import { judgeContainer } from "../../../controller/reconcile/judge-container.ts";
import type { MadeService } from "../../../controller/status/record.ts";
import type { Ending } from "../../../controller/watch/watch.ts";
import { fakeContainer } from "../../support/fake-docker.ts";

const ID = "c1";
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
