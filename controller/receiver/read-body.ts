import type { Clock } from "../lib/clock.ts";

export interface BodyLimits {
  readonly maxBytes: number;
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** Called once, when the body proves to be longer than `bigBytes`; false: there is no room for it now. */
  readonly bigBytes: number;
  readonly onBig: () => boolean;
}

export type BodyFault = "TooLarge" | "TooSlow" | "NoRoom" | "Gone";

/** The whole body, within limits; else which of them it broke, or that the sender left. Never rejects. */
export async function readBody(
  body: AsyncIterable<Uint8Array>,
  { maxBytes, timeoutMs, clock, bigBytes, onBig }: BodyLimits,
): Promise<Uint8Array | BodyFault> {
  const parts: Uint8Array[] = [];
  let size = 0;
  let cancel: () => void = () => undefined;
  const late = new Promise<"TooSlow">(
    (resolve) => (cancel = clock.after(timeoutMs, () => resolve("TooSlow"))),
  );
  const iterator = body[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await Promise.race([iterator.next(), late]);
      if (next === "TooSlow") return next;
      if (next.done === true) return Buffer.concat(parts);
      const before = size;
      size += next.value.length;
      if (size > maxBytes) return await leave(iterator, "TooLarge");
      if (before <= bigBytes && size > bigBytes && !onBig()) return await leave(iterator, "NoRoom");
      parts.push(next.value);
    }
  } catch {
    return "Gone";
  } finally {
    cancel();
  }
}

async function leave(iterator: AsyncIterator<Uint8Array>, fault: BodyFault): Promise<BodyFault> {
  await iterator.return?.();
  return fault;
}
