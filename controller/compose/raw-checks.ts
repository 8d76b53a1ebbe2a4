/**
 * What is refused in the repository's own files, before Compose reads them: because Compose would run it (`provider`),
 * hang on it (pipes, devices), read it from outside the checkout, or because the rendering no longer shows it.
 */
import { isAbsolute, normalize, resolve } from "node:path";
import { isMap, type Node } from "yaml";
import { refusal } from "./refusal.ts";
import { isWithin, refuseLeftOut, type RepositoryFiles } from "./repository-files.ts";
import {
  MAX_ENV_FILE_BYTES,
  pathText,
  refuseHome,
  type RawFile,
  type RawProject,
  type RawService,
} from "./raw-project.ts";
import { entriesOf, fieldOf, itemsOf, oneOrMany, textOf } from "./yaml-source.ts";

export interface RawFindings {
  /** Service → absolute paths of its env files and label files, which the rendering does not show. */
  readonly usedFiles: ReadonlyMap<string, readonly string[]>;
}

/** Throws ReconcileError, terminal, with file:line:column: PolicyViolation or UnsafePath. */
export async function checkRawProject(files: RepositoryFiles, project: RawProject): Promise<RawFindings> {
  const usedFiles = new Map<string, string[]>();
  for (const service of project.services) {
    refuseProvider(service);
    refuseEscapingBinds(files, service);
    for (const path of await checkEnvFiles(files, service)) {
      usedFiles.set(service.as, [...(usedFiles.get(service.as) ?? []), path]);
    }
  }
  for (const file of project.files) {
    if (file.only === undefined) await checkContentFiles(files, file);
  }
  return { usedFiles };
}

function refuseProvider({ file, name, node }: RawService): void {
  const provider = fieldOf(file.source, node, "provider");
  if (provider === undefined) return;
  throw refusal(
    "PolicyViolation",
    `${file.source.place(provider)}: services.${name}.provider would run a program of this machine; use an image or a build`,
  );
}

async function checkEnvFiles(
  files: RepositoryFiles,
  { file, name, node }: RawService,
): Promise<readonly string[]> {
  const used: string[] = [];
  for (const field of ["env_file", "label_file"]) {
    for (const item of oneOrMany(file.source, fieldOf(file.source, node, field))) {
      const text = pathText(file, isMap(item) ? fieldOf(file.source, item, "path") : item);
      if (text === undefined) continue;
      const at = `${file.source.place(item)}: services.${name}.${field}`;
      refuseHome(at, text);
      const path = resolve(file.baseDir, text);
      await requireReadable(files, path, at);
      used.push(path);
    }
  }
  return used;
}

async function checkContentFiles(files: RepositoryFiles, file: RawFile): Promise<void> {
  const { source } = file;
  for (const root of source.roots) {
    for (const section of ["configs", "secrets"]) {
      for (const [name, node] of entriesOf(source, fieldOf(source, root, section))) {
        const fileNode = fieldOf(source, node, "file");
        const text = pathText(file, fileNode);
        if (fileNode === undefined || text === undefined) continue;
        const kind = await files.inspect(resolve(file.baseDir, text));
        const at = `${source.place(fileNode)}: ${section}.${name}.file`;
        if (kind === "outside") throw outside(at, text);
        if (kind === "special") throw refusal("UnsafePath", `${at}: "${text}" is not a regular file`);
      }
    }
  }
}

/** A missing file is Compose's to judge: it may be optional, or its service not wanted. */
async function requireReadable(files: RepositoryFiles, path: string, at: string): Promise<void> {
  const read = await files.read(path, MAX_ENV_FILE_BYTES);
  if (read === "outside") throw outside(at, files.show(path));
  if (read === "left-out") throw await refuseLeftOut(files, path, at);
  if (read === "large")
    throw refusal("InvalidCompose", `${at}: "${files.show(path)}" is larger than 1024 KiB`);
  if (read === "special" || read === "folder") {
    throw refusal("UnsafePath", `${at}: "${files.show(path)}" is not a regular file`);
  }
}

/**
 * A relative source that climbs out of the checkout would mean another folder in staging than in the stable checkout,
 * and the rendering, where every path is absolute, no longer tells it from a path that the person wrote in full.
 */
function refuseEscapingBinds(files: RepositoryFiles, { file, name, node }: RawService): void {
  for (const item of itemsOf(file.source, fieldOf(file.source, node, "volumes"))) {
    const source = bindSource(file, item);
    if (source === undefined || !source.startsWith(".")) continue;
    if (isWithin(files.root, resolve(file.baseDir, source))) continue;
    throw outside(`${file.source.place(item)}: services.${name}.volumes`, source);
  }
}

function bindSource(file: RawFile, item: Node): string | undefined {
  if (!isMap(item)) return pathText(file, item)?.split(":")[0];
  if (textOf(fieldOf(file.source, item, "type")) !== "bind") return undefined;
  const source = pathText(file, fieldOf(file.source, item, "source"));
  return source === undefined || isAbsolute(source) || source.startsWith("~")
    ? source
    : `./${normalize(source)}`;
}

function outside(at: string, path: string): Error {
  return refusal("UnsafePath", `${at}: "${path}" lies outside the repository; move it into it`);
}
