/** Keeps what ConOps writes into a registry out of the sight of Git, so that nothing a person keeps there gets dirty. */
import { appendFile, mkdir, realpath } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { readFileIfExists } from "../lib/atomic-file.ts";
import type { GitDirs } from "./git-state.ts";
import { MARKER_FILE } from "./marker.ts";

/** The lock file is the controller's, too: one controller per registry. */
const IN_ROOT = [MARKER_FILE, ".conops.lock"];
const ANYWHERE = ["*.status.yaml", "*.request.yaml"];

/**
 * Adds the patterns that are missing to `info/exclude` of the repository that `registry` belongs to, and changes nothing
 * else there; they hold for the registry's folder alone. Resolves with what was added. Throws when it cannot be written.
 */
export async function excludeFromGit(registry: string, git: GitDirs): Promise<readonly string[]> {
  const path = join(git.commonDir, "info", "exclude");
  const text = (await readFileIfExists(path)) ?? "";
  const lines = new Set(text.split("\n").map((line) => line.trimEnd()));
  const folder = relative(await realpath(git.workTree), await realpath(registry));
  const missing = patternsIn(folder).filter((line) => !lines.has(line));
  if (missing.length === 0) return [];
  await mkdir(dirname(path), { recursive: true });
  const newline = text === "" || text.endsWith("\n") ? "" : "\n";
  await appendFile(path, `${newline}# written by ConOps beside its manifests\n${missing.join("\n")}\n`);
  return missing;
}

function patternsIn(folder: string): readonly string[] {
  if (folder === "") return [...ANYWHERE, ...IN_ROOT];
  const escaped = folder
    .replace(/[\\*?[\] ]/g, "\\$&")
    .split(sep)
    .join("/");
  return [
    ...ANYWHERE.map((name) => `/${escaped}/**/${name}`),
    ...IN_ROOT.map((name) => `/${escaped}/${name}`),
  ];
}
