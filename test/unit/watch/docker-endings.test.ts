import { expect } from "chai";

import type { EngineEvent } from "../../../controller/docker/docker.ts";
import { createEndings } from "../../../controller/watch/docker-endings.ts";
import { fakeContainer } from "../../support/fake-docker.ts";

/** `[action, seconds, more]` of container `a`. */
type Step = readonly [action: string, seconds: number, more?: Partial<EngineEvent>];

function witnessed(steps: readonly Step[]) {
  const endings = createEndings();
  for (const [action, seconds, more] of steps) {
    const at = seconds * 1000;
    endings.witness({
      type: "container",
      containerId: "a",
      project: "shop",
      service: "web",
      action,
      at,
      ...more,
    });
  }
  return endings;
}

const BY_HAND = true;
const BY_ITSELF = false;

describe("createEndings()", () => {
  const cases: readonly { name: string; steps: readonly Step[]; byHand: boolean | undefined }[] = [
    { name: "nothing seen", steps: [], byHand: undefined },
    { name: "a start alone", steps: [["start", 1]], byHand: undefined },
    {
      name: "a death alone",
      steps: [
        ["start", 1],
        ["die", 2, { exitCode: 0 }],
      ],
      byHand: BY_ITSELF,
    },
    { name: "a death whose start was not seen", steps: [["die", 2, { exitCode: 1 }]], byHand: BY_ITSELF },
    {
      name: "docker stop",
      steps: [
        ["kill", 1, { killSignal: 15 }],
        ["stop", 2],
        ["die", 2, { exitCode: 0 }],
      ],
      byHand: BY_HAND,
    },
    {
      name: "docker stop with a grace period that ends in SIGKILL",
      steps: [
        ["kill", 1, { killSignal: 15 }],
        ["kill", 601, { killSignal: 9 }],
        ["stop", 602],
        ["die", 602, { exitCode: 137 }],
      ],
      byHand: BY_HAND,
    },
    {
      name: "docker stop with a stop signal of the image's own",
      steps: [
        ["kill", 1, { killSignal: 28 }],
        ["stop", 2],
        ["die", 2, { exitCode: 0 }],
      ],
      byHand: BY_HAND,
    },
    {
      name: "docker stop of an engine that says stop after the death",
      steps: [
        ["kill", 1, { killSignal: 28 }],
        ["die", 2, { exitCode: 0 }],
        ["stop", 2],
      ],
      byHand: BY_HAND,
    },
    {
      name: "docker kill",
      steps: [
        ["kill", 1, { killSignal: 9 }],
        ["die", 1, { exitCode: 137 }],
      ],
      byHand: BY_HAND,
    },
    {
      name: "docker kill of an engine that does not name the signal",
      steps: [
        ["kill", 1],
        ["die", 1, { exitCode: 137 }],
      ],
      byHand: BY_HAND,
    },
    {
      name: "docker kill -s TERM, obeyed after minutes of draining",
      steps: [
        ["kill", 1, { killSignal: 15 }],
        ["die", 301, { exitCode: 143 }],
      ],
      byHand: BY_HAND,
    },
    {
      name: "docker kill -s TERM that the program ignored, and a failure an hour later",
      steps: [
        ["kill", 1, { killSignal: 15 }],
        ["die", 3600, { exitCode: 1 }],
      ],
      byHand: BY_ITSELF,
    },
    {
      name: "docker kill -s HUP for a reload, and an end soon after",
      steps: [
        ["kill", 1, { killSignal: 1 }],
        ["die", 2, { exitCode: 0 }],
      ],
      byHand: BY_ITSELF,
    },
    {
      name: "docker kill -s HUP that ended the program",
      steps: [
        ["kill", 1, { killSignal: 1 }],
        ["die", 1, { exitCode: 129 }],
      ],
      byHand: BY_HAND,
    },
    {
      name: "running out of memory",
      steps: [
        ["oom", 1],
        ["die", 1, { exitCode: 137 }],
      ],
      byHand: BY_ITSELF,
    },
    {
      name: "a restart by hand, and an end by itself in the next life",
      steps: [
        ["kill", 1, { killSignal: 15 }],
        ["stop", 2],
        ["die", 2, { exitCode: 143 }],
        ["start", 2],
        ["restart", 2],
        ["die", 3, { exitCode: 0 }],
      ],
      byHand: BY_ITSELF,
    },
    {
      name: "a restart policy's cycles",
      steps: [
        ["start", 1],
        ["die", 2, { exitCode: 1 }],
        ["start", 3],
        ["die", 4, { exitCode: 1 }],
        ["start", 5],
        ["die", 6, { exitCode: 1 }],
      ],
      byHand: BY_ITSELF,
    },
    {
      name: "a crash loop that somebody stopped",
      steps: [
        ["start", 1],
        ["die", 2, { exitCode: 1 }],
        ["kill", 3, { killSignal: 15 }],
        ["stop", 3],
      ],
      byHand: BY_HAND,
    },
    {
      name: "a stop, then a start whose end is not seen yet",
      steps: [
        ["kill", 1, { killSignal: 15 }],
        ["stop", 1],
        ["die", 1, { exitCode: 0 }],
        ["start", 2],
      ],
      byHand: BY_HAND,
    },
    {
      name: "a container of no project",
      steps: [["die", 1, { exitCode: 0, project: "" }]],
      byHand: undefined,
    },
  ];
  for (const { name, steps, byHand } of cases) {
    it(`${name}: ${byHand === undefined ? "no ending" : byHand ? "by hand" : "by itself"}`, () => {
      expect(witnessed(steps).of("a", undefined)?.byHand).to.equal(byHand);
    });
  }

  it("tells the exit code and the time of the death", () => {
    const endings = witnessed([["die", 7, { exitCode: 3 }]]);

    expect(endings.of("a", undefined)).to.deep.equal({ exitCode: 3, byHand: false, at: 7000 });
  });

  it("does not tell of an earlier life when the container has ended since, unseen", () => {
    const endings = witnessed([["die", 7, { exitCode: 0 }]]);

    const later = fakeContainer("a", { state: "exited", startedAt: 20_000, finishedAt: 30_000 });

    expect(endings.of("a", later)).to.equal(undefined);
  });

  describe("counts ends in a row", () => {
    const crash = (at: number, lifeS = 1): readonly Step[] => [
      ["start", at],
      ["die", at + lifeS, { exitCode: 3 }],
    ];
    const rows: readonly (readonly [string, readonly Step[], number | undefined])[] = [
      ["that are quick", [...crash(10), ...crash(20), ...crash(30)], 3],
      ["up to one that was not", [...crash(10), ...crash(20, 60), ...crash(90)], 1],
      ["but not where a start was not seen", [...crash(10), ["die", 500, { exitCode: 3 }]], undefined],
      [
        "and not those that somebody made",
        [...crash(10), ["start", 20], ["kill", 21, { killSignal: 9 }], ["die", 21, { exitCode: 137 }]],
        undefined,
      ],
    ];
    for (const [name, steps, quick] of rows) {
      it(name, () => expect(witnessed(steps).of("a", undefined)?.quick).to.equal(quick));
    }

    it("also while the container runs again", () => {
      const steps = [...crash(10), ...crash(20), ...crash(30), ["start", 40]] as const;
      const runs = fakeContainer("a", { startedAt: 40_000, finishedAt: 31_000 });

      expect(witnessed(steps).of("a", runs)).to.deep.include({ exitCode: 3, quick: 3 });
    });
  });

  it("tells of the memory that ran out, and not of a child's long before", () => {
    const died = (oomAt: number) =>
      witnessed([
        ["start", 1],
        ["oom", oomAt],
        ["die", 9, { exitCode: 137 }],
      ]).of("a", undefined);

    expect(died(8.9)).to.deep.include({ exitCode: 137, byHand: false, outOfMemory: true });
    expect(died(2)).not.to.have.property("outOfMemory");
  });

  describe("when the death was not seen", () => {
    const exited = (patch: object) => fakeContainer("a", { state: "exited", startedAt: 500, ...patch });
    const unseen = [
      {
        name: "takes an end right after a kill for one by hand",
        steps: [["kill", 1, { killSignal: 15 }]] as readonly Step[],
        container: exited({ exitCode: 143, finishedAt: 2000 }),
        ending: { exitCode: 143, byHand: true, at: 2000 },
      },
      {
        name: "takes an end after a stop for one by hand",
        steps: [["stop", 1]] as readonly Step[],
        container: exited({ exitCode: 0, finishedAt: 900 }),
        ending: { exitCode: 0, byHand: true, at: 900 },
      },
      {
        name: "does not tell what it cannot know",
        steps: [["kill", 1, { killSignal: 15 }]] as readonly Step[],
        container: exited({ exitCode: 0, finishedAt: 4_000_000 }),
        ending: undefined,
      },
      {
        name: "does not count a kill of an earlier life",
        steps: [["kill", 1, { killSignal: 9 }]] as readonly Step[],
        container: exited({ exitCode: 0, startedAt: 5000, finishedAt: 6000 }),
        ending: undefined,
      },
      {
        name: "tells no ending of a container that runs",
        steps: [["kill", 1, { killSignal: 9 }]] as readonly Step[],
        container: fakeContainer("a"),
        ending: undefined,
      },
    ];
    for (const { name, steps, container, ending } of unseen) {
      it(name, () => {
        expect(witnessed(steps).of("a", container)).to.deep.equal(ending);
      });
    }
  });

  it("forgets containers that are forgotten or not kept, and not those of which an event says that they were removed", () => {
    const endings = createEndings();
    for (const id of ["a", "b", "c", "d"]) {
      endings.witness({
        type: "container",
        containerId: id,
        project: "p",
        service: "s",
        action: "die",
        at: 1,
      });
    }

    endings.witness({
      type: "container",
      containerId: "a",
      project: "p",
      service: "s",
      action: "destroy",
      at: 2,
    });
    endings.forget("b");
    endings.keepOnly(new Set(["a", "c", "x"]));

    expect(endings.size()).to.equal(2);
    expect(endings.of("a", undefined)?.byHand).to.equal(false);
    expect(endings.of("c", undefined)?.byHand).to.equal(false);
  });
});
