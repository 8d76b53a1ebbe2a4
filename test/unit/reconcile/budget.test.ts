import { expect } from "chai";
import {
  block,
  FRESH_BUDGET,
  isSpent,
  mayHealAt,
  observeHealth,
  retryDelayMs,
  spend,
  unblock,
  type HealBudget,
} from "../../../controller/reconcile/budget.ts";

describe("the budget of healing", () => {
  it("waits 2, 6, 18, 54, 162, 300, 300 s", () => {
    expect([1, 2, 3, 4, 5, 6, 7, 1000].map((failures) => retryDelayMs(failures) / 1000)).to.deep.equal([
      2, 6, 18, 54, 162, 300, 300, 300,
    ]);
  });

  it("undoes at once what was done from outside, ten times a minute", () => {
    let budget: HealBudget = FRESH_BUDGET;
    for (let at = 0; at < 10; at += 1) {
      expect(mayHealAt(budget, "outside", at, at)).to.equal(at);
      budget = spend(budget, "outside", at);
    }

    expect(mayHealAt(budget, "outside", 10, 10)).to.equal(60_000);
    expect(mayHealAt(budget, "outside", 60_001, 60_001)).to.equal(60_001);
  });

  it("waits longer after each failure of a service's own, counted from when it was seen", () => {
    let budget: HealBudget = FRESH_BUDGET;
    const waits: number[] = [];
    for (let failure = 0; failure < 4; failure += 1) {
      waits.push(mayHealAt(budget, "itself", 0, 0));
      budget = spend(budget, "itself", 0);
    }

    expect(waits).to.deep.equal([2000, 6000, 18_000, 54_000]);
  });

  it("is spent after eight failures", () => {
    let budget: HealBudget = FRESH_BUDGET;
    for (let failure = 0; failure < 7; failure += 1) budget = spend(budget, "itself", failure);
    expect(isSpent(budget)).to.equal(false);

    expect(isSpent(spend(budget, "itself", 8))).to.equal(true);
  });

  it("forgives after a minute of health, and not before", () => {
    const failed = spend(FRESH_BUDGET, "itself", 0);
    const healthy = observeHealth(failed, true, 1000);

    expect(observeHealth(healthy, false, 60_999).failures).to.equal(1);
    expect(observeHealth(healthy, false, 61_000).failures).to.equal(0);
    expect(observeHealth(observeHealth(healthy, false, 2000), true, 3000).healthySince).to.equal(3000);
  });

  it("waits for any cause after a healing that could not be done, until one could", () => {
    const blocked = block(spend(FRESH_BUDGET, "outside", 100), 100);

    expect(mayHealAt(blocked, "outside", 100, 100)).to.equal(2100);
    expect(mayHealAt(unblock(blocked), "outside", 100, 100)).to.equal(100);
  });
});
