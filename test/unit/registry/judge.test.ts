import { expect } from "chai";
import fc from "fast-check";
import {
  judge,
  NOTHING_MISSING,
  suspendJudgement,
  type JudgeState,
} from "../../../controller/registry/judge.ts";

interface Step {
  readonly at: number;
  /** Space-separated names. */
  readonly missing: string;
  /** How many names are there. */
  readonly remaining: number;
  readonly confirmed?: string;
  readonly incomplete?: true;
  readonly waits?: string;
  /** `name:kind`, space-separated. */
  readonly is: string;
  readonly againInMs?: number;
}

const cases: readonly { readonly name: string; readonly steps: readonly Step[] }[] = [
  {
    name: "takes one manifest deleted alone for a deletion after the grace period",
    steps: [
      { at: 0, missing: "a", remaining: 4, is: "a:absent", againInMs: 2000 },
      { at: 1999, missing: "a", remaining: 4, is: "a:absent", againInMs: 1 },
      { at: 2000, missing: "a", remaining: 4, is: "a:deleted" },
    ],
  },
  {
    name: "takes one manifest deleted alone for a deletion even if it is the last one",
    steps: [
      { at: 0, missing: "a", remaining: 0, is: "a:absent", againInMs: 2000 },
      { at: 2000, missing: "a", remaining: 0, is: "a:deleted" },
    ],
  },
  {
    name: "decides nothing by a listing that is not complete",
    steps: [
      { at: 0, missing: "a", remaining: 4, is: "a:absent", againInMs: 2000 },
      { at: 3000, missing: "a", remaining: 4, incomplete: true, is: "a:absent", againInMs: 0 },
      { at: 3001, missing: "a", remaining: 4, is: "a:deleted" },
    ],
  },
  {
    name: "takes what returns within the grace period for no deletion, and begins anew",
    steps: [
      { at: 0, missing: "a", remaining: 4, is: "a:absent", againInMs: 2000 },
      { at: 1500, missing: "", remaining: 5, is: "" },
      { at: 1900, missing: "a", remaining: 4, is: "a:absent", againInMs: 2000 },
      { at: 3899, missing: "a", remaining: 4, is: "a:absent", againInMs: 1 },
    ],
  },
  {
    name: "deletes two of many",
    steps: [
      { at: 0, missing: "a b", remaining: 3, is: "a:absent b:absent", againInMs: 2000 },
      { at: 2000, missing: "a b", remaining: 3, is: "a:deleted b:deleted" },
    ],
  },
  {
    name: "holds two that are all",
    steps: [
      { at: 0, missing: "a b", remaining: 0, is: "a:absent b:absent", againInMs: 2000 },
      { at: 2000, missing: "a b", remaining: 0, is: "a:held b:held" },
    ],
  },
  {
    name: "deletes three that are 20 % of all",
    steps: [
      { at: 0, missing: "a b c", remaining: 12, is: "a:absent b:absent c:absent", againInMs: 2000 },
      { at: 2000, missing: "a b c", remaining: 12, is: "a:deleted b:deleted c:deleted" },
    ],
  },
  {
    name: "holds three that are more than 20 % of all",
    steps: [
      { at: 0, missing: "a b c", remaining: 11, is: "a:absent b:absent c:absent", againInMs: 2000 },
      { at: 2000, missing: "a b c", remaining: 11, is: "a:held b:held c:held" },
    ],
  },
  {
    name: "never holds what is no Application, and decides each for itself",
    steps: [
      {
        at: 0,
        missing: "secret/a receiver/a",
        remaining: 0,
        is: "receiver/a:absent secret/a:absent",
        againInMs: 2000,
      },
      {
        at: 500,
        missing: "secret/a receiver/a secret/b",
        remaining: 0,
        is: "receiver/a:absent secret/a:absent secret/b:absent",
        againInMs: 1500,
      },
      {
        at: 2000,
        missing: "secret/a receiver/a secret/b",
        remaining: 0,
        is: "receiver/a:deleted secret/a:deleted secret/b:absent",
        againInMs: 500,
      },
    ],
  },
  {
    name: "counts Applications alone when it asks how many vanished",
    steps: [
      {
        at: 0,
        missing: "a secret/a secret/b secret/c",
        remaining: 4,
        is: "a:absent secret/a:absent secret/b:absent secret/c:absent",
        againInMs: 2000,
      },
      {
        at: 2000,
        missing: "a secret/a secret/b secret/c",
        remaining: 4,
        is: "a:deleted secret/a:deleted secret/b:deleted secret/c:deleted",
      },
      {
        at: 3000,
        missing: "b c secret/d",
        remaining: 12,
        is: "b:absent c:absent secret/d:absent",
        againInMs: 2000,
      },
      // With the Secrets it would be six or seven of eighteen in a minute, which is too many.
      { at: 5000, missing: "b c secret/d", remaining: 12, is: "b:deleted c:deleted secret/d:deleted" },
    ],
  },
  {
    name: "holds Applications while what is no Application goes",
    steps: [
      {
        at: 0,
        missing: "a b secret/a",
        remaining: 0,
        is: "a:absent b:absent secret/a:absent",
        againInMs: 2000,
      },
      { at: 2000, missing: "a b secret/a", remaining: 0, is: "a:held b:held secret/a:deleted" },
      { at: 9000, missing: "a b secret/a", remaining: 0, is: "a:held b:held secret/a:deleted" },
    ],
  },
  {
    name: "makes one batch of absences that overlap, decided when the last is over its grace",
    steps: [
      { at: 0, missing: "a", remaining: 5, is: "a:absent", againInMs: 2000 },
      { at: 1500, missing: "a b", remaining: 4, is: "a:absent b:absent", againInMs: 2000 },
      { at: 2000, missing: "a b", remaining: 4, is: "a:absent b:absent", againInMs: 1500 },
      { at: 3000, missing: "a b c", remaining: 3, is: "a:absent b:absent c:absent", againInMs: 2000 },
      { at: 5000, missing: "a b c", remaining: 3, is: "a:held b:held c:held" },
    ],
  },
  {
    name: "counts what was deleted in the last minute",
    steps: [
      { at: 0, missing: "a", remaining: 4, is: "a:absent", againInMs: 2000 },
      { at: 2000, missing: "a", remaining: 4, is: "a:deleted" },
      { at: 3000, missing: "a b c", remaining: 2, is: "a:deleted b:absent c:absent", againInMs: 2000 },
      { at: 5000, missing: "a b c", remaining: 2, is: "a:deleted b:held c:held" },
    ],
  },
  {
    name: "does not count what was deleted longer ago than a minute",
    steps: [
      { at: 0, missing: "a", remaining: 4, is: "a:absent", againInMs: 2000 },
      { at: 2000, missing: "a", remaining: 4, is: "a:deleted" },
      { at: 60_000, missing: "b c", remaining: 2, is: "b:absent c:absent", againInMs: 2000 },
      { at: 62_000, missing: "b c", remaining: 2, is: "b:deleted c:deleted" },
    ],
  },
  {
    name: "never holds one alone, whatever was deleted in the last minute",
    steps: [
      { at: 0, missing: "a", remaining: 2, is: "a:absent", againInMs: 2000 },
      { at: 2000, missing: "a", remaining: 2, is: "a:deleted" },
      { at: 2000, missing: "a b", remaining: 1, is: "a:deleted b:absent", againInMs: 2000 },
      { at: 4000, missing: "a b", remaining: 1, is: "a:deleted b:deleted" },
    ],
  },
  {
    name: "holds until the files return, each for itself",
    steps: [
      { at: 0, missing: "a b c", remaining: 0, is: "a:absent b:absent c:absent", againInMs: 2000 },
      { at: 2000, missing: "a b c", remaining: 0, is: "a:held b:held c:held" },
      { at: 9000, missing: "a", remaining: 2, is: "a:held" },
      { at: 99_000, missing: "a", remaining: 2, is: "a:held" },
      { at: 99_001, missing: "", remaining: 3, is: "" },
    ],
  },
  {
    name: "deletes the one held name that is confirmed, and holds the others",
    steps: [
      { at: 0, missing: "a b c", remaining: 0, is: "a:absent b:absent c:absent", againInMs: 2000 },
      { at: 2000, missing: "a b c", remaining: 0, is: "a:held b:held c:held" },
      { at: 9000, missing: "a b c", remaining: 0, confirmed: "b", is: "a:held b:deleted c:held" },
      { at: 9500, missing: "a b c", remaining: 0, confirmed: "a c", is: "a:deleted b:deleted c:deleted" },
    ],
  },
  {
    name: "remembers a confirmation until a complete listing carries it out",
    steps: [
      { at: 0, missing: "a b", remaining: 0, is: "a:absent b:absent", againInMs: 2000 },
      { at: 2000, missing: "a b", remaining: 0, is: "a:held b:held" },
      {
        at: 9000,
        missing: "a b",
        remaining: 0,
        confirmed: "a",
        incomplete: true,
        is: "a:held b:held",
        againInMs: 0,
      },
      { at: 9001, missing: "a b", remaining: 0, is: "a:deleted b:held" },
    ],
  },
  {
    name: "forgets a confirmation of what returns",
    steps: [
      { at: 0, missing: "a b", remaining: 0, confirmed: "a", is: "a:absent b:absent", againInMs: 2000 },
      { at: 500, missing: "", remaining: 2, is: "" },
      { at: 1000, missing: "a b", remaining: 0, is: "a:absent b:absent", againInMs: 2000 },
      { at: 3000, missing: "a b", remaining: 0, is: "a:held b:held" },
    ],
  },
  {
    name: "takes a confirmation during the grace period for the end of it",
    steps: [
      { at: 0, missing: "a b", remaining: 0, confirmed: "a b", is: "a:absent b:absent", againInMs: 2000 },
      { at: 2000, missing: "a b", remaining: 0, confirmed: "a b", is: "a:deleted b:deleted" },
    ],
  },
  {
    name: "adds what goes missing meanwhile to the batch that is held",
    steps: [
      { at: 0, missing: "a b", remaining: 2, is: "a:absent b:absent", againInMs: 2000 },
      { at: 1000, missing: "a b c", remaining: 1, is: "a:absent b:absent c:absent", againInMs: 2000 },
      { at: 3000, missing: "a b c", remaining: 1, is: "a:held b:held c:held" },
      { at: 90_000, missing: "a b c d", remaining: 0, is: "a:held b:held c:held d:absent", againInMs: 2000 },
      { at: 92_000, missing: "a b c d", remaining: 0, is: "a:held b:held c:held d:held" },
    ],
  },
  {
    name: "waits while a Git operation is under way, and gives the full grace after it",
    steps: [
      { at: 0, missing: "a", remaining: 4, is: "a:absent", againInMs: 2000 },
      { at: 1900, missing: "a", remaining: 4, waits: "Git works", is: "a:absent", againInMs: 500 },
      { at: 9000, missing: "a", remaining: 4, waits: "Git works", is: "a:absent", againInMs: 500 },
      { at: 9500, missing: "a", remaining: 4, is: "a:absent", againInMs: 1500 },
      { at: 11_000, missing: "a", remaining: 4, is: "a:deleted" },
    ],
  },
  {
    name: "lets a confirmation wait for the Git operation, too",
    steps: [
      { at: 0, missing: "a b", remaining: 0, is: "a:absent b:absent", againInMs: 2000 },
      { at: 2000, missing: "a b", remaining: 0, is: "a:held b:held" },
      {
        at: 3000,
        missing: "a b",
        remaining: 0,
        confirmed: "a",
        waits: "Git",
        is: "a:held b:held",
        againInMs: 500,
      },
    ],
  },
  {
    name: "takes what returns after its deletion for there, and a new absence for a new one",
    steps: [
      { at: 0, missing: "a", remaining: 9, is: "a:absent", againInMs: 2000 },
      { at: 2000, missing: "a", remaining: 9, is: "a:deleted" },
      { at: 3000, missing: "", remaining: 10, is: "" },
      { at: 4000, missing: "a", remaining: 9, is: "a:absent", againInMs: 2000 },
    ],
  },
];

