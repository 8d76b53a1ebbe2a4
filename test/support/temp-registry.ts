import { mkdtemp, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Application, Fault } from "../../controller/api/application.ts";
import type { Secret } from "../../controller/api/secret.ts";
import { systemClock, type Clock } from "../../controller/lib/clock.ts";
import { hashOf } from "../../controller/lib/hash.ts";
import type { Log } from "../../controller/lib/log.ts";
import { createRegistry } from "../../controller/registry/informer.ts";
import type { ParsedDocument, ParseManifests } from "../../controller/registry/parse.ts";
import type { Declaration, KnownResource, Registry } from "../../controller/registry/registry.ts";

/** A registry folder and its data directory below one temporary folder, with controllers over them. */
export interface TempRegistry {
  readonly root: string;
  readonly dir: string;
  readonly dataDir: string;
  /** Writes whole files by rename, as ConOps does. */
  write(files: Readonly<Record<string, string>>): Promise<void>;
  read(file: string): Promise<string>;
  remove(...files: readonly string[]): Promise<void>;
  /** Starts a registry informer over the folder. Closed by `destroy`. */
  open(options?: OpenOptions): Promise<OpenRegistry>;
  /** Closes what is open and removes everything. */
  destroy(): Promise<void>;
}

export interface OpenOptions {
  readonly known?: readonly KnownResource[];
  readonly clock?: Clock;
  readonly graceMs?: number;
  readonly parse?: ParseManifests;
}

export interface OpenRegistry extends Registry {
  /** Every key that was enqueued, in order. */
  readonly enqueued: string[];
  /** Every warning. */
  readonly warnings: string[];
  /** Resolves when `get(key)` is of this kind; rejects after `withinMs` (default 10 s) saying what it is. */
  until(key: string, kind: Declaration["kind"], withinMs?: number): Promise<Declaration>;
  /** Resolves when `holds` does; rejects after `withinMs` (default 10 s). */
  untilTrue(what: string, holds: () => boolean, withinMs?: number): Promise<void>;
}

/** Makes an empty folder; nothing watches it yet. */
export async function createTempRegistry(): Promise<TempRegistry> {
  const root = await mkdtemp(join(tmpdir(), "conops-registry-"));
  const dir = join(root, "manifests");
  const dataDir = join(root, "data");
  await mkdir(dir);
  await mkdir(dataDir);
  const open: Registry[] = [];
  return {
    root,
    dir,
    dataDir,
    async write(files) {
      for (const [file, text] of Object.entries(files)) {
        const path = join(dir, file);
        await mkdir(dirname(path), { recursive: true });
        await writeFile(`${path}.tmp`, text);
        await rename(`${path}.tmp`, path);
      }
    },
    read: (file) => readFile(join(dir, file), "utf8"),
    async remove(...files) {
      for (const file of files) await rm(join(dir, file), { recursive: true });
    },
    async open(options = {}) {
      const registry = await openRegistry({ dir, dataDir, ...options });
      open.push(registry);
      return registry;
    },
    async destroy() {
      for (const registry of open) await registry.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}

async function openRegistry(
  options: OpenOptions & { readonly dir: string; readonly dataDir: string },
): Promise<OpenRegistry> {
  const { dir, dataDir, known = [], clock = systemClock, graceMs, parse = parseTestManifests } = options;
  const enqueued: string[] = [];
  const warnings: string[] = [];
  const log: Log = {
    debug() {},
    info() {},
    warn: (message, fields) => void warnings.push(`${message}: ${JSON.stringify(fields?.["error"])}`),
    error: (message) => void warnings.push(message),
  };
  const registry = await createRegistry({
    dir,
    dataDir,
    parse,
    parseOptions: { allowFileRepos: false },
    known: () => known,
    clock,
    log,
    enqueue: (key) => void enqueued.push(key),
    signal: new AbortController().signal,
    ...(graceMs === undefined ? {} : { graceMs }),
  });

  async function untilTrue(what: string, holds: () => boolean, withinMs = 10_000): Promise<void> {
    const end = performance.now() + withinMs;
    while (!holds()) {
      if (performance.now() > end) throw new Error(`Waited ${withinMs} ms in vain: ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  return {
    ...registry,
    enqueued,
    warnings,
    untilTrue,
    async until(key, kind, withinMs = 10_000) {
      const isSo = (): boolean => registry.get(key).kind === kind;
      await untilTrue(`"${key}" to be ${kind}`, isSo, withinMs).catch((error: unknown) => {
        throw new Error(`${String(error)}; it is ${JSON.stringify(registry.get(key))}`, { cause: error });
      });
      return registry.get(key);
    },
  };
}

/** The text of a manifest that `parseTestManifests` understands. */
export function manifestText(name: string, spec = "v1"): string {
  return `app ${name} ${spec}\n`;
}

/** An Application as `parseTestManifests` makes it. */
export function testApplication(name: string, spec = "v1"): Application {
  const manifest = {
    apiVersion: "conops.dev/v1alpha1",
    kind: "Application",
    metadata: { name },
    spec: { text: spec },
  };
  return {
    kind: "Application",
    name,
    labels: {},
    annotations: {},
    manifest,
    writtenSpecHash: hashOf(spec),
    spec: {} as Application["spec"],
  };
}

/** A Secret as `parseTestManifests` makes it. */
export function testSecret(name: string, text: string): Secret {
  const stringData = { text };
  return {
    kind: "Secret",
    name,
    labels: {},
    annotations: {},
    type: "Opaque",
    fields: { text: { form: "plain", in: "stringData", text } },
    manifest: { apiVersion: "conops.dev/v1alpha1", kind: "Secret", metadata: { name }, stringData },
  };
}

export function testFault(file: string, message: string): Fault {
  return { file, line: 1, column: 1, field: "", message };
}

/**
 * A toy language in the place of YAML, so that these tests show the registry alone. Documents are separated by `---` lines:
 * `app NAME SPEC` and `secret NAME TEXT` are valid, `wrong KEY` is wrong with a readable key, `other` is not ours, nothing or
 * `# …` is empty, and anything else makes the whole file one wrong document.
 */
export const parseTestManifests: ParseManifests = (file, bytes) => {
  const documents: ParsedDocument[] = [];
  for (const [document, text] of Buffer.from(bytes).toString().split("---\n").entries()) {
    const [word = "", name = "", spec = ""] = text.trim().split(" ");
    if (word === "" || word.startsWith("#")) documents.push({ kind: "empty", document });
    else if (word === "other") documents.push({ kind: "foreign", document });
    else if (word === "app" && spec !== "") {
      documents.push({ kind: "resource", document, resource: testApplication(name, spec) });
    } else if (word === "secret" && spec !== "") {
      documents.push({ kind: "resource", document, resource: testSecret(name, spec) });
    } else if (word === "wrong") {
      const faults = [testFault(file, "spec is wrong")];
      documents.push({ kind: "invalid", document, readableKey: name, faults });
    } else return { documents: [{ kind: "invalid", document: 0, faults: [testFault(file, "no manifest")] }] };
  }
  return { documents };
};
