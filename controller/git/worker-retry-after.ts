import { systemClock } from "../lib/clock.ts";
import type { Patience, PatienceRequest } from "./protocol.ts";
import { parseRetryAfter } from "./retry-after.ts";
import { firstAnswer } from "./worker-first-answer.ts";

/** What the host answers now, and how long it wants to be left alone. */
export async function askPatience({ url, access }: PatienceRequest): Promise<Patience> {
  const answer = await firstAnswer(url, access);
  const status = answer.statusCode ?? 0;
  const said = answer.headers["retry-after"];
  const theirNow = Date.parse(answer.headers.date ?? "");
  const now = Number.isNaN(theirNow) ? systemClock.now() : theirNow;
  const retryAfterMs = said === undefined ? undefined : parseRetryAfter(said, now);
  return { status, ...(retryAfterMs !== undefined && { retryAfterMs }) };
}
