/**
 * Which repositories a checkout is made of when submodules are wanted: decided here, by our own rules for URLs and with our
 * own mirrors; libgit2's code for submodules is never asked, since it would clone whatever it is told to.
 */
import { realpath } from "node:fs/promises";
import { ReconcileError } from "../api/errors.ts";
import type { Reason } from "../api/reasons.ts";
import type { RepoURL } from "../api/repo-url.ts";
import type { Remote, Submodules } from "./git.ts";
import { parseGitmodules } from "./gitmodules.ts";
import type { WantedSubmodule } from "./protocol.ts";
import { remoteOf } from "./remote-url.ts";
import { isLocal, shownUrl, submoduleRepo } from "./submodule-url.ts";

/** One repository of a checkout, and where it stands: empty for the Application's own. */
export interface Part {
  readonly remote: Remote;
  readonly sha: string;
  readonly ref?: string;
  readonly path: string;
  /** The URLs of the repositories that hold it, outermost first. */
  readonly holders: readonly string[];
}

export interface PlannedSubmodules {
  readonly parts: readonly Part[];
  /** path → why it is left out, for those that nothing is said of. */
  readonly leftOut: ReadonlyMap<string, string>;
}

const MAX_SUBMODULES = 100;
const MAX_DEPTH = 8;
/** A repository may hold another branch of itself; a circle comes by a third time. */
const MAX_REPEATS = 2;

/**
 * The parts with those that are wanted. Throws ReconcileError, terminal, for a URL that must not be read, a circle, too many
 * of them. `ownFolder` is where mirrors are: no submodule may be one of other Applications'.
 */
export async function planSubmodules(
  known: readonly Part[],
  wanted: readonly WantedSubmodule[],
  { credentialFor }: Submodules,
  ownFolder: string,
): Promise<PlannedSubmodules> {
  const parts = [...known];
  const leftOut = new Map<string, string>();
  for (const { path, sha, part: index, gitmodules } of wanted) {
    const holder = known[index];
    if (holder === undefined) throw new Error(`no part holds the submodule ${JSON.stringify(path)}`);
    if (gitmodules === undefined) {
      leftOut.set(path, "there is no .gitmodules that says where it is");
      continue;
    }
    const parsed = parseGitmodules(gitmodules);
    if ("fault" in parsed) throw refusal(path, "UnsupportedContent", `.gitmodules: ${parsed.fault}`);
    const written = parsed.urls.get(holder.path === "" ? path : path.slice(holder.path.length + 1));
    if (written === undefined) {
      leftOut.set(path, ".gitmodules does not say where it is");
      continue;
    }
    const found = submoduleRepo(holder.remote.url, written);
    if ("fault" in found) throw refusal(path, "InvalidURL", `its URL ${shownUrl(written)} ${found.fault}`);
    const { repo } = found;
    if (isLocal(repo.url)) await requireElsewhere(path, repo.url, ownFolder);
    const holders = [...holder.holders, identity(holder.remote.url)];
    if (holders.filter((url) => url === identity(repo.url)).length >= MAX_REPEATS) {
      throw refusal(
        path,
        "UnsupportedContent",
        `${shownUrl(repo.url)} holds itself, by way of its submodules`,
      );
    }
    if (holders.length > MAX_DEPTH) {
      throw refusal(path, "UnsupportedContent", "submodules are nested too deeply");
    }
    parts.push({ remote: remoteFor(repo, credentialFor), sha, path, holders });
    if (parts.length > MAX_SUBMODULES + 1) {
      throw refusal(path, "UnsupportedContent", `there are more than ${MAX_SUBMODULES} submodules`);
    }
  }
  return { parts, leftOut };
}

/** Names the submodule in the failure of its repository. Anything but a ReconcileError comes back as it is. */
export function ofSubmodule(path: string, error: unknown): unknown {
  if (path === "" || !(error instanceof ReconcileError)) return error;
  const inner = error.message
    .replace(/^Cannot/, "cannot")
    .replaceAll("spec.source.secretRef", "spec.source.submoduleSecretRefs");
  const { reason, terminal } = error;
  return new ReconcileError(`${actOf(path)}: ${inner}`, { reason, terminal, cause: error.cause });
}

/** Only the credential that the manifest names for this very host; the parent's is for the parent alone. */
function remoteFor({ url, host, port, scheme }: RepoURL, credentialFor: Submodules["credentialFor"]): Remote {
  if (scheme === "file") return remoteOf(url);
  const names = port === DEFAULT_PORTS[scheme] ? [host, `${host}:${port}`] : [`${host}:${port}`];
  const named = names.map((name) => credentialFor(name)).find((found) => found !== undefined);
  return remoteOf(url, named?.secret, named?.credential);
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = { https: 443, http: 80, git: 9418, ssh: 22 };

/** Also by way of a symbolic link. */
async function requireElsewhere(path: string, url: string, ownFolder: string): Promise<void> {
  const place = url.replace(/^file:\/\//, "");
  const [there, own] = await Promise.all([place, ownFolder].map((one) => realpath(one).catch(() => one)));
  if (there === own || `${there}/`.startsWith(`${own}/`)) {
    throw refusal(path, "InvalidURL", `its URL ${shownUrl(url)} leads into ConOps's own folder`);
  }
}

function identity(url: string): string {
  return url.replace(/\/+$/, "").replace(/\.git$/, "");
}

function refusal(path: string, reason: Reason, cause: string): ReconcileError {
  return new ReconcileError(`${actOf(path)}: ${cause}`, { reason, terminal: true });
}

function actOf(path: string): string {
  return `Cannot check out the submodule ${JSON.stringify(path)}`;
}
