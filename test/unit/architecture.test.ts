import { expect } from "chai";
import { readdirSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

interface Room {
  /** The rooms that it may import from, besides itself. */
  readonly rooms: readonly string[];
  /** Files of other rooms of which it may import types. */
  readonly types?: readonly string[];
  readonly packages: readonly string[];
}

/** Who may import what. A room knows only rooms above it, so that a cycle cannot be written. */
const TABLE: Readonly<Record<string, Room>> = {
  lib: { rooms: [], packages: ["koffi"] },
  api: { rooms: ["lib"], packages: ["ajv", "semver"] },
  git: { rooms: ["api", "lib"], packages: ["koffi", "nodegit", "openpgp"] },
  policy: { rooms: ["api", "lib"], packages: [] },
  compose: { rooms: ["policy", "api", "lib"], packages: ["yaml"] },
  docker: { rooms: ["api", "lib"], packages: ["dockerode"] },
  status: { rooms: ["api", "lib"], packages: ["yaml"] },
  secret: { rooms: ["api", "lib"], packages: [] },
  registry: { rooms: ["api", "lib"], packages: ["chokidar", "yaml"] },
  edit: { rooms: ["registry", "api", "lib"], packages: ["yaml"] },
  workqueue: { rooms: ["api", "lib"], packages: [] },
  http: { rooms: ["api", "lib"], packages: [] },
  receiver: { rooms: ["api", "lib"], packages: [] },
  telemetry: { rooms: ["http", "api", "lib"], packages: ["prom-client", "winston"] },
  watch: { rooms: ["git", "docker", "api", "lib"], packages: ["semver"] },
  reconcile: {
    rooms: ["git", "compose", "docker", "policy", "secret", "status", "api", "lib"],
    types: ["watch/watch.ts", "registry/registry.ts"],
    packages: [],
  },
  cli: {
    rooms: ["registry", "edit", "secret", "status", "telemetry", "api", "lib"],
    packages: ["commander", "yaml"],
  },
};

/** The files beside the rooms wire them together. */
const TOP: Room = { rooms: Object.keys(TABLE), packages: ["commander"] };

/** Packages that only these files of their rooms may know. */
const ONLY_IN: Readonly<Record<string, readonly string[]>> = {
  koffi: ["lib/libc.ts", "git/native-odb.ts"],
  openpgp: ["git/pgp-signature.ts"],
};

const MAX_LINES = 300;

interface Import {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
}

const root = fileURLToPath(new URL("../../controller", import.meta.url));
const files = readdirSync(root, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts"))
  .map((name) => name.replaceAll("\\", "/"))
  .toSorted();
const textOf = new Map(files.map((file) => [file, readFileSync(join(root, file), "utf8")]));
const imports = files.flatMap((file) => importsOf(file, textOf.get(file) ?? ""));

function importsOf(from: string, text: string): Import[] {
  const statements = text.matchAll(
    /^(?:import|export)\s+(?:(?<what>[^;"']*?)\s+from\s+)?["'](?<to>[^"']+)["']/gm,
  );
  const calls = text.matchAll(/\b(?:import|require)\(\s*["'](?<to>[^"']+)["']/g);
  const found: Import[] = [];
  for (const { groups } of statements) {
    found.push({ from, to: groups?.["to"] ?? "", typeOnly: isTypeOnly(groups?.["what"] ?? "") });
  }
  for (const { groups } of calls) found.push({ from, to: groups?.["to"] ?? "", typeOnly: false });
  return found;
}

/** `type { ... }`, or braces in which every name is marked `type`. */
function isTypeOnly(what: string): boolean {
  if (what.startsWith("type ")) return true;
  const names = /^\{([^}]*)\}/.exec(what.trim())?.[1]?.split(",");
  return names !== undefined && names.every((name) => name.trim() === "" || name.trim().startsWith("type "));
}

function isRelative({ to }: Import): boolean {
  return to.startsWith(".");
}

/** The imported file, relative to `controller/`. */
function target({ from, to }: Import): string {
  return relative(root, resolve(root, dirname(from), to)).replaceAll("\\", "/");
}

function roomOf(file: string): string {
  return file.includes("/") ? (file.split("/")[0] ?? "") : "";
}

function ruleOf(file: string): Room | undefined {
  const room = roomOf(file);
  return room === "" ? TOP : TABLE[room];
}

function packageOf(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

function mayImport(from: string, to: string, typeOnly: boolean): boolean {
  const rule = ruleOf(from);
  if (rule === undefined) return false;
  if (roomOf(from) === roomOf(to)) return true;
  return rule.rooms.includes(roomOf(to)) || (typeOnly && (rule.types ?? []).includes(to));
}

describe("the rooms of controller/", () => {
  it("are seen by this test, with their files and imports", () => {
    expect(files).to.include.members(["lib/clock.ts", "workqueue/workqueue.ts", "main.ts"]);
    expect(imports).to.deep.include({ from: "api/outcome.ts", to: "./errors.ts", typeOnly: true });
    expect(imports).to.deep.include({ from: "workqueue/worker.ts", to: "../lib/clock.ts", typeOnly: false });
    expect(imports.length).to.be.greaterThan(files.length);
  });

  it("each have their row in the table", () => {
    const rooms = new Set(files.map(roomOf).filter((room) => room !== ""));

    expect([...rooms].toSorted()).to.deep.equal(Object.keys(TABLE).toSorted());
  });

  it("import only from the rooms of their row", () => {
    const wrong = imports
      .filter(isRelative)
      .filter((item) => !mayImport(item.from, target(item), item.typeOnly))
      .map((item) => `${item.from} imports ${target(item)}`);

    expect(wrong).to.deep.equal([]);
  });

  it("import only files that are there", () => {
    const missing = imports
      .filter((item) => isRelative(item) && item.to.endsWith(".ts") && !textOf.has(target(item)))
      .map((item) => `${item.from} imports ${item.to}`);

    expect(missing).to.deep.equal([]);
  });

  it("import only the packages of their row", () => {
    const wrong = imports
      .filter((item) => !isRelative(item) && !item.to.startsWith("node:"))
      .filter(({ from, to }) => {
        const name = packageOf(to);
        const only = ONLY_IN[name];
        return !(ruleOf(from)?.packages ?? []).includes(name) || only?.includes(from) === false;
      })
      .map(({ from, to }) => `${from} imports ${to}`);

    expect(wrong).to.deep.equal([]);
  });

  it("name Node's own modules with their prefix", () => {
    const bare = imports
      .filter(({ to }) => builtinModules.includes(to))
      .map(({ from, to }) => `${from}: ${to}`);

    expect(bare).to.deep.equal([]);
  });

  it("import by names that can be read, so that this test sees all", () => {
    const computed = files.filter((file) => /\bimport\(\s*[^"'\s)]/.test(withoutComments(file)));

    expect(computed).to.deep.equal([]);
  });

  it("never load nodegit into the controller's own process", () => {
    const reached = new Set(["main.ts"]);
    for (const file of reached) {
      for (const item of imports) {
        if (item.from === file && isRelative(item) && !item.typeOnly) reached.add(target(item));
      }
    }

    expect([...reached]).to.include("git/worker-pool.ts");
    expect(imports.some(({ to, typeOnly }) => to === "nodegit" && !typeOnly)).to.equal(true);
    const loads = imports.filter(
      ({ from, to, typeOnly }) => to === "nodegit" && !typeOnly && reached.has(from),
    );
    expect(loads.map(({ from }) => from)).to.deep.equal([]);
  });

  it("have no cycle of imports", () => {
    expect(findCycle()).to.deep.equal([]);
  });
});

describe("the files of controller/", () => {
  it(`are not longer than ${MAX_LINES} lines, but for generated ones`, () => {
    const long = files
      .filter((file) => !file.startsWith("api/generated/"))
      .map((file) => ({ file, lines: (textOf.get(file) ?? "").split("\n").length - 1 }))
      .filter(({ lines }) => lines > MAX_LINES)
      .map(({ file, lines }) => `${file}: ${lines}`);

    expect(long).to.deep.equal([]);
  });

  it("have no class but errors", () => {
    const classes = files.flatMap((file) =>
      [...withoutComments(file).matchAll(/^\s*(?:export )?(?:abstract )?class (\w+)(?: extends (\w+))?/gm)]
        .filter(([, , parent]) => !parent?.endsWith("Error"))
        .map(([, name]) => `${file}: ${name}`),
    );

    expect(classes).to.deep.equal([]);
  });

  it("read the time and wait through lib/clock.ts alone", () => {
    const clocks = /\b(?:Date\.now|performance\.now|setTimeout|setInterval)\(|\bnew Date\(\)/;
    // `main.ts` keeps the process alive by a timer that never rings; a worker process has no one to hand it a clock.
    const own = files.filter((file) => !["lib/clock.ts", "main.ts", "git/worker.ts"].includes(file));

    expect(own.filter((file) => clocks.test(withoutComments(file)))).to.deep.equal([]);
  });
});

function withoutComments(file: string): string {
  return (textOf.get(file) ?? "").replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
}

/** The files of one cycle, or nothing. */
function findCycle(): readonly string[] {
  const next = new Map<string, string[]>(files.map((file) => [file, []]));
  for (const item of imports) if (isRelative(item)) next.get(item.from)?.push(target(item));
  const finished = new Set<string>();

  function visit(file: string, path: readonly string[]): readonly string[] {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (finished.has(file)) return [];
    for (const other of next.get(file) ?? []) {
      const cycle = visit(other, [...path, file]);
      if (cycle.length > 0) return cycle;
    }
    finished.add(file);
    return [];
  }

  for (const file of files) {
    const cycle = visit(file, []);
    if (cycle.length > 0) return cycle;
  }
  return [];
}
