import { expect } from "chai";
import { exponentialBackoff, longestOf, tokenBucket } from "../../../controller/workqueue/backoff.ts";
import { createFakeClock } from "../../support/fake-clock.ts";

describe("exponentialBackoff()", () => {
  it("counts by being asked, each key for itself", () => {
    const limiter = exponentialBackoff({ baseMs: 10, maxMs: 50 });

    const waits = [
      limiter.when("shop"),
      limiter.when("shop"),
      limiter.when("blog"),
      limiter.when("shop"),
      limiter.when("shop"),
    ];

    expect(waits).to.deep.equal([10, 20, 10, 40, 50]);
    expect([limiter.numRequeues("shop"), limiter.numRequeues("blog")]).to.deep.equal([4, 1]);
  });

  it("stays at its longest wait however often it is asked", () => {
    const limiter = exponentialBackoff();
    for (let failure = 0; failure < 2_000; failure++) limiter.when("shop");

    expect(limiter.when("shop")).to.equal(300_000);
  });

  it("begins anew for a forgotten key", () => {
    const limiter = exponentialBackoff();
    limiter.when("shop");
    limiter.when("shop");

    limiter.forget("shop");

    expect(limiter.numRequeues("shop")).to.equal(0);
    expect(limiter.when("shop")).to.equal(1_000);
  });
});

describe("tokenBucket()", () => {
  it("lets a burst go, then one after the other at its rate", () => {
    const limiter = tokenBucket({ clock: createFakeClock(), ratePerSecond: 10, burst: 3 });

    const waits = Array.from({ length: 6 }, (_, index) => Math.round(limiter.when(`key-${index}`)));

    expect(waits).to.deep.equal([0, 0, 0, 100, 200, 300]);
  });

  it("fills up again with time, but never beyond its burst", async () => {
    const clock = createFakeClock();
    const limiter = tokenBucket({ clock, ratePerSecond: 10, burst: 2 });
    const ask = (): number => Math.round(limiter.when("shop"));
    const atFirst = [ask(), ask(), ask()];

    await clock.advance(200);
    const soon = [ask(), ask()];
    await clock.advance(3_600_000);
    const muchLater = [ask(), ask(), ask()];

    expect({ atFirst, soon, muchLater }).to.deep.equal({
      atFirst: [0, 0, 100],
      soon: [0, 100],
      muchLater: [0, 0, 100],
    });
  });
});

describe("longestOf()", () => {
  it("answers the longest wait, and lets every limiter count", () => {
    const clock = createFakeClock();
    const perKey = exponentialBackoff({ baseMs: 150 });
    const limiter = longestOf(perKey, tokenBucket({ clock, ratePerSecond: 10, burst: 1 }));

    const waits = ["a", "b", "c", "a"].map((key) => Math.round(limiter.when(key)));

    expect(waits).to.deep.equal([150, 150, 200, 300]);
    expect(limiter.numRequeues("a")).to.equal(2);
  });

  it("forgets in every limiter", () => {
    const perKey = exponentialBackoff();
    const limiter = longestOf(perKey, exponentialBackoff({ baseMs: 5_000 }));
    limiter.when("shop");

    limiter.forget("shop");

    expect(limiter.numRequeues("shop")).to.equal(0);
    expect(limiter.when("shop")).to.equal(5_000);
  });
});
