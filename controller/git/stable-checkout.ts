import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import {
  chmod,
  copyFile,
  lstat,
  mkdir,
  open,
  readFile,
  readlink,
  rename,
  rm,
  rmdir,
  symlink,
  writeFile,
} from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { ReconcileError } from "../api/errors.ts";
import { isErrno } from "../lib/atomic-file.ts";
import { planCheckout, type CheckoutStep, type Conflict } from "./checkout-plan.ts";
import type { TreeEntry } from "./git.ts";
import { ledgerFilesOf, type FileMode, type LedgerStore } from "./ledger.ts";
import { existsAt, lookAt, NO_FOLLOW } from "./on-disk.ts";
import { openSafeFolder, type SafeFolder } from "./safe-folder.ts";

/**
 * The stable checkout: the folder whose path containers bind-mount. It changes file by file, each by rename, never through
 * a symbolic link, and only where the bytes on disk are what ConOps last wrote. What did not change keeps its inode; what
 * Git does not know is never touched.
 */
export interface CheckoutRequest {
  readonly name: string;
  readonly stableDir: string;
  readonly stagingDir: string;
  readonly revision: string;
  readonly entries: readonly TreeEntry[];
  /**
   * All that `entries` speak of, as `Staged` has it; without it, everything. Files of ours beside it stay as they are: they
   * may be mounted in a container that is not of this revision, and stay known, to be updated, or removed, another time.
   */
  readonly paths?: readonly string[];
  readonly onLocalChange?: (path: string) => "refuse" | "keep" | "overwrite";
  /** Called, and awaited, when it is certain that the update goes on, with what it will write or remove. */
  readonly beforeChange?: (paths: readonly string[]) => Promise<void>;
  /** Called after each file, for tests that end the process half-way. */
  readonly onStep?: (done: number, of: number) => void;
}

export interface CheckoutResult {
  readonly written: readonly string[];
  readonly removed: readonly string[];
  /** Files that stay although Git has others there, or none. */
  readonly left: readonly string[];
  /** Of these, the ones that Git has otherwise. */
  readonly kept: readonly Conflict[];
  /** Copies of files that were overwritten on demand. */
  readonly copies: readonly string[];
}

/**
 * Brings the stable checkout to the staged revision. Throws ReconcileError `CheckoutConflict` before anything is changed;
 * a crash at any point is continued by the next call, also by one for another revision.
 */
export async function updateStableCheckout(
  request: CheckoutRequest,
  ledgers: LedgerStore,
  signal: AbortSignal,
): Promise<CheckoutResult> {
  const { name, stableDir, stagingDir, revision, paths, onStep = () => undefined } = request;
  await mkdir(stableDir, { recursive: true, mode: 0o755 });
  const ledger = await ledgers.read(name);
  const wanted = ledgerFilesOf(request.entries);
  const plan = await planCheckout({
    ledger,
    wanted,
    look: (path) => lookAt(stableDir, path),
    exists: (path) => existsAt(stableDir, path),
    ...(paths && { concerns: (path) => paths.some((one) => isOnTheWay(path, one)) }),
    ...(request.onLocalChange && { onLocalChange: request.onLocalChange }),
  });
  if (plan.conflicts.length > 0) {
    const [first, ...others] = plan.conflicts;
    const more = others.length > 0 ? ` (and ${others.length} more)` : "";
    throw new CheckoutConflictError(
      `Cannot update the checkout of "${name}": "${first?.path}": ${first?.why}${more}; move it away, or label the service that uses it conops.dev/on-local-change: keep or overwrite`,
      plan.conflicts,
    );
  }
  signal.throwIfAborted();
  await request.beforeChange?.(plan.steps.map(({ path }) => path));
  const written: string[] = [];
  const removed: string[] = [];
  const copies: string[] = [];
  if (plan.steps.length > 0) {
    // From here on the update runs to its end: an abort would only leave more to continue.
    await ledgers.write(name, {
      revision: ledger?.revision ?? "",
      files: ledger?.files ?? {},
      pending: [
        ...(ledger?.pending ?? []).filter((update) => update.revision !== revision),
        { revision, files: { ...plan.beside, ...wanted } },
      ],
    });
    for (const [index, step] of plan.steps.entries()) {
      const copy = await take(step, stableDir, stagingDir);
      if (copy !== undefined) copies.push(copy);
      (step.act === "remove" ? removed : written).push(step.path);
      onStep(index + 1, plan.steps.length);
    }
  }
  const kept = new Set(plan.left);
  const files = Object.fromEntries(Object.entries(wanted).filter(([path]) => !kept.has(path)));
  await ledgers.write(name, { revision, files: { ...plan.beside, ...files } });
  return { written, removed, left: plan.left, kept: plan.kept, copies };
}

/** Nothing was changed: files on disk are not what ConOps wrote. */
export class CheckoutConflictError extends ReconcileError {
  readonly conflicts: readonly Conflict[];

