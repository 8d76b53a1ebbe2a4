/** Hosts that asked for fewer requests, and are left alone until then: polls and fetches, whoever asks for them. */
import { ReconcileError } from "../api/errors.ts";
import type { Clock } from "../lib/clock.ts";
import { sha256 } from "../lib/hash.ts";
import type { Log } from "../lib/log.ts";
import { explain, OperationError, type Attempt } from "./errors.ts";
import type { Patience } from "./protocol.ts";
import type { Route } from "./routes.ts";

export interface PausesOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Asks the host what it says now. Rejects when it says nothing. */
  readonly ask: (route: Route) => Promise<Patience>;
  readonly onPause: () => void;
}

/** An attempt on a remote. */
export interface RemoteAttempt extends Attempt {
  readonly route: Route;
}

export interface Pauses {
  /** Throws ReconcileError RateLimited while the host of the route, asked with this credential, is left alone. */
  requireNone(attempt: RemoteAttempt): void;
  /** As `explain`; but a host that asks for fewer requests is asked once for how long, and left alone. */
  explain(attempt: RemoteAttempt, error: unknown): Promise<unknown>;
}

const MAX_PAUSES = 1000;
/** For a host that asks for fewer requests, and does not say for how long. */
const DEFAULT_MS = 60_000;

export function createPauses({ clock, log, ask, onPause }: PausesOptions): Pauses {
  /** Until when, monotonic. */
  const until = new Map<string, number>();
  const asking = new Map<string, Promise<number>>();

  /** However many failed at a time, the host is asked once. */
  async function pauseMs(route: Route, status: number): Promise<number> {
    const key = keyOf(route);
    const leftMs = left(key);
    if (leftMs > 0) return leftMs;
    const known = asking.get(key);
    if (known !== undefined) return known;
    const answer = askFor(route, status);
    asking.set(key, answer);
    try {
      const ms = await answer;
      if (ms > 0) begin(route, ms);
      return ms;
    } finally {
      asking.delete(key);
    }
  }

  async function askFor(route: Route, status: number): Promise<number> {
    const fallbackMs = status === 429 ? DEFAULT_MS : 0;
    try {
      const { retryAfterMs, ...said } = await ask(route);
      if (said.status !== 429 && said.status !== 503) return 0;
      return retryAfterMs ?? fallbackMs;
    } catch {
      return fallbackMs;
    }
  }

  function begin(route: Route, ms: number): void {
    const now = clock.monotonic();
    for (const [key, end] of until) if (end <= now || until.size >= MAX_PAUSES) until.delete(key);
    until.set(keyOf(route), now + ms);
    log.warn("a Git host asks for fewer requests, and is left alone", {
      host: route.host,
      seconds: Math.ceil(ms / 1000),
    });
    onPause();
  }

  function left(key: string): number {
    return Math.max(0, (until.get(key) ?? 0) - clock.monotonic());
  }

  return {
    requireNone({ act, route }) {
      const leftMs = left(keyOf(route));
      if (leftMs > 0) throw limited(act, leftMs);
    },
    async explain(attempt, error) {
      const status = statusOf(error);
      if (status !== 429 && status !== 503) return explain(attempt, error);
      const ms = await pauseMs(attempt.route, status);
      return ms === 0 && status === 503 ? explain(attempt, error) : limited(attempt.act, ms, error);
    },
  };
}

function limited(act: string, retryAfterMs: number, cause?: unknown): ReconcileError {
  const text = `Cannot ${act}: the host asks for fewer requests, and is asked again later`;
  return new ReconcileError(text, { reason: "RateLimited", retryAfterMs, cause });
}

function statusOf(error: unknown): number {
  if (!(error instanceof OperationError)) return 0;
  return Number(/status code: (\d{3})/.exec(error.message)?.[1] ?? 0);
}

/** Limits are kept for those who ask, not for hosts alone. */
function keyOf({ host, access }: Route): string {
  return `${host} ${sha256(access.header ?? "")}`;
}
