import { expect } from "chai";
import type { DesiredService } from "../../../controller/reconcile/desired.ts";
import type { ContainerVerdict } from "../../../controller/reconcile/judge-container.ts";
import { judgeFiles } from "../../../controller/reconcile/judge-files.ts";
import type { Mounts } from "../../../controller/status/record.ts";
import { fakeContainer } from "../../support/fake-docker.ts";

const RUNNING: ContainerVerdict = { is: "running", settling: false };

function verdictOf(
  have: Mounts | undefined,
  want: Mounts | undefined,
  onFileChange: DesiredService["onFileChange"] = { act: "recreate" },
  verdict = RUNNING,
): ContainerVerdict {
  const service: DesiredService = {
    name: "web",
    replicas: 1,
    image: "i",
    oneShot: "no",
    dependsOn: [],
    onFileChange,
  };
  return judgeFiles(verdict, fakeContainer("a"), service, {
    record: have && { checkout: { web: have }, given: {} },
    wanted: want && { web: want },
  });
}

describe("judgeFiles()", () => {
  const FOLDER = (hash: string): Mounts => ({ conf: `folder conf:${hash}` });
  const FILE = (hash: string): Mounts => ({ "web.conf": `file web.conf:${hash}` });
  const COPY = (hash: string): Mounts => ({ "configs.c": `copy:${hash}` });

  it("leaves a container alone that has what Git has, or of which nobody knows", () => {
    for (const [have, want] of [
      [FILE("1"), FILE("1")],
      [FILE("1"), undefined],
      [undefined, FILE("1")],
      [{}, FILE("1")],
      [{ ...FILE("1"), ...FOLDER("1") }, FILE("1")],
    ] as const) {
      expect(verdictOf(have, want)).to.equal(RUNNING);
    }
  });

  it("leaves a verdict alone that says something else", () => {
    const finished: ContainerVerdict = { is: "finished" };

    expect(verdictOf(FILE("1"), FILE("2"), { act: "recreate" }, finished)).to.equal(finished);
  });

  const HUP = { act: "signal", signal: "HUP" } as const;
  const remedies: readonly (readonly [
    string,
    DesiredService["onFileChange"],
    Mounts,
    Mounts,
    object,
    string,
  ])[] = [
    ["recreates", { act: "recreate" }, FOLDER("1"), FOLDER("2"), { act: "recreate" }, ""],
    ["restarts, where that is asked for", { act: "restart" }, FILE("1"), FILE("2"), { act: "restart" }, ""],
    ["tells, where that is asked for and the folder is mounted", HUP, FOLDER("1"), FOLDER("2"), HUP, ""],
    [
      "restarts instead of telling where a single file is mounted",
      HUP,
      FILE("1"),
      FILE("2"),
      { act: "restart" },
      "; a signal is enough only for files in a folder that is mounted: it is restarted",
    ],
    [
      "restarts where a folder and a file have changed",
      HUP,
      { ...FOLDER("1"), ...FILE("1") },
      { ...FOLDER("2"), ...FILE("2") },
      { act: "restart" },
      "; a signal is enough only for files in a folder that is mounted: it is restarted",
    ],
    [
      "tells where a file is mounted, too, and only the folder has changed",
      HUP,
      { ...FOLDER("1"), ...FILE("1") },
      { ...FOLDER("2"), ...FILE("1") },
      HUP,
      "",
    ],
    [
      "recreates instead of restarting what was copied in",
      { act: "restart" },
      COPY("1"),
      COPY("2"),
      { act: "recreate" },
      "; a restart does not change what was put in when it was made: it is made anew",
    ],
    [
      "recreates instead of telling what comes from another path now",
      HUP,
      { conf: "folder conf:1" },
      { conf: "folder other:1" },
      { act: "recreate" },
      "; a signal is enough only for files in a folder that is mounted: it is made anew",
    ],
  ];
  for (const [name, label, have, want, remedy, more] of remedies) {
    it(name, () => {
      const names = Object.keys(want)
        .filter((key) => have[key] !== want[key])
        .join(", ");

      expect(verdictOf(have, want, label)).to.deep.equal({
        is: "drifted",
        kind: "FilesChanged",
        expected: `${names} as in Git`,
        actual: `was given another ${names}${more}`,
        cause: "outside",
        remedy,
      });
    });
  }

  it("only says so where the label says to ignore it", () => {
    expect(verdictOf(FILE("1"), FILE("2"), { act: "ignore" })).to.deep.equal({
      ...RUNNING,
      note: "has another web.conf than Git, by its label conops.dev/on-file-change: ignore",
    });
  });

  it("names three of many", () => {
    const many = (hash: string): Mounts =>
      Object.fromEntries(["a", "b", "c", "d", "e"].map((name) => [name, `file ${name}:${hash}`]));

    expect(verdictOf(many("1"), many("2"))).to.include({ expected: "a, b, c and 2 more as in Git" });
  });
});
