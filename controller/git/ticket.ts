import type { OperationError } from "./errors.ts";
import type { HostVerdict, Rank } from "./host-queue.ts";
import type { Answers, Request } from "./protocol.ts";

export interface Job<R extends Request = Request> {
  readonly request: R;
  /** Whose places it takes; none for what stays on this machine. */
  readonly host?: string;
  /** Among those that wait; `middle` unless it is said. */
  readonly rank?: Rank;
  /** Limits from when a worker has begun; `idleMs` from the last progress. */
  readonly totalMs: number;
  readonly idleMs?: number;
}

export interface Run<R extends Request> {
  /** Rejects with OperationError, or as soon as the signal aborts with its reason. */
  readonly answer: Promise<Answers[R["op"]]>;
  /** Resolves when no worker works on it any more; never rejects. */
  readonly over: Promise<void>;
}

/** A job on its way through the pool. Each function works once, and does nothing after that. */
export interface Ticket {
  readonly job: Job;
  /** How often it was given to a worker. */
  tries: number;
  /** The caller has its answer, or no longer wants one. */
  isSettled(): boolean;
  resolve(data: unknown): void;
  reject(error: OperationError): void;
  /** No worker works on it any more. */
  finish(): void;
  /** Gives back the place in the queue; set anew for each try. */
  release: (verdict?: HostVerdict) => void;
}

/** `dropped` is called when the caller gives up. */
export function createTicket<R extends Request>(
  job: Job<R>,
  signal: AbortSignal,
  dropped: (ticket: Ticket) => void,
): { readonly ticket: Ticket; readonly run: Run<R> } {
  let settled = false;
  let finish: () => void = () => undefined;
  let resolve: (answer: Answers[R["op"]]) => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const over = new Promise<void>((done) => (finish = done));
  const answer = new Promise<Answers[R["op"]]>((yes, no) => {
    resolve = yes;
    reject = no;
  });

  function settle(): boolean {
    if (settled) return false;
    settled = true;
    signal.removeEventListener("abort", onAbort);
    return true;
  }
  function onAbort(): void {
    if (!settle()) return;
    reject(signal.reason as Error);
    dropped(ticket);
  }
  const ticket: Ticket = {
    job,
    tries: 0,
    isSettled: () => settled,
    resolve(data) {
      if (settle()) resolve(data as Answers[R["op"]]); // a worker answers a request in its own kind
    },
    reject(error) {
      if (settle()) reject(error);
    },
    finish,
    release: () => undefined,
  };
  if (signal.aborted) queueMicrotask(onAbort);
  else signal.addEventListener("abort", onAbort, { once: true });
  return { ticket, run: { answer, over } };
}