function play(steps: readonly Step[], first: JudgeState = NOTHING_MISSING): readonly unknown[] {
  let state = first;
  return steps.map(({ at, missing, remaining, confirmed = "", incomplete, waits }) => {
    const judgement = judge(state, {
      now: at,
      graceMs: 2000,
      complete: incomplete === undefined,
      waits,
      missing: missing.split(" ").filter((name) => name !== ""),
      remaining,
      isConfirmed: (name) => confirmed.split(" ").includes(name),
    });
    state = judgement.state;
    const verdicts = [...judgement.verdicts].map(([name, { kind }]) => `${name}:${kind}`);
    return { at, is: verdicts.toSorted().join(" "), againInMs: judgement.againInMs };
  });
}

describe("judge()", () => {
  for (const { name, steps } of cases) {
    it(name, () => {
      expect(play(steps)).to.deep.equal(steps.map(({ at, is, againInMs }) => ({ at, is, againInMs })));
    });
  }

  it("needs no second judgement of what was judged before the controller was started", () => {
    const steps: readonly Step[] = [
      { at: 0, missing: "a b", remaining: 0, is: "a:deleted b:absent", againInMs: 2000 },
    ];

    expect(play(steps, { ...NOTHING_MISSING, deleted: new Set(["a"]) })).to.deep.equal([
      { at: 0, is: "a:deleted b:absent", againInMs: 2000 },
    ]);
  });

  it("goes on holding after the registry was absent, and begins every other grace anew", () => {
    const absence = { since: 0, confirmed: false };
    const absences = new Map([
      ["a", { ...absence, held: true }],
      ["b", { ...absence, held: false }],
    ]);
    const after = suspendJudgement({ ...NOTHING_MISSING, absences });

    expect(play([{ at: 9000, missing: "a b", remaining: 9, is: "" }], after)).to.deep.equal([
      { at: 9000, is: "a:held b:absent", againInMs: 2000 },
    ]);
  });

  it("says in words how a held deletion goes on, the same each time", () => {
    const judged = {
      graceMs: 0,
      complete: true,
      missing: ["a", "b"],
      remaining: 0,
      isConfirmed: () => false,
    };
    const first = judge(NOTHING_MISSING, { ...judged, now: 1 });
    const second = judge(first.state, { ...judged, now: 99_999 });

    expect(first.verdicts.get("a")).to.deep.equal({
      kind: "held",
      message:
        `"a" is not in the registry any more, and too many others vanished with it to take it for a deletion: ` +
        `put the files back, or confirm with "conops confirm-deletion a"`,
    });
    expect(second.verdicts).to.deep.equal(first.verdicts);
  });

  it("says what judgement waits for", () => {
    const { verdicts } = judge(NOTHING_MISSING, {
      now: 0,
      graceMs: 0,
      complete: true,
      waits: "a Git operation is under way in the registry (index.lock)",
      missing: ["a"],
      remaining: 0,
      isConfirmed: () => false,
    });

    expect(verdicts.get("a")).to.deep.equal({
      kind: "absent",
      message:
        `"a" is not in the registry any more; whether it was deleted is not judged while ` +
        `a Git operation is under way in the registry (index.lock)`,
    });
  });

  it("never deletes unconfirmed what was not missing for the whole grace period, nor two or more that are all", () => {
    const step = fc.record({ after: fc.nat(3000), there: fc.subarray(["a", "b", "c", "d", "e", "f"]) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        let state = NOTHING_MISSING;
        let now = 0;
        const missingSince = new Map<string, number>();
        for (const { after, there } of steps) {
          now += after;
          const missing = ["a", "b", "c", "d", "e", "f"].filter((name) => !there.includes(name));
          for (const name of there) missingSince.delete(name);
          for (const name of missing) if (!missingSince.has(name)) missingSince.set(name, now);
          const before = state.deleted;
          ({ state } = judge(state, {
            now,
            graceMs: 2000,
            complete: true,
            missing,
            remaining: there.length,
            isConfirmed: () => false,
          }));
          const fresh = [...state.deleted].filter((name) => !before.has(name));
          for (const name of fresh) expect(now - (missingSince.get(name) ?? now)).to.be.at.least(2000);
          if (there.length === 0) expect(fresh).to.have.length.at.most(1);
          for (const name of there) expect(state.deleted.has(name)).to.equal(false);
        }
      }),
    );
  });
});
