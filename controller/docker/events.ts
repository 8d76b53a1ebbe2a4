import type { Readable } from "node:stream";

import { ReconcileError } from "../api/errors.ts";
import type { Clock } from "../lib/clock.ts";
import type { EngineEvent } from "./docker.ts";
import { LimitPassed, translateError } from "./errors.ts";
import type { EngineAddress } from "./host.ts";
import { parseEvent } from "./parse.ts";

/**
 * What is asked of the engine. The probes' exec events are left out: a health check makes three of each. There is no
 * filter by label, since events of networks and images carry no labels of containers.
 */
export const EVENT_FILTERS = {
  type: ["container", "network", "volume", "image"],
  event: [
    "create",
    "start",
    "die",
    "stop",
    "kill",
    "oom",
    "destroy",
    "health_status",
    "pause",
    "unpause",
    "update",
    "rename",
    "connect",
    "disconnect",
    // what an image's name stands for
    "pull",
    "tag",
    "untag",
    "delete",
    "import",
    "load",
  ],
} satisfies Record<string, string[]>;

/** No real event comes near it: such a stream is not the engine's. */
const LINE_LIMIT_BYTES = 1 << 20;

export interface EventsOptions {
  readonly clock: Clock;
  readonly where: EngineAddress;
  /** For the opening alone; an open stream may be silent for ever. */
  readonly openLimitMs: number;
  readonly signal: AbortSignal;
  readonly open: (signal: AbortSignal) => Promise<Readable>;
}

/** Events until the signal aborts. Throws ReconcileError `EngineUnavailable` when the stream breaks, ends or is garbled. */
export async function* engineEvents(options: EventsOptions): AsyncGenerator<EngineEvent, void, undefined> {
  const { clock, where, openLimitMs, signal } = options;
  if (signal.aborted) return;
  const connection = new AbortController();
  const onAbort = (): void => connection.abort(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  const cancelLimit = clock.after(openLimitMs, () => connection.abort(new LimitPassed(openLimitMs)));
  try {
    const stream = await openStream(options.open, connection.signal);
    cancelLimit();
    yield* parseStream(stream, where);
    throw broken(where, "it ended the event stream");
  } catch (error) {
    if (signal.aborted) return;
    const cause: unknown = connection.signal.aborted ? connection.signal.reason : error;
    throw translateError(cause, where, "follow events", "EngineUnavailable");
  } finally {
    cancelLimit();
    signal.removeEventListener("abort", onAbort);
    connection.abort();
  }
}

/** Newline-delimited JSON, however it is cut into chunks. A last line without its end is dropped. */
export async function* parseStream(
  chunks: AsyncIterable<Uint8Array>,
  where: EngineAddress,
): AsyncGenerator<EngineEvent, void, undefined> {
  let rest = Buffer.alloc(0);
  for await (const chunk of chunks) {
    rest = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk]);
    for (let end = rest.indexOf(0x0a); end >= 0; end = rest.indexOf(0x0a)) {
      const line = rest.toString("utf8", 0, end).trim();
      rest = rest.subarray(end + 1);
      const event = line === "" ? undefined : parseEvent(parseLine(line, where));
      if (event !== undefined) yield event;
    }
    if (rest.length > LINE_LIMIT_BYTES) throw broken(where, "its event stream holds an endless line");
  }
}

/** Like `open`, but the signal's abort ends the wait whatever `open` does. */
function openStream(open: EventsOptions["open"], signal: AbortSignal): Promise<Readable> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    signal.addEventListener("abort", onAbort, { once: true });
    open(signal)
      .then((stream) => {
        // an 'error' without a listener would end the process; those that matter reach the iteration
        stream.on("error", () => {});
        if (signal.aborted) stream.destroy();
        resolve(stream);
      }, reject)
      .finally(() => signal.removeEventListener("abort", onAbort));
  });
}

function parseLine(line: string, where: EngineAddress): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch (error) {
    throw broken(where, "its event stream is garbled", error);
  }
}

function broken(where: EngineAddress, cause: string, error?: unknown): ReconcileError {
  return new ReconcileError(`Cannot reach the Docker engine at "${where.name}": ${cause}`, {
    reason: "EngineUnavailable",
    cause: error,
  });
}
