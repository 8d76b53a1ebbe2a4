import { expect } from "chai";
import { ReconcileError } from "../../../controller/api/errors.ts";
import type { Outcome, Reconcile } from "../../../controller/api/outcome.ts";
import type { Log, LogFields } from "../../../controller/lib/log.ts";
import { sleep } from "../../../controller/lib/clock.ts";
import { exponentialBackoff } from "../../../controller/workqueue/backoff.ts";
import { startWorkers } from "../../../controller/workqueue/worker.ts";
import { createWorkQueue } from "../../../controller/workqueue/workqueue.ts";
import { createFakeClock } from "../../support/fake-clock.ts";

type Line = readonly [level: string, message: string, fields: LogFields | undefined];

const fault = (message = "Cannot fetch: no route", terminal = false): Outcome => ({
  kind: "failed",
  error: new ReconcileError(message, { reason: "FetchFailed", terminal }),
});

function setUp(reconcile: Reconcile, options: { concurrency?: number; timeoutMs?: number } = {}) {
  const { concurrency = 1, timeoutMs = 60_000 } = options;
  const clock = createFakeClock();
  const queue = createWorkQueue({ clock, rateLimiter: exponentialBackoff() });
  const shutdown = new AbortController();
  const runs: [key: string, atMs: number][] = [];
  const lines: Line[] = [];
  const counted: string[] = [];
  const write =
    (level: string) =>
    (message: string, fields?: LogFields): void =>
      void lines.push([level, message, fields]);
  const log: Log = {
    debug: write("debug"),
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
  };
  const workers = startWorkers({
    queue,
    reconcile: (key, signal) => {
      runs.push([key, clock.monotonic()]);
      return reconcile(key, signal);
    },
    concurrency,
    clock,
    log,
    metrics: {
      active: (delta) => counted.push(`active ${delta}`),
      reconciled: (result, seconds) => counted.push(`${result} ${seconds}s`),
      terminalError: () => counted.push("terminal"),
      panicked: () => counted.push("panic"),
      timedOut: () => counted.push("timeout"),
    },
    signal: shutdown.signal,
    timeoutMs,
    graceMs: 2_000,
  });
  const told = (): Line[] => lines.filter(([level]) => level !== "debug");
  return { clock, queue, shutdown, workers, runs, lines, told, counted };
}

/** A reconcile that answers with one outcome after the other, the last one for ever. */
function answering(...answers: readonly (Outcome | Error)[]): Reconcile {
  let next = 0;
  return async () => {
    const answer = answers[Math.min(next++, answers.length - 1)] ?? { kind: "gone" };
    if (answer instanceof Error) throw answer;
    return answer;
  };
}

function untilAborted(): Reconcile {
  return (_key, signal) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason as Error));
    });
}

const MINUTE = 60_000;

