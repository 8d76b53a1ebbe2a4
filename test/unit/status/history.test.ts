import { expect } from "chai";
import fc from "fast-check";
import type { HistoryEntry } from "../../../controller/api/status.ts";
import { addToHistory, HISTORY_LIMIT, rfc3339 } from "../../../controller/status/history.ts";

const entry = (extra: Partial<HistoryEntry> = {}): HistoryEntry => ({
  revision: "a",
  startedAt: "2026-01-01T00:00:00Z",
  finishedAt: "2026-01-01T00:00:01Z",
  result: "Failed",
  trigger: "NewRevision",
  reason: "PullFailed: no such image",
  durationSeconds: 1,
  ...extra,
});

describe("addToHistory()", () => {
  it("puts the newest first", () => {
    const history = addToHistory([entry()], entry({ revision: "b" }));

    expect(history.map(({ revision }) => revision)).to.deep.equal(["b", "a"]);
  });

  it("counts a repetition of the newest entry, which keeps its first start and takes its last end", () => {
    const again = entry({
      startedAt: "2026-01-01T00:05:00Z",
      finishedAt: "2026-01-01T00:05:09Z",
      durationSeconds: 9,
    });
    const twice = addToHistory([entry()], again);
    const thrice = addToHistory(twice, again);

    expect(twice).to.deep.equal([{ ...again, startedAt: entry().startedAt, count: 2 }]);
    expect(thrice).to.deep.equal([{ ...again, startedAt: entry().startedAt, count: 3 }]);
  });

  it("appends whatever differs in what was done, why or with what result", () => {
    for (const other of [
      entry({ revision: "b" }),
      entry({ result: "Succeeded" }),
      entry({ trigger: "Drift" }),
      entry({ reason: "PullFailed: no answer" }),
    ]) {
      expect(addToHistory([entry()], other).length).to.equal(2);
    }
  });

  it("does not count what is older than the newest entry as a repetition", () => {
    const history = addToHistory(addToHistory([entry()], entry({ revision: "b" })), entry());

    expect(history.map(({ revision, count }) => [revision, count])).to.deep.equal([
      ["a", undefined],
      ["b", undefined],
      ["a", undefined],
    ]);
  });

  it("never grows beyond its limit, whatever comes, and never loses count", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 100 }), (revisions) => {
        const history = revisions.reduce(
          (so, revision) => addToHistory(so, entry({ revision })),
          [] as readonly HistoryEntry[],
        );
        const counted = history.reduce((sum, { count = 1 }) => sum + count, 0);

        expect(history.length).to.be.lessThanOrEqual(HISTORY_LIMIT);
        if (history.length < HISTORY_LIMIT) expect(counted).to.equal(revisions.length);
        expect(history[0]?.revision).to.equal(revisions.at(-1));
      }),
    );
  });
});

describe("rfc3339()", () => {
  it("writes UTC with whole seconds", () => {
    expect(rfc3339(Date.UTC(2026, 10, 3, 4, 5, 6, 999))).to.equal("2026-11-03T04:05:06Z");
  });
});
