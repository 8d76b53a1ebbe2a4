/**
 * What an update of the stable checkout does to each file. Pure: the disk is asked through `look`.
 */
import type { FileMode, Ledger, LedgerFiles } from "./ledger.ts";

/** What stands at a path of the stable checkout now. */
export type OnDisk =
  | { readonly kind: "nothing" }
  | { readonly kind: "file"; readonly blob: string; readonly executable: boolean }
  | { readonly kind: "link"; readonly blob: string }
  | { readonly kind: "folder" }
  /** A socket, a device, or something below a link or a file: not ours to touch. */
  | { readonly kind: "other"; readonly what: string };

export type CheckoutStep =
  | { readonly act: "write"; readonly path: string; readonly mode: FileMode; readonly saveCopy: boolean }
  | { readonly act: "chmod"; readonly path: string; readonly mode: FileMode }
  | { readonly act: "remove"; readonly path: string };

export interface Conflict {
  readonly path: string;
  readonly why: string;
  /** What Git has there, and had: a file of such bytes is no conflict. */
  readonly blobs: readonly string[];
}

export interface CheckoutPlan {
  /** Removals first (children before parents), then writes in path order. */
  readonly steps: readonly CheckoutStep[];
  readonly conflicts: readonly Conflict[];
  /** Files that stay although Git no longer has them, or has others: theirs from now on. */
  readonly left: readonly string[];
  /** Of these, the ones that Git has otherwise. */
  readonly kept: readonly Conflict[];
  /** Files of earlier checkouts of which `wanted` does not speak, as they are on disk: ours as before. */
  readonly beside: LedgerFiles;
}

export interface CheckoutQuestion {
  readonly ledger: Ledger | undefined;
  readonly wanted: LedgerFiles;
  /** Whether `wanted` speaks of the path. Where it does not, nothing is written or removed. Default: of every path. */
  readonly concerns?: (path: string) => boolean;
  /** What is there; the bytes are read only for paths that would change. `exists` is the cheap question. */
  readonly look: (path: string) => Promise<OnDisk>;
  readonly exists: (path: string) => Promise<boolean>;
  /** What to do where the bytes on disk are somebody else's. Default: refuse. */
  readonly onLocalChange?: (path: string) => "refuse" | "keep" | "overwrite";
}

/** Decides every step before the first is taken, so that a conflict leaves the checkout as it was. */
export async function planCheckout(question: CheckoutQuestion): Promise<CheckoutPlan> {
  const { ledger, wanted, concerns = () => true, look, exists, onLocalChange = () => "refuse" } = question;
  const generations =
    ledger === undefined ? [] : [ledger.files, ...(ledger.pending ?? []).map(({ files }) => files)];
  const known = (path: string): readonly (readonly [FileMode, string])[] =>
    generations.map((files) => fileAt(files, path)).filter((file) => file !== undefined);
  const removals: CheckoutStep[] = [];
  const writes: CheckoutStep[] = [];
  const conflicts: Conflict[] = [];
  const left: string[] = [];
  const kept: Conflict[] = [];
  const beside = new Map<string, readonly [FileMode, string]>();

  for (const path of new Set(generations.flatMap((files) => Object.keys(files)))) {
    if (Object.hasOwn(wanted, path)) continue;
    if (!concerns(path)) {
      // After a crash it may be one of several; without one, nobody looks at it.
      const states = known(path);
      const disk = states.length > 1 ? await look(path) : undefined;
      const state = disk === undefined ? states[0] : states.find((file) => holds(disk, file));
      if (state !== undefined) beside.set(path, state);
      continue;
    }
    const disk = await look(path);
    if (disk.kind === "nothing") continue;
    if (known(path).some((file) => holds(disk, file))) removals.push({ act: "remove", path });
    else left.push(path);
  }
  const removed = new Set(removals.map((step) => step.path));

  for (const [path, file] of Object.entries(wanted)) {
    const [mode, blob] = file;
    const before = ledger && fileAt(ledger.files, path);
    const settled = ledger?.pending === undefined && before?.[0] === mode && before[1] === blob;
    if (settled && (await exists(path))) continue;
    const disk = await look(path);
    const step = decide(disk, file, known(path), removed, path);
    if (step === "write") writes.push({ act: "write", path, mode, saveCopy: false });
    else if (step === "chmod") writes.push({ act: "chmod", path, mode });
    else if (step !== "nothing") {
      const choice = disk.kind === "file" || disk.kind === "link" ? onLocalChange(path) : "refuse";
      const conflict = { path, why: step.why, blobs: [blob, ...known(path).map((file) => file[1])] };
      if (choice === "keep") kept.push(conflict);
      else if (choice === "overwrite") writes.push({ act: "write", path, mode, saveCopy: true });
      else conflicts.push(conflict);
    }
  }
  removals.sort((a, b) => (a.path < b.path ? 1 : -1));
  writes.sort((a, b) => (a.path < b.path ? -1 : 1));
  return {
    steps: [...removals, ...writes],
    conflicts,
    left: [...left, ...kept.map(({ path }) => path)],
    kept,
    beside: Object.fromEntries(beside),
  };
}

/** A path may be any name that JavaScript gives a meaning of its own. */
function fileAt(files: LedgerFiles, path: string): LedgerFiles[string] | undefined {
  return Object.hasOwn(files, path) ? files[path] : undefined;
}

function decide(
  disk: OnDisk,
  wanted: readonly [FileMode, string],
  known: readonly (readonly [FileMode, string])[],
  removed: ReadonlySet<string>,
  path: string,
): "write" | "chmod" | "nothing" | { readonly why: string } {
  switch (disk.kind) {
    case "nothing":
      return "write";
    case "folder":
      // A folder that held only files of ours is gone by the time of the write; the write itself proves it.
      return [...removed].some((gone) => gone.startsWith(`${path}/`))
        ? "write"
        : { why: "a folder that is not from Git stands there" };
    case "other":
      return removed.has(disk.what)
        ? "write"
        : { why: `"${disk.what}" stands in the way and is not a folder` };
    case "file":
    case "link":
      if (holds(disk, wanted)) return sameMode(disk, wanted[0]) ? "nothing" : "chmod";
      if (known.some((file) => holds(disk, file))) return "write";
      return {
        why:
          known.length === 0
            ? "it is on disk but not from Git, and would be overwritten"
            : "it was changed on disk since ConOps wrote it",
      };
    default:
      return disk satisfies never;
  }
}

/** The bytes are these, whatever the executable bit. */
function holds(disk: OnDisk, [mode, blob]: readonly [FileMode, string]): boolean {
  if (disk.kind === "link") return mode === "120000" && disk.blob === blob;
  return disk.kind === "file" && mode !== "120000" && disk.blob === blob;
}

function sameMode(disk: OnDisk, mode: FileMode): boolean {
  return disk.kind !== "file" || disk.executable === (mode === "100755");
}
