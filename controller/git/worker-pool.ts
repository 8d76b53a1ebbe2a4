/**
 * A few Git workers and what waits for them. An operation over its limit rejects at once; its worker takes no more, is given
 * a moment to finish the others, and is killed; what it did not finish is tried again elsewhere.
 */
import { OperationError } from "./errors.ts";
import { createHostQueue, type HostQueueLimits } from "./host-queue.ts";
import { createPoolWorker, hostKeysOf, type PoolWorker, type PoolWorkerOptions } from "./pool-worker.ts";
import type { Request } from "./protocol.ts";
import { createTicket, type Job, type Run, type Ticket } from "./ticket.ts";

export interface WorkerPoolOptions extends PoolWorkerOptions {
  /** At most this many that take work, forked when there is need, and as many again that are on their way out. */
  readonly workers: number;
  /** Operations at a time of one worker. nodegit has 10 threads, and a hung operation keeps its own for ever. */
  readonly networkOps: number;
  readonly localOps: number;
}

export interface WorkerPool {
  run<R extends Request>(job: Job<R>, signal: AbortSignal): Run<R>;
  /** What comes from now on is done by new workers; the old ones finish what they have. */
  renew(): void;
  /** Kills the workers; everything under way rejects. Resolves when no process is left. */
  close(): Promise<void>;
}

/** What the callers can have waiting is bounded well below this; more than that is a fault. */
const MAX_WAITING = 2000;
const MAX_TRIES = 3;
const LOCAL = "local";

type Kind = "network" | "local";

export function createWorkerPool(options: WorkerPoolOptions): WorkerPool {
  const queues = {
    network: createHostQueue<Ticket>(networkLimits(options.workers * options.networkOps)),
    local: createHostQueue<Ticket>(noLimits(options.workers * options.localOps)),
  };
  const places = { network: options.networkOps, local: options.localOps };
  const tickets = new Set<Ticket>();
  const workers = new Set<PoolWorker>();
  /** Those whose turn has come, but whose host keys disagree with what every worker is busy with; the oldest first. */
  const parked: { readonly kind: Kind; readonly ticket: Ticket }[] = [];
  let closed = false;
  let allGone: () => void = () => undefined;

  function dispatch(): void {
    const blocked = new Set<string>();
    for (const { kind, ticket } of parked.splice(0)) begin(kind, ticket, blocked);
    for (const kind of ["network", "local"] as const satisfies Kind[]) {
      const queue = queues[kind];
      for (let taken = queue.take(); taken !== undefined; taken = queue.take()) {
        const { host, item: ticket } = taken;
        ticket.tries++;
        ticket.release = (verdict) => {
          ticket.release = () => undefined;
          queue.done(host, verdict);
        };
        begin(kind, ticket, blocked);
      }
    }
  }

  /** Starts the ticket, or parks it: nobody passes an older one of the same place. */
  function begin(kind: Kind, ticket: Ticket, blocked: Set<string>): void {
    const place = hostKeysOf(ticket)?.place;
    const worker = place !== undefined && blocked.has(place) ? undefined : chooseWorker(kind, ticket);
    if (worker !== undefined) {
      worker.start(ticket);
      return;
    }
    if (place !== undefined) blocked.add(place);
    parked.push({ kind, ticket });
  }

  function unpark(ticket: Ticket): boolean {
    const index = parked.findIndex((entry) => entry.ticket === ticket);
    if (index < 0) return false;
    parked.splice(index, 1);
    ticket.release();
    return true;
  }

  /** A queue hands out as many as all open workers together have places for; but a ticket may fit none of those. */
  function chooseWorker(kind: Kind, ticket: Ticket): PoolWorker | undefined {
    const open = [...workers].filter((worker) => worker.isOpen());
    const [least] = open
      .filter((worker) => worker.load(kind) < places[kind] && worker.admits(ticket))
      .toSorted((a, b) => a.load(kind) - b.load(kind));
    const isBusy = least === undefined || least.load(kind) * 2 >= places[kind];
    return isBusy && open.length < options.workers ? addWorker() : least;
  }

  function addWorker(): PoolWorker {
    const worker = createPoolWorker(options, {
      changed() {
        killSurplus();
        dispatch();
      },
      gone(unfinished, how) {
        workers.delete(worker);
        for (const ticket of unfinished) tryAgain(ticket, how);
        if (closed && workers.size === 0) allGone();
        dispatch();
      },
    });
    workers.add(worker);
    return worker;
  }

  /** A worker on its way out may have slow work to finish, but only so many are waited for. */
  function killSurplus(): void {
    const leaving = [...workers].filter((worker) => !worker.isOpen());
    for (const worker of leaving.slice(0, Math.max(0, leaving.length - options.workers))) worker.kill();
  }

  function tryAgain(ticket: Ticket, how: string): void {
    ticket.release();
    if (!ticket.isSettled() && ticket.tries < MAX_TRIES) {
      queueOf(ticket.job).add(ticket.job.host ?? LOCAL, ticket, "front");
      return;
    }
    ticket.reject(new OperationError(ticket.job.request.op, { kind: "lost", how }));
    ticket.finish();
  }

  function queueOf(job: Job): (typeof queues)["network"] {
    return job.host === undefined ? queues.local : queues.network;
  }

  return {
    run(job, signal) {
      const queue = queueOf(job);
      const host = job.host ?? LOCAL;
      const { ticket, run } = createTicket(job, signal, (dropped) => {
        if (queue.remove(host, dropped)) dropped.finish();
        else if (unpark(dropped)) {
          dropped.finish();
          dispatch();
        }
      });
      const refusal = closed ? "closed" : queue.waiting() >= MAX_WAITING ? "crowded" : undefined;
      if (refusal !== undefined) {
        ticket.reject(new OperationError(job.request.op, { kind: refusal }));
        ticket.finish();
        return run;
      }
      tickets.add(ticket);
      void run.over.then(() => tickets.delete(ticket));
      queue.add(host, ticket, job.rank);
      dispatch();
      return run;
    },
    renew() {
      for (const worker of workers) if (worker.isOpen()) worker.retire();
      killSurplus();
    },
    async close() {
      closed = true;
      for (const ticket of tickets) {
        ticket.reject(new OperationError(ticket.job.request.op, { kind: "closed" }));
        if (queueOf(ticket.job).remove(ticket.job.host ?? LOCAL, ticket) || unpark(ticket)) ticket.finish();
      }
      if (workers.size === 0) return;
      const gone = new Promise<void>((resolve) => (allGone = resolve));
      for (const worker of workers) worker.kill();
      await gone;
    },
  };
}

/** A host that answers may have half of all places; those that did not, together, half; a quarter waits for good ones. */
function networkLimits(total: number): HostQueueLimits {
  const half = Math.max(1, Math.floor(total / 2));
  return {
    total,
    proven: half,
    unknown: Math.max(1, Math.floor(total / 4)),
    suspect: Math.max(1, Math.floor(total / 8)),
    suspects: half,
    unproven: Math.max(1, total - Math.floor(total / 4)),
  };
}

function noLimits(total: number): HostQueueLimits {
  return { total, proven: total, unknown: total, suspect: total, suspects: total, unproven: total };
}
