import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { refusal } from "./refusal.ts";
import { refuseLeftOut, type RepositoryFiles } from "./repository-files.ts";

/** In Compose's own order. */
export const COMPOSE_FILE_NAMES = [
  "compose.yaml",
  "compose.yml",
  "docker-compose.yml",
  "docker-compose.yaml",
] as const;
export const OVERRIDE_FILE_NAMES = [
  "compose.override.yml",
  "compose.override.yaml",
  "docker-compose.override.yml",
  "docker-compose.override.yaml",
] as const;

export interface LocateRequest {
  /** Absolute root of the checkout. */
  readonly root: string;
  readonly path: string;
  readonly overrides: readonly string[];
  readonly envFiles: readonly string[];
}

export interface Located {
  /** `-f`, absolute, in order. */
  readonly files: readonly string[];
  /** `--project-directory`, absolute: the folder of the first file. */
  readonly projectDir: string;
  /** `--env-file`, absolute, in order: the `.env` beside the Compose file, if there is one, first. */
  readonly envFiles: readonly string[];
}

const SHOWN = 20;

/**
 * From the manifest's paths to the files that Compose is given. A folder means the first of Compose's usual names in it,
 * with its override file, as `docker compose` without `-f`; a file means that file alone.
 * Throws ReconcileError: PathNotFound, which lists what is there, or UnsafePath.
 */
export async function locate(files: RepositoryFiles, request: LocateRequest): Promise<Located> {
  const { root, path, overrides, envFiles } = request;
  const target = join(root, path);
  const kind = await files.inspect(target);
  const base = kind === "folder" ? await locateInFolder(files, target) : [await requireFile(files, target)];
  const projectDir = dirname(base[0] as string);
  const dotenv = join(projectDir, ".env");
  const hasDotenv = (await files.inspect(dotenv)) !== "missing";
  const further = await Promise.all(overrides.map((override) => requireFile(files, join(root, override))));
  const named = await Promise.all(envFiles.map((envFile) => requireFile(files, join(root, envFile))));
  return { files: [...base, ...further], projectDir, envFiles: hasDotenv ? [dotenv, ...named] : named };
}

async function locateInFolder(files: RepositoryFiles, folder: string): Promise<readonly string[]> {
  const main = await firstOf(files, folder, COMPOSE_FILE_NAMES);
  if (main === undefined) {
    throw refusal(
      "PathNotFound",
      `the folder "${files.show(folder)}" holds no Compose file (${COMPOSE_FILE_NAMES.join(", ")}), but ${await list(folder)}`,
    );
  }
  const override = await firstOf(files, folder, OVERRIDE_FILE_NAMES);
  return override === undefined ? [main] : [main, override];
}

async function firstOf(
  files: RepositoryFiles,
  folder: string,
  names: readonly string[],
): Promise<string | undefined> {
  for (const name of names) {
    const path = join(folder, name);
    if ((await files.inspect(path)) !== "missing") return requireFile(files, path);
  }
  return undefined;
}

async function requireFile(files: RepositoryFiles, path: string): Promise<string> {
  const kind = await files.inspect(path);
  if (kind === "file") return path;
  const shown = files.show(path);
  if (kind === "outside") throw refusal("UnsafePath", `"${shown}" leads out of the repository`);
  if (kind === "left-out") throw await refuseLeftOut(files, path);
  if (kind !== "missing") throw refusal("PathNotFound", `"${shown}" is not a regular file`);
  throw refusal("PathNotFound", `there is no "${shown}" in the repository; ${await nearest(files, path)}`);
}

async function nearest(files: RepositoryFiles, path: string): Promise<string> {
  let folder = dirname(path);
  while ((await files.inspect(folder)) === "missing") folder = dirname(folder);
  return `"${files.show(folder)}" holds ${await list(folder)}`;
}

async function list(folder: string): Promise<string> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => name !== ".git").toSorted();
  if (names.length === 0) return "nothing";
  const shown = names.slice(0, SHOWN).map((name) => `"${name}"`);
  return names.length > SHOWN ? `${shown.join(", ")} and more` : shown.join(", ");
}
