import { expect } from "chai";
import { deadline, sleep, systemClock } from "../../../controller/lib/clock.ts";
import { createFakeClock } from "../../support/fake-clock.ts";

const never = new AbortController().signal;

async function outcomeOf(promise: Promise<void>): Promise<unknown> {
  return promise.then(
    () => "resolved",
    (error: unknown) => error,
  );
}

describe("systemClock", () => {
  it("never calls synchronously, not even for a time that has passed", async () => {
    for (const ms of [0, -5]) {
      let called = false;
      const calls = new Promise<void>((resolve) => {
        systemClock.after(ms, () => {
          called = true;
          resolve();
        });
      });

      expect(called).to.equal(false);
      // A pending call keeps no process alive, so something else has to.
      const alive = setInterval(() => {}, 1_000);
      await calls;
      clearInterval(alive);
    }
  });

  it("does not call early what lies further away than Node's timers reach", async () => {
    let called = false;
    const cancels = [2 ** 31, 2 ** 40, Infinity].map((ms) => systemClock.after(ms, () => (called = true)));

    await new Promise((resolve) => setTimeout(resolve, 20)); // Node would call after 1 ms

    expect(called).to.equal(false);
    for (const cancel of cancels) cancel();
  });

  it("does not call what was cancelled", async () => {
    let called = false;
    const cancel = systemClock.after(1, () => (called = true));

    cancel();
    await new Promise((resolve) => setTimeout(resolve, 20));

    expect(called).to.equal(false);
  });

  it("has a monotonic time that goes on", () => {
    const first = systemClock.monotonic();
    const second = systemClock.monotonic();

    expect(second).to.be.at.least(first);
    expect(Math.abs(systemClock.now() - Date.now())).to.be.lessThan(1_000);
  });
});

describe("sleep()", () => {
  it("resolves after its time and not before", async () => {
    const clock = createFakeClock();
    let awake = false;
    const asleep = sleep(clock, 100, never).then(() => (awake = true));

    await clock.advance(99);
    expect(awake).to.equal(false);
    await clock.advance(1);

    expect(awake).to.equal(true);
    await asleep;
  });

  it("rejects at once with the reason when the signal aborts, and leaves no timer", async () => {
    const clock = createFakeClock();
    const stop = new AbortController();
    const reason = new Error("shutting down");
    const asleep = outcomeOf(sleep(clock, 100, stop.signal));

    stop.abort(reason);

    expect(await asleep).to.equal(reason);
    expect(clock.pending()).to.equal(0);
  });

  it("does not begin when the signal has aborted", async () => {
    const clock = createFakeClock();
    const reason = new Error("shutting down");

    const result = await outcomeOf(sleep(clock, 100, AbortSignal.abort(reason)));

    expect(result).to.equal(reason);
    expect(clock.pending()).to.equal(0);
  });
});

describe("deadline()", () => {
  it("aborts with its reason after its time", async () => {
    const clock = createFakeClock();
    const reason = new Error("too long");
    const { signal } = deadline(clock, 100, reason);

    await clock.advance(99);
    expect(signal.aborted).to.equal(false);
    await clock.advance(1);

    expect(signal.reason).to.equal(reason);
  });

  it("aborts with the reason of the parent that aborts first, and keeps it", async () => {
    const clock = createFakeClock();
    const [first, second] = [new AbortController(), new AbortController()];
    const { signal } = deadline(clock, 100, new Error("too long"), first.signal, second.signal);
    const reason = new Error("shutting down");

    second.abort(reason);
    first.abort(new Error("later"));
    await clock.advance(100);

    expect(signal.reason).to.equal(reason);
  });

  it("is aborted from the start when a parent is", () => {
    const reason = new Error("shutting down");

    const { signal } = deadline(createFakeClock(), 100, new Error("too long"), AbortSignal.abort(reason));

    expect(signal.reason).to.equal(reason);
  });

  it("does not abort after release, whatever happens, and leaves no timer", () => {
    const clock = createFakeClock();
    const parent = new AbortController();
    const { signal, release } = deadline(clock, 100, new Error("too long"), parent.signal);

    release();
    parent.abort();

    expect(signal.aborted).to.equal(false);
    expect(clock.pending()).to.equal(0);
  });
});