  constructor(message: string, conflicts: readonly Conflict[]) {
    super(message, { reason: "CheckoutConflict" });
    this.conflicts = conflicts;
  }
}

/** Removes the tracked files that are unchanged, and the folders that this leaves empty; returns what stays. */
export async function removeTrackedFiles(
  name: string,
  stableDir: string,
  ledgers: LedgerStore,
): Promise<readonly string[]> {
  const ledger = await ledgers.read(name);
  if (ledger !== undefined && (await isFolder(stableDir))) {
    const plan = await planCheckout({
      ledger,
      wanted: {},
      look: (path) => lookAt(stableDir, path),
      exists: (path) => existsAt(stableDir, path),
    });
    for (const step of plan.steps) await take(step, stableDir, stableDir);
    await rmdir(stableDir).catch(ignore("ENOTEMPTY", "EEXIST"));
    await ledgers.remove(name);
    return plan.left;
  }
  await ledgers.remove(name);
  return [];
}

async function take(step: CheckoutStep, stableDir: string, stagingDir: string): Promise<string | undefined> {
  const parent = dirname(step.path);
  const folder = await openSafeFolder(stableDir, parent === "." ? "" : parent, step.act === "write");
  if (folder === undefined) return undefined;
  try {
    const path = join(folder.path, basename(step.path));
    switch (step.act) {
      case "remove":
        await rm(path, { force: true });
        break;
      case "chmod":
        await changeMode(path, step.mode);
        break;
      case "write": {
        const copy = step.saveCopy ? await saveCopy(folder, basename(step.path)) : undefined;
        await write(folder, basename(step.path), join(stagingDir, step.path), step.mode);
        return copy === undefined ? undefined : join(parent, copy);
      }
      default:
        step satisfies never;
    }
  } finally {
    await folder.close();
  }
  if (step.act === "remove") await removeEmptyFolders(stableDir, parent);
  return undefined;
}

async function changeMode(path: string, mode: FileMode): Promise<void> {
  const file = await open(path, NO_FOLLOW);
  try {
    await file.chmod(permissions(mode));
  } finally {
    await file.close();
  }
}

async function write(folder: SafeFolder, name: string, from: string, mode: FileMode): Promise<void> {
  const temporary = join(folder.path, `.conops-${randomBytes(6).toString("hex")}.tmp`);
  try {
    if (mode === "120000") await symlink(await readlink(from), temporary);
    else {
      await copyFile(from, temporary, constants.COPYFILE_EXCL);
      await chmod(temporary, permissions(mode));
      const file = await open(temporary, "r");
      try {
        await file.sync();
      } finally {
        await file.close();
      }
    }
    // An empty folder in the place of a file is one that our own removals left.
    await rmdir(join(folder.path, name)).catch(ignore("ENOENT", "ENOTDIR", "ENOTEMPTY", "EEXIST"));
    await rename(temporary, join(folder.path, name));
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** `NAME.local-1` and so on: what the user had, before it is overwritten on demand. */
async function saveCopy(folder: SafeFolder, name: string): Promise<string> {
  const path = join(folder.path, name);
  const stat = await lstat(path);
  for (let number = 1; ; number += 1) {
    const copy = `${name}.local-${number}`;
    try {
      if (stat.isSymbolicLink()) await symlink(await readlink(path), join(folder.path, copy));
      else {
        const bytes = await readFile(path, { flag: NO_FOLLOW });
        await writeFile(join(folder.path, copy), bytes, { flag: "wx", mode: stat.mode & 0o777 });
      }
      return copy;
    } catch (error) {
      if (!isErrno(error, "EEXIST")) throw error;
    }
  }
}

async function removeEmptyFolders(stableDir: string, from: string): Promise<void> {
  for (let path = from; path !== "." && path !== ""; path = dirname(path)) {
    const folder = await openSafeFolder(stableDir, dirname(path) === "." ? "" : dirname(path), false);
    if (folder === undefined) continue;
    try {
      await rmdir(join(folder.path, basename(path)));
    } catch (error) {
      if (isErrno(error, "ENOTEMPTY", "EEXIST")) return;
      if (!isErrno(error, "ENOENT")) throw error;
    } finally {
      await folder.close();
    }
  }
}

async function isFolder(path: string): Promise<boolean> {
  const stat = await lstat(path).catch(() => undefined);
  return stat?.isDirectory() ?? false;
}

/** It lies below `limit`, or above: what the limit names can only be there when all above it are folders. */
function isOnTheWay(path: string, limit: string): boolean {
  return path === limit || path.startsWith(`${limit}/`) || limit.startsWith(`${path}/`);
}

function permissions(mode: FileMode): number {
  return mode === "100755" ? 0o755 : 0o644;
}

function ignore(...codes: readonly string[]): (error: unknown) => void {
  return (error) => {
    if (!isErrno(error, ...codes)) throw error;
  };
}
