/** One worker of the pool, with the operations that it was given and their limits. */
import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import { OperationError } from "./errors.ts";
import type { HostKeys, WorkerMessage } from "./protocol.ts";
import type { Ticket } from "./ticket.ts";
import type { ForkWorker } from "./worker-process.ts";

export interface PoolWorkerOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly fork: ForkWorker;
  /** How long the other operations have once one of them is over its limit. */
  readonly drainMs: number;
}

export interface PoolWorkerHandlers {
  /** A place is free, or the worker takes no more. */
  changed(): void;
  /** The process is gone; called once, with what it did not finish, and how it ended. */
  gone(unfinished: readonly Ticket[], how: string): void;
}

export interface PoolWorker {
  /** Whether it takes more work. */
  isOpen(): boolean;
  /** How many operations it works on, of the network or of this machine. */
  load(kind: "network" | "local"): number;
  /** Nothing that it works on relies on other host keys of the same host. */
  admits(ticket: Ticket): boolean;
  start(ticket: Ticket): void;
  /** Takes no more, and ends when it has finished what it has. */
  retire(): void;
  kill(): void;
}

interface Running {
  readonly ticket: Ticket;
  /** Moves the limit that counts from the last progress. */
  progressed(): void;
  stopClock(): void;
}

const START_LIMIT_MS = 30_000;
/** Without work for so long, a worker ends: its memory is worth more than the start of another. */
const IDLE_MS = 120_000;
const MAX_OPS = 5000;
const MAX_RSS_BYTES = 250 * 1024 * 1024;

export function createPoolWorker(options: PoolWorkerOptions, handlers: PoolWorkerHandlers): PoolWorker {
  const { clock, log } = options;
  const running = new Map<number, Running>();
  let open = true;
  let ready = false;
  let hung = false;
  let ops = 0;
  let cancelDrain: () => void = () => undefined;
  const child = options.fork({ message: receive, exited });
  let cancelTimer = clock.after(START_LIMIT_MS, kill);

  function kill(): void {
    open = false;
    child.kill();
  }

  function begin(id: number, { ticket }: Running): void {
    const { job } = ticket;
    const cancels = new Map<string, () => void>();
    const limit = (name: "total" | "idle", ms: number): void => {
      cancels.get(name)?.();
      cancels.set(
        name,
        clock.after(ms, () => giveUp(ticket)),
      );
    };
    limit("total", job.totalMs);
    if (job.idleMs !== undefined) limit("idle", job.idleMs);
    running.set(id, {
      ticket,
      progressed() {
        if (job.idleMs !== undefined) limit("idle", job.idleMs);
      },
      stopClock() {
        for (const cancel of cancels.values()) cancel();
      },
    });
    child.send({ id, request: job.request });
  }

  function giveUp(ticket: Ticket): void {
    log.warn("ending a Git worker: an operation is over its limit", { operation: ticket.job.request.op });
    ticket.reject(new OperationError(ticket.job.request.op, { kind: "timedOut" }));
    ticket.release("timedOut");
    open = false;
    if (!hung) cancelDrain = clock.after(options.drainMs, kill);
    hung = true;
    killIfDrained();
    handlers.changed();
  }

  /** Of a worker with a hung thread nothing is left to wait for once nobody waits for its other operations. */
  function killIfDrained(): void {
    if (hung && [...running.values()].every(({ ticket }) => ticket.isSettled())) kill();
  }

  function receive(message: WorkerMessage): void {
    if (message.kind === "ready") {
      ready = true;
      cancelTimer();
      for (const [id, waiting] of running) begin(id, waiting);
      return;
    }
    const entry = running.get(message.id);
    if (entry === undefined) return;
    if (message.kind === "progress") {
      entry.progressed();
      return;
    }
    running.delete(message.id);
    entry.stopClock();
    const { ticket } = entry;
    if (message.kind === "done") ticket.resolve(message.data);
    else
      ticket.reject(new OperationError(ticket.job.request.op, { kind: "failed", failure: message.failure }));
    ticket.release("answered");
    ticket.finish();
    ops++;
    if (ops >= MAX_OPS || message.rssBytes > MAX_RSS_BYTES) open = false;
    rest();
    handlers.changed();
  }

  /** What follows when an operation is done. */
  function rest(): void {
    killIfDrained();
    if (hung || running.size > 0) return;
    if (!open) child.end();
    else {
      cancelTimer = clock.after(IDLE_MS, () => {
        open = false;
        child.end();
      });
    }
  }

  function exited(how: string): void {
    open = false;
    cancelTimer();
    cancelDrain();
    for (const entry of running.values()) entry.stopClock();
    const unfinished = [...running.values()].map(({ ticket }) => ticket);
    running.clear();
    handlers.gone(unfinished, how);
  }

  return {
    isOpen: () => open,
    load(kind) {
      let count = 0;
      for (const { ticket } of running.values()) {
        if ((ticket.job.host === undefined) === (kind === "local")) count++;
      }
      return count;
    },
    admits(ticket) {
      const wanted = hostKeysOf(ticket);
      if (wanted === undefined) return true;
      return [...running.values()].every((entry) => {
        const other = hostKeysOf(entry.ticket);
        return other?.place !== wanted.place || other.lines === wanted.lines;
      });
    },
    start(ticket) {
      const id = ++lastId;
      const entry: Running = { ticket, progressed: () => undefined, stopClock: () => undefined };
      running.set(id, entry);
      if (!ready) return;
      cancelTimer();
      begin(id, entry);
    },
    retire() {
      open = false;
      if (running.size > 0) return;
      cancelTimer();
      rest();
    },
    kill,
  };
}

/** Which host keys a job relies on, if any. */
export function hostKeysOf({ job: { request } }: Ticket): HostKeys | undefined {
  return "access" in request ? request.access?.hostKeys : undefined;
}

/** Ids are never used twice, so that a late answer is nobody else's. */
let lastId = 0;
