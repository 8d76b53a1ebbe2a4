/**
 * Commands that ask the controller for something once: they drop a request file into the registry's root.
 */
import { randomBytes } from "node:crypto";
import type { Manifest, ManifestDocument } from "../api/application.ts";
import { messageOf } from "../api/errors.ts";
import type { RegistryRequest } from "../registry/registry.ts";
import { writeRequest } from "../registry/requests.ts";
import { formatAge } from "./age.ts";
import { oneLine } from "./clean.ts";
import type { CommandContext } from "./context.ts";
import { warnWithoutController } from "./controller-running.ts";
import { CommandError } from "./errors.ts";
import { createFolderReader } from "./folder.ts";
import { follow, FollowTimeout } from "./follow.ts";
import { describeState, whyStale } from "./goal.ts";
import { createProgress } from "./progress.ts";
import { applicationStatus, conditionOf } from "./resource.ts";
import type { Resource } from "./resource.ts";
import { parseApplications, select } from "./selection.ts";
import type { Selection } from "./selection.ts";

export interface RequestOptions {
  readonly action: "sync" | "retry";
  /** Names of Applications. */
  readonly names: readonly string[];
  /** How long to follow the request until its gate; undefined does not wait. */
  readonly waitMs: number | undefined;
}

/**
 * Asks for a sync or a retry of each Application, and with `waitMs` follows it until the gate. Throws CommandError for a
 * name that nobody knows, and when the gate fails or the time is over.
 */
export async function requestAction(context: CommandContext, options: RequestOptions): Promise<void> {
  const { terminal, manifestsDir } = context;
  const selection = applications(options.names, options.action);
  const resources = select(await createFolderReader(manifestsDir).read(), selection, manifestsDir);
  for (const { name, manifest } of resources) {
    const why = whyRefused(manifest);
    if (why !== undefined) terminal.err(`Warning: ${name} will refuse: ${why}.\n`);
  }
  const tokens = new Map<string, string>();
  await warnWithoutController(context);
  for (const { name } of resources) tokens.set(name, await drop(context, options.action, name));
  if (options.waitMs === undefined) {
    for (const name of tokens.keys()) terminal.out(`${name}: ${options.action} requested\n`);
    return;
  }
  await followRequests(context, options.action, tokens, options.waitMs);
}

/** Confirms the deletion of these Applications, or of all that wait for it. Throws CommandError for one that does not. */
export async function confirmDeletion(
  context: CommandContext,
  names: readonly string[] | "all",
): Promise<void> {
  const { terminal, manifestsDir } = context;
  const all = await createFolderReader(manifestsDir).read();
  const chosen =
    names === "all"
      ? all.filter(isHeld)
      : select(all, applications(names, "confirm the deletion of"), manifestsDir);
  const other = chosen.find((resource) => !isHeld(resource));
  // A confirmation that nobody asked for would lie in wait for the next accident.
  if (other !== undefined)
    throw new CommandError(`${other.name} has no deletion that waits to be confirmed.`);
  if (chosen.length === 0) {
    terminal.err("No deletion waits to be confirmed.\n");
    return;
  }
  await warnWithoutController(context);
  for (const { name } of chosen) {
    await drop(context, "confirm-deletion", name);
    terminal.out(`${name}: deletion confirmed\n`);
  }
}

function applications(words: readonly string[], act: string): Selection {
  return { kinds: ["Application"], names: parseApplications(words, act) };
}

function whyRefused(manifest: ManifestDocument | undefined): string | undefined {
  const spec = (manifest as Manifest | undefined)?.spec;
  if (spec?.["suspend"] === true) return "its manifest says suspend: true";
  return spec?.["state"] === "Stopped" ? "its manifest says state: Stopped" : undefined;
}

function isHeld({ status }: Resource): boolean {
  return status?.status.conditions.some(({ reason }) => reason === "DeletionHeld") ?? false;
}

async function drop(
  { manifestsDir, clock }: CommandContext,
  action: RegistryRequest["action"],
  name: string,
): Promise<string> {
  const token = randomBytes(8).toString("hex");
  const requestedAt = new Date(clock.now()).toISOString().replace(/\.\d+Z$/, "Z");
  try {
    await writeRequest(manifestsDir, { action, name, token, requestedAt });
  } catch (error) {
    throw new CommandError(messageOf(error));
  }
  return token;
}

async function followRequests(
  context: CommandContext,
  action: "sync" | "retry",
  tokens: ReadonlyMap<string, string>,
  timeoutMs: number,
): Promise<void> {
  const { terminal } = context;
  const say = createProgress(terminal);
  const results = new Map<string, Progress>();
  try {
    await follow(context, timeoutMs, (resources) => {
      for (const [name, token] of tokens) {
        if (results.get(name)?.done === true) continue;
        const resource = resources.find(({ key }) => key === name);
        const progress = judgeRequest(action, token, resource);
        results.set(name, progress);
        if (!progress.done) say(name, progress.text);
        else if (progress.ok) terminal.out(`${name}: ${progress.text}\n`);
      }
      return [...tokens.keys()].every((name) => results.get(name)?.done === true);
    });
  } catch (error) {
    if (!(error instanceof FollowTimeout)) throw error;
    const open = [...results].filter(([, { done }]) => !done).map(([name, { text }]) => `${name}: ${text}`);
    throw new CommandError(`Timed out after ${formatAge(timeoutMs)}. ${open.join("; ")}`);
  }
  const failed = [...results].filter(([, { ok }]) => !ok).map(([name, { text }]) => `${name}: ${text}`);
  if (failed.length > 0) throw new CommandError(failed.join("; "));
}

interface Progress {
  readonly done: boolean;
  readonly ok: boolean;
  readonly text: string;
}

/** Handled, then through the gate: Ready is True, or False with nothing under way any more. */
export function judgeRequest(
  action: "sync" | "retry",
  token: string,
  resource: Resource | undefined,
): Progress {
  if (resource === undefined) return { done: true, ok: false, text: "deleted" };
  const status = applicationStatus(resource);
  if (status?.lastHandledRequests?.[action] !== token) {
    return { done: false, ok: false, text: "waiting for the controller to take the request" };
  }
  const refusal = status.requestAnswers?.[action];
  if (refusal !== undefined) return { done: true, ok: false, text: oneLine(refusal) };
  const stale = whyStale(resource);
  if (stale !== undefined) return { done: false, ok: false, text: stale };
  const text = describeState(resource);
  const isMoving = conditionOf(resource.status, "Reconciling")?.status === "True";
  const ready = conditionOf(resource.status, "Ready")?.status ?? "Unknown";
  return { done: !isMoving && ready !== "Unknown", ok: ready === "True", text };
}
