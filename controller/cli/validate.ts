import { join } from "node:path";
import { API_VERSION, formatFault } from "../api/application.ts";
import type { Fault } from "../api/application.ts";
import { KINDS, type Kind } from "../api/resource.ts";
import { isErrno } from "../lib/atomic-file.ts";
import { resolveClaims } from "../registry/claims.ts";
import { causeOf, isManifestName, listManifestFiles, readRegistryFile } from "../registry/files.ts";
import { parseManifests } from "../registry/parse.ts";
import type { FileContent } from "../registry/readings.ts";
import { oneLine } from "./clean.ts";
import type { Terminal } from "./terminal.ts";
import { doubtsOf } from "./validate-secrets.ts";

export interface ValidateOptions {
  /** Files, folders, or `-` for the standard input; as the person gave them. */
  readonly paths: readonly string[];
  readonly allowFileRepos: boolean;
}

/**
 * Prints everything that is wrong with the manifests, one line each as `file:line:column: field: message`, and a summary;
 * and, as warnings, what is valid and will not work all the same. True when nothing is wrong. The files are taken as one registry: names and stems must not collide.
 */
export async function validate(terminal: Terminal, options: ValidateOptions): Promise<boolean> {
  const files = new Map<string, FileContent>();
  /** Folders alone hold everything that a manifest may refer to. */
  let isWhole = true;
  for (const path of options.paths) {
    try {
      const { isFolder, found } = await readPath(path, terminal, options);
      isWhole &&= isFolder;
      for (const [file, content] of found) files.set(file, content);
    } catch (error) {
      const cause = isErrno(error, "ENOENT") ? "there is no such file or folder" : causeOf(error);
      files.set(path, { kind: "unreadable", message: cause });
    }
  }
  const { present } = resolveClaims(files, new Map());
  const faults = [...present.values()]
    .flatMap((found) => (found.kind === "invalid" ? found.faults : []))
    .toSorted(byPlace);
  for (const fault of faults) terminal.out(`${oneLine(formatFault(fault))}\n`);
  const valid = [...present.values()].flatMap((found) =>
    found.kind === "declared" ? [found.resource.kind] : [],
  );
  for (const doubt of [...strangersOf(files), ...doubtsOf(present, isWhole)]) {
    terminal.err(`Warning: ${oneLine(doubt)}\n`);
  }
  terminal.out(`${summarise(files, valid, faults.length)}\n`);
  return faults.length === 0;
}

async function readPath(
  path: string,
  terminal: Terminal,
  { allowFileRepos }: ValidateOptions,
): Promise<{ readonly isFolder: boolean; readonly found: readonly (readonly [string, FileContent])[] }> {
  const parse = (file: string, bytes: Uint8Array): readonly [string, FileContent] => {
    return [file, { kind: "parsed", documents: parseManifests(file, bytes, { allowFileRepos }).documents }];
  };
  if (path === "-") return { isFolder: false, found: [parse("<stdin>", await terminal.readInput())] };
  const { root, manifests, unreadable } = await listManifestFiles(path);
  const isFolder = root === path;
  const found: (readonly [string, FileContent])[] = [];
  for (const { folder, message } of unreadable) {
    found.push([join(root, folder), { kind: "unreadable", message: `cannot be read: ${message}` }]);
  }
  for (const name of manifests) {
    const file = isFolder ? join(root, name) : path;
    const read =
      isManifestName(name) || !/\.(?:status|request)\.ya?ml$/.test(name)
        ? await readRegistryFile(root, name)
        : ({ kind: "unreadable", message: "is a status or a request, never a manifest" } as const);
    if (read.kind === "read") found.push(parse(file, read.bytes));
    if (read.kind === "unreadable") found.push([file, read]);
  }
  return { isFolder, found };
}

/** Kubernetes' own Secret, Argo CD's Application: what is not ours by its apiVersion alone was perhaps meant to be. */
function strangersOf(files: ReadonlyMap<string, FileContent>): readonly string[] {
  return [...files].flatMap(([file, content]) =>
    content.kind === "parsed"
      ? content.documents.flatMap((found) =>
          found.kind === "foreign" && found.named !== undefined
            ? [
                `${file}: document ${found.document + 1} is a ${found.named} of another apiVersion, which ConOps does not look at; its own is ${API_VERSION}`,
              ]
            : [],
        )
      : [],
  );
}

function byPlace(a: Fault, b: Fault): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.line - b.line || a.column - b.column;
}

function summarise(files: ReadonlyMap<string, FileContent>, valid: readonly Kind[], faults: number): string {
  let foreign = 0;
  for (const content of files.values()) {
    if (content.kind === "parsed")
      foreign += content.documents.filter(({ kind }) => kind === "foreign").length;
  }
  const counts = KINDS.map((kind) => [kind, valid.filter((each) => each === kind).length] as const);
  const found = counts.filter(
    ([kind, number]) => number > 0 || (kind === "Application" && valid.length === 0),
  );
  const parts = found.map(([kind, number]) => count(number, `valid ${kind}`));
  if (foreign > 0) parts.push(`${count(foreign, "document")} of other kinds`);
  if (faults > 0) parts.push(count(faults, "fault"));
  return `${count(files.size, "file")}: ${parts.join(", ")}`;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}
