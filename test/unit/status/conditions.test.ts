import { expect } from "chai";
import type { Condition } from "../../../controller/api/status.ts";
import { mergeConditions, type NewCondition } from "../../../controller/status/conditions.ts";

const T0 = "2026-01-01T00:00:00Z";
const T1 = "2026-01-01T00:01:00Z";
const ready = (extra: Partial<Condition> = {}): Condition => ({
  type: "Ready",
  status: "True",
  observedGeneration: 1,
  lastTransitionTime: T0,
  reason: "Synced",
  message: "m",
  ...extra,
});
const now = (extra: Partial<NewCondition> = {}): NewCondition => ({
  type: "Ready",
  status: "True",
  reason: "Synced",
  message: "m",
  ...extra,
});

describe("mergeConditions()", () => {
  it("moves lastTransitionTime only with status", () => {
    const rows: readonly (readonly [NewCondition, string])[] = [
      [now(), T0],
      [now({ reason: "Healthy" }), T0],
      [now({ message: "other" }), T0],
      [now({ status: "False" }), T1],
      [now({ status: "Unknown" }), T1],
    ];
    for (const [condition, at] of rows) {
      expect(mergeConditions([ready()], [condition], 1, T1)[0]?.lastTransitionTime).to.equal(at);
    }
  });

  it("carries the newest reason and message, whether or not status moved", () => {
    const [merged] = mergeConditions([ready()], [now({ reason: "Healthy", message: "other" })], 1, T1);

    expect(merged).to.deep.equal(ready({ reason: "Healthy", message: "other" }));
  });

  it("gives each condition the generation that was observed, without moving its time", () => {
    expect(mergeConditions([ready()], [now()], 7, T1)).to.deep.equal([ready({ observedGeneration: 7 })]);
  });

  it("gives equal conditions for the same fault, so that nothing is written", () => {
    const first = mergeConditions([], [now({ status: "False", reason: "FetchFailed" })], 1, T0);

    expect(mergeConditions(first, [now({ status: "False", reason: "FetchFailed" })], 1, T1)).to.deep.equal(
      first,
    );
  });

  it("drops what is not said any more, and starts its time anew when it comes back", () => {
    const stalled = now({ type: "Stalled" });
    const both = mergeConditions([], [now(), stalled], 1, T0);
    const without = mergeConditions(both, [now()], 1, T0);

    expect(without.map(({ type }) => type)).to.deep.equal(["Ready"]);
    expect(mergeConditions(without, [now(), stalled], 1, T1)[1]?.lastTransitionTime).to.equal(T1);
  });

  it("keeps the order in which they are said", () => {
    const before = [ready({ type: "Healthy" }), ready()];

    expect(
      mergeConditions(before, [now(), now({ type: "Healthy" })], 1, T1).map(({ type }) => type),
    ).to.deep.equal(["Ready", "Healthy"]);
  });
});
