import { expect } from "chai";
import { setMaxListeners } from "node:events";
import { OperationError } from "../../../controller/git/errors.ts";
import type { Request } from "../../../controller/git/protocol.ts";
import type { Job } from "../../../controller/git/ticket.ts";
import { createWorkerPool, type WorkerPool } from "../../../controller/git/worker-pool.ts";
import type { WorkerHandlers } from "../../../controller/git/worker-process.ts";
import { silentLog } from "../../../controller/lib/log.ts";
import { createFakeClock, type FakeClock } from "../../support/fake-clock.ts";

const { signal } = new AbortController();
setMaxListeners(0, signal);

/** A worker that does what the test says. */
interface FakeWorker {
  readonly sent: { readonly id: number; readonly request: Request }[];
  state: "alive" | "ended" | "killed";
  become(): void;
  progress(index: number): void;
  answer(index: number, rssBytes?: number): void;
  die(how?: string): void;
}

interface Harness {
  readonly clock: FakeClock;
  readonly pool: WorkerPool;
  readonly workers: FakeWorker[];
  readonly alive: () => number;
  /** Starts a job, and tells how it ended when it has. */
  readonly run: (job?: Partial<Job>, stop?: AbortSignal) => { end?: unknown; over: boolean };
}

function start(options: { workers?: number; isReady?: boolean } = {}): Harness {
  const clock = createFakeClock();
  const workers: FakeWorker[] = [];

  function fork(handlers: WorkerHandlers) {
    const worker = createFakeWorker(handlers);
    workers.push(worker);
    if (options.isReady !== false) setImmediate(() => worker.become());
    return {
      send: (message: FakeWorker["sent"][number]) => void worker.sent.push(message),
      end() {
        worker.state = "ended";
        setImmediate(() => handlers.exited("exit code 0"));
      },
      kill() {
        if (worker.state === "killed") return;
        worker.state = "killed";
        setImmediate(() => handlers.exited("signal SIGKILL"));
      },
    };
  }

  const pool = createWorkerPool({
    clock,
    log: silentLog,
    fork,
    workers: options.workers ?? 2,
    networkOps: 4,
    localOps: 2,
    drainMs: 3000,
  });
  return {
    clock,
    pool,
    workers,
    alive: () => workers.filter(({ state }) => state === "alive").length,
    run(job = {}, stop = signal) {
      const result: { end?: unknown; over: boolean } = { over: false };
      const run = pool.run(job.request === undefined ? listJob(job) : (job as Job), stop);
      run.answer.then(
        (answer) => (result.end = answer),
        (error: unknown) => (result.end = error instanceof OperationError ? error.failure.kind : error),
      );
      void run.over.then(() => (result.over = true));
      return result;
    },
  };
}

function createFakeWorker(handlers: WorkerHandlers): FakeWorker {
  const sent: FakeWorker["sent"] = [];
  return {
    sent,
    state: "alive",
    become: () => handlers.message({ kind: "ready" }),
    progress: (index) => handlers.message({ kind: "progress", id: sent[index]?.id ?? 0 }),
    answer: (index, rssBytes = 0) =>
      handlers.message({ kind: "done", id: sent[index]?.id ?? 0, data: "answer", rssBytes }),
    die(how = "signal SIGABRT") {
      this.state = "killed";
      handlers.exited(how);
    },
  };
}

function listJob(job: Partial<Job>): Job {
  return { request: { op: "list", url: "git://a/b", bare: "/x" }, host: "a", totalMs: 15_000, ...job };
}

/** A job for a host of which these keys are known; each is the first of its host for the queue, which lets few pass. */
function sshJob(lines: string, host = "a"): Partial<Job> {
  const hostKeys = { place: `[${host}]:22`, lines };
  const request = { op: "list", url: `ssh://${host}/b`, bare: "/x", access: { hostKeys } } as const;
  return { request, host: `host${++sshJobs}`, totalMs: 15_000 };
}
let sshJobs = 0;

