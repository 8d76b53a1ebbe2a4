/**
 * The Compose files as they stand in the repository, before Compose sees them: the given ones, and all that `include`
 * and `extends` lead to, each with the folder and the variables that count in it.
 */
import { dirname, isAbsolute, join, resolve } from "node:path";
import type { Node } from "yaml";
import { parseDotenv } from "./dotenv.ts";
import { interpolate, type Lookup } from "./interpolation.ts";
import type { Located } from "./locate.ts";
import { refusal } from "./refusal.ts";
import { refuseLeftOut, type RepositoryFiles } from "./repository-files.ts";
import {
  entriesOf,
  fieldOf,
  itemsOf,
  oneOrMany,
  parseYamlSource,
  textOf,
  type YamlSource,
} from "./yaml-source.ts";

/** One Compose file in one role. A file that is included twice with other variables is there twice. */
export interface RawFile {
  readonly source: YamlSource;
  /** Absolute: what its relative paths start from. */
  readonly baseDir: string;
  readonly lookup: Lookup;
  /** The service that `extends` takes from it; undefined when all of it counts. */
  readonly only?: { readonly service: string; readonly as: string };
}

export interface RawService {
  readonly file: RawFile;
  /** As in the file. */
  readonly name: string;
  /** As in the project: the name of the service that extends this one. */
  readonly as: string;
  readonly node: Node;
}

export interface RawProject {
  readonly files: readonly RawFile[];
  readonly services: readonly RawService[];
  /** The variables of the project's own files: environment first, then env files. */
  readonly lookup: Lookup;
}

