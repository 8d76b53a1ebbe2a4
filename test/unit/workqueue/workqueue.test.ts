import { expect } from "chai";
import { exponentialBackoff } from "../../../controller/workqueue/backoff.ts";
import { createWorkQueue, type WorkQueue } from "../../../controller/workqueue/workqueue.ts";
import { createFakeClock } from "../../support/fake-clock.ts";

const never = new AbortController().signal;

function setUp() {
  const clock = createFakeClock();
  const queue = createWorkQueue({ clock, rateLimiter: exponentialBackoff() });
  return { clock, queue };
}

/** What is ready now, in order; each key is done at once. */
async function takeAll(queue: WorkQueue): Promise<string[]> {
  const keys: string[] = [];
  for (let key = await takeNow(queue); key !== undefined; key = await takeNow(queue)) {
    keys.push(key);
    queue.done(key);
  }
  return keys;
}

/** A ready key, or undefined when there is none now. */
function takeNow(queue: WorkQueue): Promise<string | undefined> {
  const giveUp = new AbortController();
  const key = queue.get(giveUp.signal);
  giveUp.abort();
  return key;
}

describe("createWorkQueue()", () => {
  it("hands out keys in the order in which they became ready", async () => {
    const { clock, queue } = setUp();

    queue.addAfter("late", 20);
    queue.addAfter("early", 10);
    queue.add("first");
    queue.add("second");
    await clock.advance(20);

    expect(await takeAll(queue)).to.deep.equal(["first", "second", "early", "late"]);
  });

  it("keeps a waiting key once, however often it is added", async () => {
    const { clock, queue } = setUp();

    queue.add("shop");
    queue.add("shop");
    queue.addAfter("shop", 5);
    await clock.advance(10);

    expect(queue.length()).to.equal(1);
    expect(await takeAll(queue)).to.deep.equal(["shop"]);
  });

  it("never hands out a key twice at the same time", async () => {
    const { queue } = setUp();
    queue.add("shop");
    expect(await takeNow(queue)).to.equal("shop");

    queue.add("shop");

    expect(await takeNow(queue)).to.equal(undefined);
  });

  it("does not hand out a delayed key that falls due while it is being worked on", async () => {
    const { clock, queue } = setUp();
    queue.add("shop");
    await takeNow(queue);
    queue.addAfter("shop", 10);

    await clock.advance(10);

    expect(await takeNow(queue)).to.equal(undefined);
    queue.done("shop");
    expect(await takeNow(queue)).to.equal("shop");
  });

  it("hands out again, once, a key added while it was being worked on", async () => {
    const { queue } = setUp();
    queue.add("shop");
    await takeNow(queue);

    for (let times = 0; times < 5; times++) queue.add("shop");
    queue.done("shop");

    expect(await takeAll(queue)).to.deep.equal(["shop"]);
  });

  it("puts a key added while it was being worked on behind those that wait", async () => {
    const { queue } = setUp();
    queue.add("shop");
    await takeNow(queue);
    queue.add("shop");
    queue.add("blog");

    queue.done("shop");

    expect(await takeAll(queue)).to.deep.equal(["blog", "shop"]);
  });

  it("lets an immediate add take the place of a waiting delayed one", async () => {
    const { clock, queue } = setUp();

    queue.addAfter("shop", 1_000);
    queue.add("shop");

    expect(await takeAll(queue)).to.deep.equal(["shop"]);
    expect(clock.pending()).to.equal(0);
    await clock.advance(1_000);
    expect(await takeAll(queue)).to.deep.equal([]);
  });

  for (const { name, delays } of [
    { name: "the earliest of several delayed adds wins when it comes first", delays: [100, 500] },
    { name: "the earliest of several delayed adds wins when it comes last", delays: [500, 100] },
  ]) {
    it(name, async () => {
      const { clock, queue } = setUp();

      for (const delay of delays) queue.addAfter("shop", delay);

      await clock.advance(99);
      expect(queue.length()).to.equal(0);
      await clock.advance(1);
      expect(await takeAll(queue)).to.deep.equal(["shop"]);
      await clock.advance(1_000);
      expect(queue.length()).to.equal(0);
    });
  }

  it("ignores a delayed add of a ready key", async () => {
    const { clock, queue } = setUp();

    queue.add("shop");
    queue.addAfter("shop", 10);
    await takeAll(queue);
    await clock.advance(10);

    expect(queue.length()).to.equal(0);
  });

  for (const delay of [0, -5, Number.NaN]) {
    it(`treats a delay of ${delay} as an immediate add`, async () => {
      const { queue } = setUp();

      queue.addAfter("shop", delay);

      expect(await takeAll(queue)).to.deep.equal(["shop"]);
    });
  }

  it("waits for a delay longer than Node's timers can", async () => {
    const { clock, queue } = setUp();
    const days = 24 * 3600 * 1000;

    queue.addAfter("shop", 60 * days);

    await clock.advance(59 * days);
    expect(queue.length()).to.equal(0);
    await clock.advance(days);
    expect(queue.length()).to.equal(1);
  });

  it("serves those who wait for a key in the order of their asking", async () => {
    const { queue } = setUp();
    const first = queue.get(never);
    const second = queue.get(never);

    queue.add("shop");
    queue.add("blog");

    expect([await first, await second]).to.deep.equal(["shop", "blog"]);
  });

  it("loses no key to one who gave up waiting", async () => {
    const { queue } = setUp();
    const impatient = new AbortController();
    const gaveUp = queue.get(impatient.signal);
    const waits = queue.get(never);

    impatient.abort();
    queue.add("shop");

    expect([await gaveUp, await waits]).to.deep.equal([undefined, "shop"]);
  });

  it("gives nothing to one whose signal has aborted before", async () => {
    const { queue } = setUp();
    queue.add("shop");

    expect(await queue.get(AbortSignal.abort())).to.equal(undefined);
    expect(queue.length()).to.equal(1);
  });

  it("lets each failure of a key wait twice as long, up to five minutes", async () => {
    const { clock, queue } = setUp();
    const waits: number[] = [];

    for (let failure = 0; failure < 11; failure++) {
      const from = clock.monotonic();
      queue.addRateLimited("shop");
      while (queue.length() === 0) await clock.advance(500);
      waits.push((clock.monotonic() - from) / 1_000);
      await takeAll(queue);
    }

    expect(waits).to.deep.equal([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
    expect(queue.numRequeues("shop")).to.equal(11);
  });

  it("begins the backoff anew after forget, and forgets only that key", async () => {
    const { clock, queue } = setUp();
    for (let failure = 0; failure < 5; failure++) queue.addRateLimited("shop");
    queue.addRateLimited("blog");
    await clock.advance(60_000);
    await takeAll(queue);

    queue.forget("shop");
    queue.addRateLimited("shop");

    expect([queue.numRequeues("shop"), queue.numRequeues("blog")]).to.deep.equal([1, 1]);
    await clock.advance(1_000);
    expect(await takeAll(queue)).to.deep.equal(["shop"]);
  });

  it("leaves a waiting key in its place on forget", async () => {
    const { clock, queue } = setUp();
    queue.addRateLimited("shop");

    queue.forget("shop");
    await clock.advance(1_000);

    expect(await takeAll(queue)).to.deep.equal(["shop"]);
  });

  it("ignores done for a key that was not handed out", async () => {
    const { queue } = setUp();
    queue.add("shop");

    queue.done("shop");
    queue.done("stranger");

    expect(await takeAll(queue)).to.deep.equal(["shop"]);
  });

  it("hands out what is ready after shutdown, then tells that nothing is left", async () => {
    const { queue } = setUp();
    queue.add("shop");
    queue.add("blog");

    queue.shutDown();

    expect(queue.isShuttingDown()).to.equal(true);
    expect(await queue.get(never)).to.equal("shop");
    expect(await queue.get(never)).to.equal("blog");
    expect(await queue.get(never)).to.equal(undefined);
  });

  it("hands out after shutdown what was added before it while being worked on", async () => {
    const { queue } = setUp();
    queue.add("shop");
    await takeNow(queue);
    queue.add("shop");

    queue.shutDown();
    queue.done("shop");

    expect(await queue.get(never)).to.equal("shop");
  });

  it("ignores adds after shutdown, and drops delayed keys", async () => {
    const { clock, queue } = setUp();
    queue.addAfter("delayed", 10);

    queue.shutDown();
    queue.add("shop");
    queue.addAfter("shop", 10);
    queue.addRateLimited("shop");
    await clock.advance(60_000);

    expect(await queue.get(never)).to.equal(undefined);
    expect(queue.numRequeues("shop")).to.equal(0);
    expect(clock.pending()).to.equal(0);
  });

  it("releases on shutdown those who wait", async () => {
    const { queue } = setUp();
    const waiting = [queue.get(never), queue.get(never)];

    queue.shutDown();

    expect(await Promise.all(waiting)).to.deep.equal([undefined, undefined]);
  });

  it("drains: waits for what is ready and for what is being worked on", async () => {
    const { queue } = setUp();
    queue.add("shop");
    queue.add("blog");
    await takeNow(queue);
    let drained = false;
    const drain = queue.shutDownWithDrain(never).then(() => (drained = true));

    await takeAll(queue);
    expect(drained).to.equal(false);
    queue.done("shop");

    await drain;
    expect(drained).to.equal(true);
  });

  it("drains at once when there is nothing to do", async () => {
    const { queue } = setUp();

    await queue.shutDownWithDrain(never);

    expect(queue.isShuttingDown()).to.equal(true);
  });

  it("stops waiting for the drain when the signal aborts", async () => {
    const { queue } = setUp();
    queue.add("shop");
    await takeNow(queue);
    const limit = new AbortController();
    const drain = queue.shutDownWithDrain(limit.signal).then(
      () => "drained",
      (error: unknown) => error,
    );

    const reason = new Error("time is up");
    limit.abort(reason);

    expect(await drain).to.equal(reason);
  });

  it("holds no timer while nothing is delayed or worked on", async () => {
    const { clock, queue } = setUp();
    queue.addAfter("shop", 10);
    queue.addAfter("blog", 20);
    expect(clock.pending()).to.equal(1);

    await clock.advance(20);
    await takeAll(queue);

    expect(clock.pending()).to.equal(0);
  });

  it("counts depth, adds, retries, waiting and working time, and unfinished work", async () => {
    const clock = createFakeClock();
    const seen: (string | number)[][] = [];
    const queue = createWorkQueue({
      clock,
      rateLimiter: exponentialBackoff(),
      metrics: {
        depth: (value) => seen.push(["depth", value]),
        added: () => seen.push(["added"]),
        retried: () => seen.push(["retried"]),
        queued: (seconds) => seen.push(["queued", seconds]),
        worked: (seconds) => seen.push(["worked", seconds]),
        unfinished: (total, longest) => seen.push(["unfinished", total, longest]),
      },
    });

    queue.addRateLimited("shop");
    await clock.advance(3_000);
    await takeNow(queue);
    await clock.advance(700);
    queue.add("shop");
    queue.done("shop");

    expect(seen).to.deep.equal([
      ["retried"],
      ["added"],
      ["depth", 1],
      ["queued", 2],
      ["depth", 0],
      ["unfinished", 0.5, 0.5],
      ["added"],
      ["depth", 1],
      ["worked", 0.7],
      ["unfinished", 0, 0],
    ]);
  });

  it("is quick with a hundred thousand keys, ready and delayed", async () => {
    const { clock, queue } = setUp();
    const count = 100_000;

    for (let index = 0; index < count; index++) queue.addAfter(`later-${index}`, 1 + ((index * 7919) % 1000));
    for (let index = 0; index < count; index += 2) queue.add(`later-${index}`);
    for (let index = 0; index < count; index++) queue.add(`now-${index}`);
    for (let taken = 0; taken < count * 1.5; taken++) queue.done((await queue.get(never)) ?? "");
    const readyAtOnce = queue.length();
    await clock.advance(1_000);

    expect([readyAtOnce, queue.length()]).to.deep.equal([0, count / 2]);
  });
});
