import { sleep } from "../lib/clock.ts";
import type { CommandContext } from "./context.ts";
import { createFolderReader } from "./folder.ts";
import type { Resource } from "./resource.ts";

const POLL_MS = 250;
/** Reading takes at most this share of the time, however large the folder is. */
const SHARE = 0.1;

/** Thrown by `follow` when its time is over. */
export class FollowTimeout extends Error {
  override readonly name = "FollowTimeout";
}

/**
 * Reads the folder now, and again and again, until `look` says that it has seen enough. Reads files only when they
 * changed. Throws FollowTimeout after `timeoutMs`, after a last look.
 */
export async function follow(
  { clock, manifestsDir }: Pick<CommandContext, "clock" | "manifestsDir">,
  timeoutMs: number,
  look: (resources: readonly Resource[]) => boolean,
): Promise<void> {
  const reader = createFolderReader(manifestsDir);
  const until = clock.monotonic() + timeoutMs;
  for (;;) {
    const started = clock.monotonic();
    if (look(await reader.read())) return;
    const now = clock.monotonic();
    if (now >= until) throw new FollowTimeout();
    const pauseMs = Math.max(POLL_MS, (now - started) / SHARE);
    await sleep(clock, Math.min(pauseMs, until - now), new AbortController().signal);
  }
}