/** Parsing a megabyte keeps the whole process busy for seconds. */
const MAX_COMPOSE_FILE_BYTES = 512 * 1024;
const MAX_COMPOSE_BYTES = 2 * 1024 * 1024;
export const MAX_ENV_FILE_BYTES = 1024 * 1024;
/** In all their roles: each service that extends another file's is one. */
const MAX_FILES = 1000;
const REMOTE = /^(?:[a-z][a-z0-9+.-]*:\/\/|git@|github\.com\/|oci:)|\.git(?:#|$)/i;

/** Throws ReconcileError, terminal, with file:line:column: InvalidCompose, UnsafePath, PolicyViolation. */
export async function readRawProject(
  files: RepositoryFiles,
  located: Located,
  environment: Readonly<Record<string, string>>,
): Promise<RawProject> {
  const found: RawFile[] = [];
  const services: RawService[] = [];
  const sources = new Map<string, YamlSource>();
  const under = new Set<string>();
  let composeBytes = 0;

  async function add(path: string, at: string, role: Omit<RawFile, "source">): Promise<void> {
    const key = JSON.stringify([path, role.baseDir, role.only]);
    if (under.has(key)) return; // Compose names the circle
    if (found.length >= MAX_FILES)
      throw refusal("InvalidCompose", `${at}: it takes in more than ${MAX_FILES} files`);
    under.add(key);
    let source = sources.get(path);
    if (source === undefined) {
      const text = await readRepositoryText(files, path, at, MAX_COMPOSE_FILE_BYTES);
      composeBytes += text.length;
      if (composeBytes > MAX_COMPOSE_BYTES)
        throw refusal("InvalidCompose", `${at}: it takes in more than 2 MiB of files`);
      source = parseYamlSource(files.show(path), text);
      sources.set(path, source);
    }
    const file: RawFile = { source, ...role };
    found.push(file);
    for (const root of source.roots) {
      if (role.only === undefined) await followIncludes(file, root);
      await followServices(file, root);
    }
    under.delete(key);
  }

  async function followIncludes(file: RawFile, root: Node): Promise<void> {
    for (const item of itemsOf(file.source, fieldOf(file.source, root, "include"))) {
      const long = fieldOf(file.source, item, "path") !== undefined;
      const paths = (long ? oneOrMany(file.source, fieldOf(file.source, item, "path")) : [item]).map((node) =>
        localPath(file, node, "include"),
      );
      const first = paths[0];
      if (first === undefined) continue;
      const folder = pathText(file, fieldOf(file.source, item, "project_directory"));
      if (folder !== undefined) refuseHome(file.source.place(item), folder);
      const baseDir = folder === undefined ? dirname(first.path) : resolve(file.baseDir, folder);
      const envFiles = oneOrMany(file.source, fieldOf(file.source, item, "env_file"));
      const lookup = await includedLookup(file, baseDir, envFiles);
      for (const { path, at } of paths) await add(path, at, { baseDir, lookup });
    }
  }

  async function includedLookup(file: RawFile, baseDir: string, envFiles: readonly Node[]): Promise<Lookup> {
    const named = envFiles.flatMap((node) => {
      const path = pathText(file, node);
      if (path !== undefined) refuseHome(file.source.place(node), path);
      return path === undefined || path === "/dev/null"
        ? []
        : [{ path: resolve(file.baseDir, path), at: file.source.place(node) }];
    });
    if (envFiles.length > 0) return withEnvFiles(files, file.lookup, named);
    const dotenv = join(baseDir, ".env");
    const missing = (await files.inspect(dotenv)) === "missing";
    return missing
      ? file.lookup
      : withEnvFiles(files, file.lookup, [{ path: dotenv, at: files.show(dotenv) }]);
  }

  async function followServices(file: RawFile, root: Node): Promise<void> {
    const { source, only } = file;
    for (const [name, node] of entriesOf(source, fieldOf(source, root, "services"))) {
      if (only !== undefined && name !== only.service) continue;
      const as = only?.as ?? name;
      services.push({ file, name, as, node });
      const base = fieldOf(source, node, "extends");
      const service = textOf(base) ?? textOf(fieldOf(source, base, "service"));
      const fileNode = fieldOf(source, base, "file");
      if (service === undefined) continue;
      if (fileNode !== undefined) {
        const { path, at } = localPath(file, fileNode, "extends");
        await add(path, at, { baseDir: dirname(path), lookup: file.lookup, only: { service, as } });
      } else if (only !== undefined) {
        const path = join(files.root, source.path);
        await add(path, source.place(node), { ...file, only: { service, as } });
      }
    }
  }

  const lookup = await withEnvFiles(
    files,
    (name) => environment[name],
    located.envFiles.map((path) => ({ path, at: files.show(path) })),
  );
  for (const path of located.files)
    await add(path, files.show(path), { baseDir: located.projectDir, lookup });
  return { files: found, services, lookup };
}

/** The text of a field that names a path, variables filled in; undefined when it is absent, or empty. */
export function pathText(file: RawFile, node: Node | undefined): string | undefined {
  const raw = textOf(node);
  if (raw === undefined) return undefined;
  return interpolate(raw, file.lookup).text || undefined;
}

/** Compose takes a tilde for the home of whoever runs it, even where the repository holds a folder of that name. */
export function refuseHome(at: string, path: string): void {
  if (path.startsWith("~"))
    throw refusal("UnsafePath", `${at}: "${path}" lies outside the repository; move it into it`);
}

function localPath(file: RawFile, node: Node, what: string): { readonly path: string; readonly at: string } {
  const at = file.source.place(node);
  const text = pathText(file, node);
  if (text === undefined) throw refusal("InvalidCompose", `${at}: ${what} names no file`);
  refuseHome(at, text);
  if (REMOTE.test(text)) {
    throw refusal("PolicyViolation", `${at}: ${what} takes in a remote file; copy it into the repository`);
  }
  return { path: isAbsolute(text) ? text : join(file.baseDir, text), at };
}

async function withEnvFiles(
  files: RepositoryFiles,
  outer: Lookup,
  envFiles: readonly { readonly path: string; readonly at: string }[],
): Promise<Lookup> {
  const values = new Map<string, string>();
  for (const { path, at } of envFiles) {
    const text = await readRepositoryText(files, path, at, MAX_ENV_FILE_BYTES);
    for (const [name, value] of parseDotenv(text, (name) => outer(name) ?? values.get(name)))
      values.set(name, value);
  }
  return (name) => outer(name) ?? values.get(name);
}

/** The text of a file that the repository names at `at`. */
async function readRepositoryText(
  files: RepositoryFiles,
  path: string,
  at: string,
  maxBytes: number,
): Promise<string> {
  const read = await files.read(path, maxBytes);
  if (typeof read === "object") return read.text;
  const shown = files.show(path);
  if (read === "outside")
    throw refusal("UnsafePath", `${at}: "${shown}" lies outside the repository; move it into it`);
  if (read === "left-out") throw await refuseLeftOut(files, path, at);
  if (read === "missing") throw refusal("InvalidCompose", `${at}: there is no file "${shown}"`);
  if (read === "large")
    throw refusal("InvalidCompose", `${at}: "${shown}" is larger than ${maxBytes / 1024} KiB`);
  throw refusal("UnsafePath", `${at}: "${shown}" is not a regular file`);
}