describe("startWorkers(): what follows an outcome", () => {
  for (const { name, answers, runsAt, requeues, counted } of [
    {
      name: "synced: nothing",
      answers: [{ kind: "synced" }],
      runsAt: [0],
      requeues: 0,
      counted: ["success 0s"],
    },
    {
      name: "synced with a recheck: again after that time",
      answers: [{ kind: "synced", recheckAfterMs: 25_000 }],
      runsAt: [0, 25_000, 50_000],
      requeues: 0,
      counted: ["requeue_after 0s", "requeue_after 0s", "requeue_after 0s"],
    },
    {
      name: "waiting: nothing",
      answers: [{ kind: "waiting", reason: "the engine is down" }],
      runsAt: [0],
      requeues: 0,
      counted: ["success 0s"],
    },
    {
      name: "waiting with a recheck: again after that time, without backoff",
      answers: [{ kind: "waiting", reason: "a dependency", recheckAfterMs: 20_000 }],
      runsAt: [0, 20_000, 40_000, 60_000],
      requeues: 0,
      counted: ["requeue_after 0s", "requeue_after 0s", "requeue_after 0s", "requeue_after 0s"],
    },
    {
      name: "failed: again with backoff",
      answers: [fault()],
      runsAt: [0, 1_000, 3_000, 7_000, 15_000, 31_000],
      requeues: 6,
      counted: Array.from({ length: 6 }, () => "error 0s"),
    },
    {
      name: "failed with a recheck: again after that time, without backoff",
      answers: [{ ...fault(), recheckAfterMs: 20_000 } as Outcome],
      runsAt: [0, 20_000, 40_000, 60_000],
      requeues: 0,
      counted: Array.from({ length: 4 }, () => "error 0s"),
    },
    {
      name: "failed terminally: counted, and left until something new happens",
      answers: [fault("Cannot read: bad", true)],
      runsAt: [0],
      requeues: 0,
      counted: ["terminal", "error 0s"],
    },
    {
      name: "thrown: counted as a panic, and again with backoff",
      answers: [new TypeError("x is not a function"), { kind: "gone" }],
      runsAt: [0, 1_000],
      requeues: 0,
      counted: ["panic", "error 0s", "success 0s"],
    },
    {
      name: "synced after failures: the failures are forgotten",
      answers: [fault(), fault(), { kind: "synced" }],
      runsAt: [0, 1_000, 3_000],
      requeues: 0,
      counted: ["error 0s", "error 0s", "success 0s"],
    },
    {
      name: "waiting after failures: the failures are forgotten",
      answers: [fault(), fault(), { kind: "waiting", reason: "a dependency" }],
      runsAt: [0, 1_000, 3_000],
      requeues: 0,
      counted: ["error 0s", "error 0s", "success 0s"],
    },
    {
      name: "gone after failures: everything is forgotten",
      answers: [fault(), fault(), { kind: "gone" }],
      runsAt: [0, 1_000, 3_000],
      requeues: 0,
      counted: ["error 0s", "error 0s", "success 0s"],
    },
  ] satisfies {
    name: string;
    answers: (Outcome | Error)[];
    runsAt: number[];
    requeues: number;
    counted: string[];
  }[]) {
    it(name, async () => {
      const test = setUp(answering(...answers));

      test.queue.add("shop");
      await test.clock.advance(MINUTE);

      expect(test.runs).to.deep.equal(runsAt.map((at) => ["shop", at]));
      expect(test.queue.numRequeues("shop")).to.equal(requeues);
      expect(test.counted.filter((entry) => !entry.startsWith("active"))).to.deep.equal(counted);
    });
  }

  it("reconciles at once, without the recheck, what was added during a reconcile", async () => {
    const test = setUp(async (_key, signal) => {
      await sleep(test.clock, 10, signal);
      return { kind: "synced", recheckAfterMs: 1_000_000 };
    });

    test.queue.add("shop");
    await test.clock.advance(5);
    test.queue.add("shop");
    await test.clock.advance(MINUTE);

    expect(test.runs).to.deep.equal([
      ["shop", 0],
      ["shop", 10],
    ]);
  });

  it("keeps what was added, even for later, while a key was found gone", async () => {
    const test = setUp(async (_key, signal) => {
      await sleep(test.clock, 10, signal);
      return { kind: "gone" };
    });

    test.queue.add("shop");
    await test.clock.advance(5);
    test.queue.addAfter("shop", 2_000);
    await test.clock.advance(MINUTE);

    expect(test.runs).to.deep.equal([
      ["shop", 0],
      ["shop", 2_005],
    ]);
  });
});

describe("startWorkers(): several at a time", () => {
  it("works on as many keys as it may, and never on one key twice", async () => {
    const working = new Set<string>();
    let most = 0;
    const test = setUp(
      async (key, signal) => {
        expect(working.has(key)).to.equal(false);
        working.add(key);
        most = Math.max(most, working.size);
        await sleep(test.clock, 100, signal);
        working.delete(key);
        return { kind: "synced" };
      },
      { concurrency: 3 },
    );

    for (const key of ["a", "b", "c", "d", "e"]) test.queue.add(key);
    await test.clock.advance(50);
    for (const key of ["a", "b", "c"]) test.queue.add(key);
    await test.clock.advance(MINUTE);

    expect(most).to.equal(3);
    expect(test.runs.length).to.equal(8);
    expect(test.told()).to.deep.equal([]);
    expect(test.counted.filter((entry) => entry === "active 1").length).to.equal(8);
    expect(test.counted.filter((entry) => entry === "active -1").length).to.equal(8);
  });
});

