import { expect } from "chai";
import fc from "fast-check";
import type { DesiredService } from "../../../controller/reconcile/desired.ts";
import type { ContainerVerdict } from "../../../controller/reconcile/judge-container.ts";
import { fileEffects } from "../../../controller/reconcile/file-effects.ts";
import { otherMounts } from "../../../controller/reconcile/given-files.ts";
import { judgeFiles } from "../../../controller/reconcile/judge-files.ts";
import { hashOf } from "../../../controller/lib/hash.ts";
import type { Mounts } from "../../../controller/status/record.ts";
import { fakeContainer } from "../../support/fake-docker.ts";

/** Of a folder without files. */
const NOTHING = hashOf({});
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

  it("asks for what is enough, and for no more than the label", () => {
    const hash = fc.constantFrom("1", "2", NOTHING, "mixed");
    const value = fc
      .tuple(fc.constantFrom("folder a", "folder b", "file a", "file b", "copy"), hash)
      .map(([way, of]) => `${way}:${of}`);
    const mounts = fc.dictionary(fc.constantFrom("x", "y", "z"), value);
    const label = fc.constantFrom<DesiredService["onFileChange"]>(
      { act: "recreate" },
      { act: "restart" },
      { act: "signal", signal: "HUP" },
    );
    const strength = { signal: 1, restart: 2, recreate: 3 } as const;
    fc.assert(
      fc.property(mounts, mounts, label, (have, want, asked) => {
        const verdict = verdictOf(have, want, asked);
        if (verdict.is !== "drifted" || verdict.remedy === undefined || asked.act === "ignore") return;
        const { act } = verdict.remedy;
        expect(strength[act]).to.be.at.least(strength[asked.act]);
        /** What the container has after each, as it is on a host. */
        const after = Object.entries(have).map(([name, before]) => {
          const now = want[name] ?? before;
          const sameWay = before.split(":")[0] === now.split(":")[0];
          const told =
            sameWay &&
            before.startsWith("folder") &&
            !/:(?:mixed|$)/.test(before) &&
            !before.endsWith(NOTHING);
          const restarted = sameWay && !before.startsWith("copy");
          const renewed = act === "recreate" || (act === "restart" ? restarted : told);
          return [name, renewed ? now : before] as const;
        });
        expect(otherMounts(Object.fromEntries(after), want)).to.deep.equal([]);
      }),
    );
  });

  it("names three of many", () => {
    const many = (hash: string): Mounts =>
      Object.fromEntries(["a", "b", "c", "d", "e"].map((name) => [name, `file ${name}:${hash}`]));

    expect(verdictOf(many("1"), many("2"))).to.include({ expected: "a, b, c and 2 more as in Git" });
  });
});

describe("fileEffects()", () => {
  const service = (name: string, act: "recreate" | "restart" | "ignore"): DesiredService => ({
    name,
    replicas: 2,
    image: "i",
    oneShot: "no",
    dependsOn: [],
    onFileChange: { act },
  });
  const mounts = (hash: string, copied = "1"): Mounts => ({
    conf: `file conf:${hash}`,
    "configs.c": `copy:${copied}`,
  });

  it("says beforehand what the plan of healing will say, for what runs, and the strongest of several", () => {
    const containers = ["web", "quiet", "same", "ended"].flatMap((name) => [
      fakeContainer(`${name}-1`, { service: name, ...(name === "ended" && { state: "exited" as const }) }),
      fakeContainer(`${name}-2`, {
        service: name,
        number: 2,
        ...(name === "ended" && { state: "exited" as const }),
      }),
    ]);
    const startedAt = containers[0]?.startedAt ?? 0;
    const effects = fileEffects(
      [
        service("web", "restart"),
        service("quiet", "ignore"),
        service("same", "recreate"),
        service("ended", "recreate"),
      ],
      [...containers, fakeContainer("one-off", { service: "same", oneOff: true })],
      {
        record: {
          checkout: { web: mounts("1"), quiet: mounts("1"), same: mounts("2"), ended: mounts("1") },
          given: { "web-2": { startedAt, mounts: mounts("2", "0") } },
        },
        wanted: { web: mounts("2"), quiet: mounts("2"), same: mounts("2"), ended: mounts("2") },
      },
    );

    expect(effects).to.deep.equal({ web: { how: "recreate", files: ["conf", "configs.c"] } });
  });
});
