import { access } from "node:fs/promises";
import { join } from "node:path";
import type { CommandContext } from "./context.ts";

/** The file in the folder of manifests on which a running controller holds a lock. */
export const CONTROLLER_LOCK = ".conops.lock";

/**
 * Whether a controller holds this folder of manifests: its lock is the kernel's, so a controller that died holds nothing.
 * Undefined when that cannot be told, for want of rights.
 */
export async function isControllerRunning(manifestsDir: string): Promise<boolean | undefined> {
  const path = join(manifestsDir, CONTROLLER_LOCK);
  try {
    await access(path);
  } catch {
    return false; // it makes the file before it does anything else
  }
  try {
    const { tryLock } = await import("../lib/flock.ts");
    const lock = tryLock(path);
    lock?.release();
    return lock === undefined;
  } catch {
    return undefined;
  }
}

/** Says so where nobody is there to do what was asked. */
export async function warnWithoutController({
  terminal,
  manifestsDir,
}: Pick<CommandContext, "terminal" | "manifestsDir">): Promise<void> {
  if ((await isControllerRunning(manifestsDir)) !== false) return;
  terminal.err(`Warning: no controller runs on ${JSON.stringify(manifestsDir)}; "conops run" starts one.\n`);
}