describe("startWorkers(): limits", () => {
  it("aborts a reconcile at its limit, counts it, and tries again with backoff", async () => {
    const test = setUp(untilAborted(), { timeoutMs: 10_000 });

    test.queue.add("shop");
    await test.clock.advance(12_000);

    expect(test.runs).to.deep.equal([
      ["shop", 0],
      ["shop", 11_000],
    ]);
    expect(test.counted).to.deep.equal(["active 1", "active -1", "timeout", "error 10s", "active 1"]);
    expect(test.told()).to.deep.equal([
      ["warn", "reconcile timed out", { key: "shop", timeoutMs: 10_000, retries: 1 }],
    ]);
  });

  it("goes on with other keys while one hangs beyond its abort, and never hands that one out again", async () => {
    let end = (_outcome: Outcome): void => {};
    const hanging = new Promise<Outcome>((resolve) => (end = resolve));
    const test = setUp((key) => (key === "hung" ? hanging : Promise.resolve({ kind: "synced" })), {
      timeoutMs: 10_000,
    });

    test.queue.add("hung");
    test.queue.add("shop");
    await test.clock.advance(11_999);
    expect(test.runs).to.deep.equal([["hung", 0]]);
    await test.clock.advance(1);
    test.queue.add("hung");
    await test.clock.advance(MINUTE);

    expect(test.runs).to.deep.equal([
      ["hung", 0],
      ["shop", 12_000],
    ]);
    expect(test.workers.stuck()).to.deep.equal(["hung"]);
    expect(test.told()).to.deep.equal([
      ["error", "reconcile does not heed its abort", { key: "hung", graceMs: 2_000 }],
    ]);

    end({ kind: "synced" });
    await test.clock.advance(1);

    expect(test.workers.stuck()).to.deep.equal([]);
    expect(test.runs[2]?.[0]).to.equal("hung");
    expect(test.counted.filter((entry) => entry === "active -1").length).to.equal(3);
  });
});

describe("startWorkers(): shutdown", () => {
  it("ends when the queue is shut down and empty", async () => {
    const test = setUp(answering({ kind: "synced" }), { concurrency: 2 });
    for (const key of ["a", "b", "c"]) test.queue.add(key);

    test.queue.shutDown();
    await test.workers.done;

    expect(test.runs.map(([key]) => key)).to.deep.equal(["a", "b", "c"]);
  });

  it("takes no more keys after stop, and lets what runs finish", async () => {
    const test = setUp(async (_key, signal) => {
      await sleep(test.clock, 1_000, signal);
      return { kind: "synced" };
    });
    test.queue.add("shop");
    test.queue.add("blog");
    await test.clock.advance(500);
    let ended = false;
    void test.workers.done.then(() => (ended = true));

    test.workers.stop();
    await test.clock.advance(499);
    expect(ended).to.equal(false);
    await test.clock.advance(1);

    expect(ended).to.equal(true);
    expect(test.runs).to.deep.equal([["shop", 0]]);
    expect(test.counted).to.contain("success 1s");
  });

  for (const { name, thrown } of [
    { name: "the signal's reason", thrown: (signal: AbortSignal) => signal.reason as Error },
    { name: "an AbortError", thrown: () => new DOMException("This operation was aborted", "AbortError") },
    {
      name: "a failure caused by the abort",
      thrown: (signal: AbortSignal) => new Error("Cannot list", { cause: signal.reason }),
    },
  ]) {
    it(`does not take ${name} for a failure at shutdown`, async () => {
      const test = setUp(
        (_key, signal) =>
          new Promise((_resolve, reject) => {
            signal.addEventListener("abort", () => reject(thrown(signal)));
          }),
      );
      test.queue.add("shop");
      await test.clock.advance(1);

      test.shutdown.abort(new Error("shutting down"));
      await test.workers.done;

      expect(test.told()).to.deep.equal([]);
      expect(test.counted).to.deep.equal(["active 1", "active -1"]);
      expect(test.queue.numRequeues("shop")).to.equal(0);
    });
  }

  it("does not take a returned failure caused by the abort for one", async () => {
    const test = setUp(
      (_key, signal) =>
        new Promise((resolve) => {
          signal.addEventListener("abort", () => {
            const error = new ReconcileError("Cannot fetch", { reason: "FetchFailed", cause: signal.reason });
            resolve({ kind: "failed", error });
          });
        }),
    );
    test.queue.add("shop");
    await test.clock.advance(1);

    test.shutdown.abort(new Error("shutting down"));
    await test.workers.done;

    expect(test.told()).to.deep.equal([]);
  });

  it("still reports a bug that shows at shutdown", async () => {
    const bug = new TypeError("x is undefined");
    const test = setUp(
      (_key, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => reject(bug));
        }),
    );
    test.queue.add("shop");
    await test.clock.advance(1);

    test.shutdown.abort(new Error("shutting down"));
    await test.workers.done;

    expect(test.told()).to.deep.equal([
      ["error", "reconcile threw", { key: "shop", error: bug, retries: 1 }],
    ]);
  });

  it("is not blocked beyond the grace by a reconcile that never settles", async () => {
    const test = setUp(() => new Promise(() => {}));
    test.queue.add("shop");
    test.queue.add("blog");
    await test.clock.advance(1);
    let ended = false;
    void test.workers.done.then(() => (ended = true));

    test.shutdown.abort(new Error("shutting down"));
    await test.clock.advance(1_999);
    expect(ended).to.equal(false);
    await test.clock.advance(1);

    expect(ended).to.equal(true);
    expect(test.runs).to.deep.equal([["shop", 0]]);
  });

  it("works on nothing when the signal has aborted before", async () => {
    const clock = createFakeClock();
    const queue = createWorkQueue({ clock });
    queue.add("shop");
    let ran = false;

    const workers = startWorkers({
      queue,
      reconcile: async () => {
        ran = true;
        return { kind: "synced" };
      },
      concurrency: 1,
      clock,
      log: { debug() {}, info() {}, warn() {}, error() {} },
      signal: AbortSignal.abort(),
      timeoutMs: 1_000,
    });
    await workers.done;

    expect(ran).to.equal(false);
    expect(queue.length()).to.equal(1);
  });

  it("does not begin with a key that was handed out just before the abort", async () => {
    const test = setUp(answering({ kind: "synced" }));
    await test.clock.advance(1);

    test.queue.add("shop");
    test.shutdown.abort(new Error("shutting down"));
    await test.workers.done;

    expect(test.runs).to.deep.equal([]);
    await test.queue.shutDownWithDrain(AbortSignal.timeout(1_000));
  });

  it("leaves no timer and no listener behind a finished reconcile", async () => {
    const test = setUp(answering({ kind: "synced" }));
    let listeners = 0;
    const { signal } = test.shutdown;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners++;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners--;
      remove(...args);
    };

    for (let turn = 0; turn < 20; turn++) {
      test.queue.add("shop");
      await test.clock.advance(1);
    }

    expect(test.runs.length).to.equal(20);
    expect(listeners).to.equal(0);
    expect(test.clock.pending()).to.equal(0);
  });
});

