import { expect } from "chai";
import {
  block,
  forgiven,
  FRESH_BUDGET,
  mayHealAt,
  observeHealth,
  restartedOf,
  retryDelayMs,
  spend,
  spentOf,
  unblock,
  type HealBudget,
} from "../../../controller/reconcile/budget.ts";

const outside = (service = "web") => ({ service, cause: "outside" }) as const;
const itself = (service = "web") => ({ service, cause: "itself" }) as const;
const seen = (budget: HealBudget, healthy: boolean, at: number, service = "web"): HealBudget =>
  observeHealth(budget, new Map([[service, healthy]]), at);

describe("the budget of healing", () => {
  it("waits 2, 6, 18, 54, 162, 300, 300 s", () => {
    expect([1, 2, 3, 4, 5, 6, 7, 1000].map((failures) => retryDelayMs(failures) / 1000)).to.deep.equal([
      2, 6, 18, 54, 162, 300, 300, 300,
    ]);
  });

  it("undoes at once what was done from outside, ten times a minute, to whatever services", () => {
    let budget: HealBudget = FRESH_BUDGET;
    for (let at = 0; at < 10; at += 1) {
      const one = outside(at % 2 === 0 ? "web" : "db");
      expect(mayHealAt(budget, one, at, at)).to.equal(at);
      budget = spend(budget, [one], at);
    }

    expect(mayHealAt(budget, outside("third"), 10, 10)).to.equal(60_000);
    expect(mayHealAt(budget, outside(), 60_001, 60_001)).to.equal(60_001);
  });

  it("counts one healing of several services once", () => {
    const budget = spend(FRESH_BUDGET, [outside("web"), outside("db"), itself("db")], 5);

    expect(budget.outside).to.deep.equal([5]);
    expect(mayHealAt(budget, itself("db"), 5, 5)).to.equal(6005);
  });

  it("waits longer after each failure of a service's own, counted from when it was seen", () => {
    let budget: HealBudget = FRESH_BUDGET;
    const waits: number[] = [];
    for (let failure = 0; failure < 4; failure += 1) {
      waits.push(mayHealAt(budget, itself(), 0, 0));
      budget = spend(budget, [itself()], 0);
    }

    expect(waits).to.deep.equal([2000, 6000, 18_000, 54_000]);
  });

  it("lets no service wait for the failures of another", () => {
    let budget: HealBudget = FRESH_BUDGET;
    for (let failure = 0; failure < 9; failure += 1) budget = spend(budget, [itself("db")], failure);

    expect(mayHealAt(budget, itself("web"), 10, 10)).to.equal(2010);
    expect(spentOf(budget)).to.deep.equal(["db"]);
  });

  it("is spent after eight failures, and afresh when a person says so", () => {
    let budget: HealBudget = FRESH_BUDGET;
    for (let failure = 0; failure < 7; failure += 1) budget = spend(budget, [itself()], failure);
    expect(spentOf(budget)).to.deep.equal([]);

    const spent = spend(budget, [itself()], 8);
    expect(spentOf(spent)).to.deep.equal(["web"]);
    expect(spentOf(forgiven(spent))).to.deep.equal([]);
  });

  it("forgives after a minute of health, and not before", () => {
    const failed = spend(FRESH_BUDGET, [itself()], 0);
    const healthy = seen(failed, true, 1000);

    expect(mayHealAt(seen(healthy, false, 60_999), itself(), 0, 0)).to.equal(6000);
    expect(mayHealAt(seen(healthy, false, 61_000), itself(), 0, 0)).to.equal(2000);
    expect(seen(seen(healthy, false, 2000), true, 3000).services["web"]?.healthySince).to.equal(3000);
  });

  it("is not forgiven by the health of another service", () => {
    const failed = spend(FRESH_BUDGET, [itself()], 0);
    const other = seen(seen(failed, true, 1000, "db"), false, 90_000, "db");

    expect(mayHealAt(other, itself(), 0, 0)).to.equal(6000);
  });

  it("waits for any cause after a healing that could not be done, until one could", () => {
    const spent = spend(FRESH_BUDGET, [outside()], 100);
    const blocked = block(spent, [outside()], FRESH_BUDGET, 100);

    expect(mayHealAt(blocked, outside(), 100, 100)).to.equal(2100);
    expect(mayHealAt(blocked, outside("db"), 100, 100)).to.equal(100);
    expect(mayHealAt(unblock(blocked, [outside()], []), outside(), 100, 100)).to.equal(100);
  });

  it("counts one failure for a healing that could not be done of what had failed by itself", () => {
    const spent = spend(FRESH_BUDGET, [itself()], 100);

    expect(block(spent, [itself()], FRESH_BUDGET, 100).services["web"]?.failures).to.equal(1);
  });

  it("remembers which unhealthy container was started again, until it is forgiven", () => {
    const restarted = unblock(
      spend(FRESH_BUDGET, [itself()], 0),
      [itself()],
      [{ service: "web", containerId: "a" }],
    );
    expect([...restartedOf(restarted)]).to.deep.equal(["a"]);

    const well = seen(restarted, true, 1000);
    expect([...restartedOf(seen(well, false, 60_999))]).to.deep.equal(["a"]);
    expect([...restartedOf(seen(well, false, 61_000))]).to.deep.equal([]);
  });

  it("takes a service of any name", () => {
    const budget = spend(FRESH_BUDGET, [itself("__proto__"), itself("constructor")], 0);

    expect(mayHealAt(budget, itself("constructor"), 0, 0)).to.equal(6000);
    expect(mayHealAt(FRESH_BUDGET, itself("toString"), 0, 0)).to.equal(2000);
  });

  it("undoes at most 600 times an hour what is done from outside", () => {
    let budget: HealBudget = FRESH_BUDGET;
    let healed = 0;
    for (let at = 0; at < 3_600_000; at = Math.max(at + 1, mayHealAt(budget, outside(), at, at))) {
      if (mayHealAt(budget, outside(), at, at) > at) continue;
      budget = spend(budget, [outside()], at);
      healed += 1;
    }

    expect(healed).to.equal(600);
  });

  it("heals at most 126 times an hour what fails by itself, however it takes turns of failing and being well", () => {
    const HOUR = 3600;
    /** The most healings from this second on, by failures so far. */
    const best: number[][] = [];
    for (let at = HOUR; at >= 0; at -= 1) {
      best[at] = [];
      for (let failures = 7; failures >= 0; failures -= 1) {
        const wait = retryDelayMs(failures + 1) / 1000;
        const again = at + wait > HOUR ? 0 : 1 + (best[at + wait]?.[Math.min(failures + 1, 7)] ?? 0);
        const well = at + 60 > HOUR ? 0 : (best[at + 60]?.[0] ?? 0);
        (best[at] ?? [])[failures] = Math.max(again, failures === 0 ? 0 : well);
      }
    }

    expect(best[0]?.[0]).to.equal(126);
  });
});