function linesOf({ sent }: FakeWorker): (string | undefined)[] {
  return sent.map(({ request }) => ("access" in request ? request.access?.hostKeys?.lines : undefined));
}

const LOCAL_JOB: Job = {
  request: { op: "checkout", parts: [], limits: { maxFileBytes: 1, maxCheckoutBytes: 1 }, dir: "/d" },
  totalMs: 60_000,
};

describe("createWorkerPool()", () => {
  it("forks nothing before it is used, and then what is needed", async () => {
    const { clock, workers, run } = start();
    expect(workers).to.have.length(0);

    run();
    await clock.advance(0);
    expect(workers).to.have.length(1);
    for (const host of ["b", "c", "d", "e", "f"]) run({ host });
    await clock.advance(0);

    expect(workers.map(({ sent }) => sent.length)).to.deep.equal([3, 3]);
  });

  it("gives a worker no more than its places", async () => {
    const { clock, workers, run } = start();

    for (let n = 0; n < 20; n++) run({ host: `host${n}` });
    for (let n = 0; n < 20; n++) run(LOCAL_JOB);
    await clock.advance(0);

    // Of 4 + 4 network places, two are kept for hosts that are known to answer.
    expect(workers.map(({ sent }) => sent.length)).to.deep.equal([5, 5]);
  });

  it("counts the limit of an operation from when its worker was ready", async () => {
    const { clock, workers, run } = start({ isReady: false });
    const job = run();
    await clock.advance(10_000);
    workers[0]?.become();

    await clock.advance(14_999);
    expect(job.end).to.equal(undefined);
    await clock.advance(1);

    expect(job.end).to.equal("timedOut");
  });

  it("kills a worker that does not start, and tries others", async () => {
    const { clock, workers, run } = start({ isReady: false });
    const job = run();

    await clock.advance(90_000);

    expect(workers.map(({ state }) => state)).to.deep.equal(["killed", "killed", "killed"]);
    expect({ ...job }).to.deep.equal({ end: "lost", over: true });
  });

  it("rejects an operation over its limit at once, and kills its worker when the others are done", async () => {
    const { clock, workers, run } = start({ workers: 1 });
    const hung = run();
    await clock.advance(14_000);
    const other = run({ host: "b" });

    await clock.advance(1000);
    expect(hung).to.deep.equal({ end: "timedOut", over: false });
    expect(workers[0]?.state).to.equal("alive");
    workers[0]?.answer(1);
    await clock.advance(0);

    expect(other.end).to.equal("answer");
    expect(workers[0]?.state).to.equal("killed");
    expect(hung.over).to.equal(true);
  });

  it("kills it after a while all the same, and does again elsewhere what it had not finished", async () => {
    const { clock, workers, run } = start({ workers: 1 });
    run();
    await clock.advance(14_000);
    const innocent = run({ host: "b" });

    await clock.advance(1000 + 3000);
    expect(workers.map(({ state }) => state)).to.deep.equal(["killed", "alive"]);
    workers[1]?.answer(0);
    await clock.advance(0);

    expect(innocent).to.deep.equal({ end: "answer", over: true });
  });

  it("gives nothing new to a worker that has a hung operation", async () => {
    const { clock, workers, run } = start({ workers: 1 });
    run();
    run({ host: "b", totalMs: 60_000 });
    await clock.advance(15_000);

    run({ host: "c" });
    await clock.advance(0);

    expect(workers.map(({ sent }) => sent.length)).to.deep.equal([2, 1]);
  });

  it("lets an operation go on while it makes progress, up to its total", async () => {
    const { clock, workers, run } = start();
    const job = run({ totalMs: 100_000, idleMs: 10_000 });
    for (let n = 0; n < 10; n++) {
      await clock.advance(9000);
      workers[0]?.progress(0);
    }
    expect(job.end).to.equal(undefined);

    await clock.advance(9999);
    expect(job.end).to.equal(undefined);
    await clock.advance(1);

    expect(job.end).to.equal("timedOut");
  });

  it("ends an operation that makes no progress", async () => {
    const { clock, run } = start();
    const job = run({ totalMs: 100_000, idleMs: 10_000 });

    await clock.advance(10_000);

    expect(job.end).to.equal("timedOut");
  });

  it("tries an operation three times when its workers die, and then says how they died", async () => {
    const { clock, workers, pool } = start();
    const { answer } = pool.run(listJob({}), signal);
    const failure = answer.then(
      () => undefined,
      (error: unknown) => (error instanceof OperationError ? error.failure : error),
    );

    for (let n = 0; n < 3; n++) {
      await clock.advance(0);
      workers[n]?.die();
    }

    expect(await failure).to.deep.equal({ kind: "lost", how: "signal SIGABRT" });
    await clock.advance(0);
    expect(workers).to.have.length(3);
  });

  it("frees a caller at once that gives up, and the place only when the operation is over", async () => {
    const { clock, workers, run } = start({ workers: 1 });
    const stop = new AbortController();
    const running = run({}, stop.signal);
    await clock.advance(0);

    stop.abort(new Error("enough"));
    await clock.advance(0);
    expect(running).to.deep.equal({ end: stop.signal.reason as unknown, over: false });
    workers[0]?.answer(0);
    await clock.advance(0);

    expect(running.over).to.equal(true);
  });

  it("never starts what was given up while it waited", async () => {
    const { clock, workers, run } = start({ workers: 1 });
    const stop = new AbortController();
    run();
    await clock.advance(0);
    const waiting = run({}, stop.signal); // of an unknown host, one at a time

    stop.abort(new Error("enough"));
    await clock.advance(0);
    workers[0]?.answer(0);
    await clock.advance(0);

    expect(waiting.over).to.equal(true);
    expect(workers[0]?.sent).to.have.length(1);
  });

  it("refuses work when far too much waits", async () => {
    const { clock, run } = start();
    const jobs = Array.from({ length: 2010 }, () => run());

    await clock.advance(0);

    expect(jobs.filter(({ end }) => end === "crowded").length).to.be.within(1, 10);
  });

  it("replaces a worker that has become large, once its work is done", async () => {
    const { clock, workers, run } = start({ workers: 1 });
    run();
    const other = run({ host: "b" });
    await clock.advance(0);

    workers[0]?.answer(0, 300 * 1024 * 1024);
    run({ host: "c" });
    await clock.advance(0);
    expect(workers.map(({ state }) => state)).to.deep.equal(["alive", "alive"]);
    workers[0]?.answer(1);
    await clock.advance(0);

    expect(other.end).to.equal("answer");
    expect(workers.map(({ state }) => state)).to.deep.equal(["ended", "alive"]);
  });

  it("replaces a worker after 5,000 operations", async () => {
    const { clock, workers, run } = start({ workers: 1 });
    for (let n = 0; n < 5000; n++) {
      run();
      if (n === 0) await clock.advance(0);
      workers[0]?.answer(n);
    }
    await clock.advance(0);
    expect(workers.map(({ state }) => state)).to.deep.equal(["ended"]);

    const next = run();
    await clock.advance(0);
    workers[1]?.answer(0);
    await clock.advance(0);

    expect(next.end).to.equal("answer");
  });

  it("ends a worker that has had nothing to do for two minutes", async () => {
    const { clock, workers, run, alive } = start();
    run();
    await clock.advance(0);
    workers[0]?.answer(0);
    await clock.advance(119_000);
    expect(alive()).to.equal(1);

    await clock.advance(1000);

    expect(workers.map(({ state }) => state)).to.deep.equal(["ended"]);
    expect(clock.pending()).to.equal(0);
  });

  it("has no more than twice its workers, however many hang", async () => {
    const { clock, run, alive } = start({ workers: 2 });
    for (let round = 0; round < 10; round++) {
      for (let n = 0; n < 8; n++) run({ host: `host${round}-${n}`, totalMs: 1000 });
      for (let n = 0; n < 4; n++) run({ host: `slow${round}-${n}`, totalMs: 100_000 });
      await clock.advance(1000);
      expect(alive() <= 4).to.equal(true);
    }
  });

  it("does what comes after renewing by new workers", async () => {
    const { clock, pool, workers, run } = start({ workers: 1 });
    const before = run();
    await clock.advance(0);

    pool.renew();
    run({ host: "b" });
    await clock.advance(0);
    workers[0]?.answer(0);
    await clock.advance(0);

    expect(before.end).to.equal("answer");
    expect(workers.map(({ state, sent }) => [state, sent.length])).to.deep.equal([
      ["ended", 1],
      ["alive", 1],
    ]);
  });

  it("rejects what runs and what waits when it is closed, and leaves no process", async () => {
    const { clock, pool, run, alive } = start({ workers: 1 });
    const jobs = Array.from({ length: 10 }, () => run());
    await clock.advance(0);

    await pool.close();
    const late = run();
    await clock.advance(0);

    expect([...jobs, late]).to.deep.equal(Array.from({ length: 11 }, () => ({ end: "closed", over: true })));
    expect(alive()).to.equal(0);
    expect(clock.pending()).to.equal(0);
  });

  describe("with host keys that disagree", () => {
    it("never gives two of one host to one worker at a time", async () => {
      const { clock, workers, run } = start();

      for (const lines of ["K1", "K2", "K1", "K2"]) run(sshJob(lines));
      await clock.advance(0);

      expect(workers.map(linesOf)).to.deep.equal([
        ["K1", "K1"],
        ["K2", "K2"],
      ]);
    });

    it("lets a third wait until a worker is done with the others, and then takes them in turn", async () => {
      const { clock, workers, run } = start();
      for (const lines of ["K1", "K2", "K3", "K1"]) run(sshJob(lines));
      await clock.advance(0);
      expect(workers.map(linesOf)).to.deep.equal([["K1"], ["K2"]]);

      workers[1]?.answer(0);
      await clock.advance(0);

      // The last one would have fitted the first worker, but not passed the one that waited before it.
      expect(workers.map(linesOf)).to.deep.equal([
        ["K1", "K1"],
        ["K2", "K3"],
      ]);
    });

    it("keeps nothing else waiting meanwhile", async () => {
      const { clock, workers, run } = start({ workers: 1 });
      run(sshJob("K1"));
      run(sshJob("K2"));
      run(sshJob("K3", "b"));
      run(LOCAL_JOB);
      await clock.advance(0);

      expect(workers.map(linesOf)).to.deep.equal([["K1", "K3", undefined]]);
    });

    it("forgets who gives up while it waits", async () => {
      const { clock, workers, run } = start({ workers: 1 });
      const stop = new AbortController();
      run(sshJob("K1"));
      const dropped = run(sshJob("K2"), stop.signal);
      const last = run(sshJob("K1"));
      await clock.advance(0);

      stop.abort(new Error("enough"));
      await clock.advance(0);
      workers[0]?.answer(1);
      await clock.advance(0);

      expect(dropped.over).to.equal(true);
      expect(linesOf(workers[0] ?? expect.fail("no worker"))).to.deep.equal(["K1", "K1"]);
      expect(last.end).to.equal("answer");
    });

    it("takes another worker when the one that is busy with other keys hangs", async () => {
      const { clock, workers, run } = start({ workers: 1 });
      const hung = run(sshJob("K1"));
      const waiting = run(sshJob("K2"));
      await clock.advance(15_000);

      expect(hung.end).to.equal("timedOut");
      expect(workers.map(linesOf)).to.deep.equal([["K1"], ["K2"]]);
      workers[1]?.answer(0);
      await clock.advance(0);
      expect(waiting.end).to.equal("answer");
    });

    it("ends what waits when it is closed", async () => {
      const { clock, pool, run } = start({ workers: 1 });
      run(sshJob("K1"));
      const waiting = run(sshJob("K2"));
      await clock.advance(0);

      const closing = pool.close();
      await clock.advance(0);
      await closing;

      expect({ ...waiting }).to.deep.equal({ end: "closed", over: true });
    });
  });
});