describe("startWorkers(): what is logged", () => {
  const line = (retries: number, message = "Cannot fetch: no route"): LogFields => ({
    key: "shop",
    reason: "FetchFailed",
    message,
    retries,
    terminal: false,
  });

  it("leaves a failure alone that an event has told already", async () => {
    const test = setUp(answering({ ...fault(), told: true } as Outcome, { kind: "synced" }));

    test.queue.add("shop");
    await test.clock.advance(MINUTE);

    expect(test.lines).to.deep.equal([]);
  });

  it("tells a failure once, the same text again only at debug, and the recovery", async () => {
    const test = setUp(answering(fault(), fault(), fault(), { kind: "synced" }));

    test.queue.add("shop");
    await test.clock.advance(MINUTE);

    expect(test.lines).to.deep.equal([
      ["warn", "reconcile failed", line(1)],
      ["debug", "reconcile failed", line(2)],
      ["debug", "reconcile failed", line(3)],
      ["info", "reconcile recovered", { key: "shop" }],
    ]);
  });

  it("tells a new text, and an old text again after another or after a recovery", async () => {
    const other = "Cannot fetch: refused";
    const test = setUp(
      answering(fault(), fault(other), fault(), { kind: "synced", recheckAfterMs: 10 }, fault(), {
        kind: "synced",
      }),
    );

    test.queue.add("shop");
    await test.clock.advance(MINUTE);

    expect(test.told()).to.deep.equal([
      ["warn", "reconcile failed", line(1)],
      ["warn", "reconcile failed", line(2, other)],
      ["warn", "reconcile failed", line(3)],
      ["info", "reconcile recovered", { key: "shop" }],
      ["warn", "reconcile failed", line(1)],
      ["info", "reconcile recovered", { key: "shop" }],
    ]);
  });

  it("tells a thrown error as a bug, with the error", async () => {
    const bug = new TypeError("x is not a function");
    const test = setUp(answering(bug, bug, { kind: "gone" }));

    test.queue.add("shop");
    await test.clock.advance(MINUTE);

    expect(test.lines).to.deep.equal([
      ["error", "reconcile threw", { key: "shop", error: bug, retries: 1 }],
      ["debug", "reconcile threw", { key: "shop", error: bug, retries: 2 }],
    ]);
  });

  it("tells nothing above debug of what is synced or waits", async () => {
    const test = setUp(answering({ kind: "synced", recheckAfterMs: 10 }, { kind: "waiting", reason: "x" }));

    test.queue.add("shop");
    await test.clock.advance(MINUTE);

    expect(test.lines).to.deep.equal([["debug", "reconcile waits", { key: "shop", reason: "x" }]]);
  });
});
