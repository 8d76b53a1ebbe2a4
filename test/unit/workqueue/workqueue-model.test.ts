import { expect } from "chai";
import fc from "fast-check";
import { exponentialBackoff } from "../../../controller/workqueue/backoff.ts";
import { createWorkQueue, type WorkQueue } from "../../../controller/workqueue/workqueue.ts";
import { createFakeClock, type FakeClock } from "../../support/fake-clock.ts";

/** The queue as one would explain it: slow, and plain to read. */
interface Model {
  now: number;
  shutDown: boolean;
  /** Ready and not worked on, in order. */
  waiting: string[];
  /** Added while worked on. */
  again: Set<string>;
  working: Set<string>;
  delayed: Map<string, { at: number; order: number }>;
  failures: Map<string, number>;
  order: number;
}

interface Real {
  readonly queue: WorkQueue;
  readonly clock: FakeClock;
}

type Command = fc.AsyncCommand<Model, Real>;

function modelAdd(model: Model, key: string): void {
  if (model.shutDown) return;
  model.delayed.delete(key);
  if (model.working.has(key)) model.again.add(key);
  else if (!model.waiting.includes(key)) model.waiting.push(key);
}

function modelAddAfter(model: Model, key: string, delayMs: number): void {
  if (model.shutDown) return;
  if (delayMs <= 0) {
    modelAdd(model, key);
    return;
  }
  if (model.waiting.includes(key) || model.again.has(key)) return;
  const at = model.now + delayMs;
  const known = model.delayed.get(key);
  if (known === undefined || at < known.at) model.delayed.set(key, { at, order: model.order++ });
}

function modelAdvance(model: Model, ms: number): void {
  model.now += ms;
  const due = [...model.delayed].filter(([, { at }]) => at <= model.now);
  due.sort(([, a], [, b]) => a.at - b.at || a.order - b.order);
  for (const [key] of due) modelAdd(model, key);
}

function command(name: string, run: (model: Model, real: Real) => void | Promise<void>): Command {
  return {
    check: () => true,
    run: async (model, real) => {
      await run(model, real);
      expect(real.queue.length()).to.equal(model.waiting.length + model.again.size);
    },
    toString: () => name,
  };
}

const add = (key: string): Command =>
  command(`add ${key}`, (model, { queue }) => {
    queue.add(key);
    modelAdd(model, key);
  });

const addAfter = (key: string, delayMs: number): Command =>
  command(`add ${key} after ${delayMs}`, (model, { queue }) => {
    queue.addAfter(key, delayMs);
    modelAddAfter(model, key, delayMs);
  });

const addRateLimited = (key: string): Command =>
  command(`add ${key} rate limited`, (model, { queue }) => {
    queue.addRateLimited(key);
    if (model.shutDown) return;
    const failures = model.failures.get(key) ?? 0;
    model.failures.set(key, failures + 1);
    modelAddAfter(model, key, Math.min(1_000 * 2 ** failures, 300_000));
    expect(queue.numRequeues(key)).to.equal(failures + 1);
  });

const forget = (key: string): Command =>
  command(`forget ${key}`, (model, { queue }) => {
    queue.forget(key);
    model.failures.delete(key);
    expect(queue.numRequeues(key)).to.equal(0);
  });

const get = (): Command =>
  command("get", async (model, { queue }) => {
    const giveUp = new AbortController();
    const got = queue.get(giveUp.signal);
    giveUp.abort();
    const key = await got;

    expect(key).to.equal(model.waiting.shift());
    if (key === undefined) return;
    expect(model.working.has(key)).to.equal(false);
    model.working.add(key);
  });

const done = (key: string): Command =>
  command(`done ${key}`, (model, { queue }) => {
    queue.done(key);
    if (!model.working.delete(key)) return;
    if (model.again.delete(key)) model.waiting.push(key);
  });

const advance = (ms: number): Command =>
  command(`advance ${ms}`, async (model, { clock }) => {
    await clock.advance(ms);
    modelAdvance(model, ms);
  });

const shutDown = (): Command =>
  command("shut down", (model, { queue }) => {
    queue.shutDown();
    model.shutDown = true;
    model.delayed.clear();
  });

describe("createWorkQueue() against its model", () => {
  it("does what the model does, whatever the order of calls", async () => {
    const key = fc.constantFrom("a", "b", "c", "d");
    const ms = fc.oneof(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 5_000 }));
    const busy = [
      key.map(add),
      fc.tuple(key, ms).map(([name, delayMs]) => addAfter(name, delayMs)),
      key.map(addRateLimited),
      key.map(forget),
      fc.constant(get()),
      fc.constant(get()),
      key.map(done),
      key.map(done),
      ms.map(advance),
    ];
    // A shutdown is rare, so that most of a run comes before it.
    const commands = fc.commands([...busy, ...busy, ...busy, fc.constant(shutDown())], {
      maxCommands: 80,
      size: "max",
    });

    await fc.assert(
      fc.asyncProperty(commands, async (plan) => {
        const clock = createFakeClock();
        const queue = createWorkQueue({ clock, rateLimiter: exponentialBackoff() });
        const model: Model = {
          now: 0,
          shutDown: false,
          waiting: [],
          again: new Set(),
          working: new Set(),
          delayed: new Map(),
          failures: new Map(),
          order: 0,
        };
        await fc.asyncModelRun(() => ({ model, real: { queue, clock } }), plan);
      }),
      { numRuns: 200 },
    );
  });
});
