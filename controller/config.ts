/**
 * Flags and environment → one frozen Config. Every setting, its default and its meaning stand in settings.ts.
 */
import { resolve, sep } from "node:path";
import { parseInterval } from "./api/interval.ts";
import { parseSize } from "./api/size.ts";
import { UsageError } from "./cli/errors.ts";
import { didYouMean } from "./cli/did-you-mean.ts";
import { SETTINGS, type Flags, type SettingName } from "./settings.ts";

export interface Config {
  /** Absolute. */
  readonly manifestsDir: string;
  /** Absolute. */
  readonly dataDir: string;
  /** Where metrics and health answer; undefined when switched off. Port 0 lets the system choose. */
  readonly http: { readonly host: string; readonly port: number } | undefined;
  readonly logFormat: "json" | "pretty";
  readonly logLevel: "debug" | "info" | "warn" | "error";
  /** How many Applications are worked on at a time. */
  readonly concurrency: number;
  readonly shutdownTimeoutMs: number;
  readonly allowFileRepos: boolean;
  /** How large one file of a checkout may be, bytes. */
  readonly maxFileSize: number;
  /** What one fetch may receive, and all files of a checkout may have together, bytes. */
  readonly maxRepositorySize: number;
  /** Absolute; what SSH hosts may show, where no Secret says so. */
  readonly knownHostsFile: string | undefined;
  /** Absolute; certificates of authorities that count besides the system's. */
  readonly gitCaFile: string | undefined;
  /** What projects may ask of the host: built in, or in a file (absolute). */
  readonly policy: "default" | "restricted" | { readonly file: string };
  /** `unix:///path` or `tcp://host:port`. */
  readonly dockerHost: string;
  /** How often registries are asked for an image's digest; undefined when switched off. */
  readonly imageIntervalMs: number | undefined;
  /** How long a manifest must be gone before that counts as a deletion. */
  readonly deletionGraceMs: number;
}

/** The part of the configuration that every command reads. Absolute paths. */
export interface Folders {
  readonly manifestsDir: string;
  readonly dataDir: string;
}

/** The process as the configuration sees it. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Relative paths start here. */
  readonly cwd: string;
  /** The output is a terminal. */
  readonly isTTY: boolean;
}

/** Holds keys itself, as a file of keys does: no flag does, since every user of a machine sees its processes' arguments. */
export const KEY_VARIABLE = "CONOPS_ENCRYPTION_KEY";
/** Besides it, what is for tests of the program itself. */
const OTHER_VARIABLES = [KEY_VARIABLE, "CONOPS_FAILPOINT"];
const DELETION_GRACE_MS = 2000;
const LOG_FORMATS = ["json", "pretty"] as const;
const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;

/** The whole configuration of `run`. Throws UsageError that names flag or variable, value, and what was meant. */
export function readConfig(flags: Flags, surroundings: Surroundings): Config {
  const folders = readFolders(flags, surroundings);
  requireApart(folders);
  const { env, isTTY } = surroundings;
  const format = given(flags, env, "logFormat");
  const level = given(flags, env, "logLevel");
  return Object.freeze({
    ...folders,
    http: readHttp(given(flags, env, "http")),
    logFormat: format === undefined ? (isTTY ? "pretty" : "json") : oneOf(format, LOG_FORMATS),
    logLevel: level === undefined ? "info" : oneOf(level, LOG_LEVELS),
    concurrency: readConcurrency(given(flags, env, "concurrency")),
    shutdownTimeoutMs: readShutdownTimeout(given(flags, env, "shutdownTimeout")),
    allowFileRepos: readAllowFileRepos(flags, surroundings),
    maxFileSize: readSize(given(flags, env, "maxFileSize"), SETTINGS.maxFileSize.default),
    maxRepositorySize: readSize(given(flags, env, "maxRepositorySize"), SETTINGS.maxRepositorySize.default),
    knownHostsFile: readPath(flags, surroundings, "knownHosts"),
    gitCaFile: readPath(flags, surroundings, "gitCaFile"),
    policy: readPolicy(flags, surroundings),
    dockerHost: readDockerHost(given(flags, env, "dockerHost"), env),
    imageIntervalMs: readImageInterval(given(flags, env, "imageInterval")),
    deletionGraceMs: DELETION_GRACE_MS,
  });
}

/** The two folders alone, for commands that work on files. Throws UsageError. */
export function readFolders(flags: Flags, { env, cwd }: Surroundings): Folders {
  const manifests = given(flags, env, "manifests")?.value ?? SETTINGS.manifests.default;
  const data = given(flags, env, "dataDir")?.value ?? SETTINGS.dataDir.default;
  return { manifestsDir: resolve(cwd, manifests), dataDir: resolve(cwd, data) };
}

/** Whether file: URLs and local paths are allowed. Throws UsageError. */
export function readAllowFileRepos(flags: Flags, { env }: Surroundings): boolean {
  const found = given(flags, env, "allowFileRepos");
  if (found === undefined) return false;
  if (["true", "1"].includes(found.value)) return true;
  if (["false", "0"].includes(found.value)) return false;
  throw bad(found, "true or false");
}

/** The file of encryption keys, if somebody named one. Throws UsageError. */
export function givenKeyFile(flags: Flags, { env }: Surroundings): Given | undefined {
  return given(flags, env, "encryptionKeyFile");
}

/** One warning for each CONOPS_ variable that nobody reads, with the nearest one that somebody does. */
export function unknownVariables(env: Surroundings["env"]): readonly string[] {
  const known: string[] = [...Object.values(SETTINGS).map(({ variable }) => variable), ...OTHER_VARIABLES];
  return Object.keys(env)
    .filter((name) => name.startsWith("CONOPS_") && !known.includes(name))
    .toSorted()
    .map((name) => `Unknown variable ${name} has no effect.${didYouMean(name, known)}`);
}

/** A value that somebody gave, and by which name. */
export interface Given {
  readonly source: string;
  readonly value: string;
}

/** An empty variable counts as unset, as in shells and Compose; an empty flag is somebody's mistake. */
function given(flags: Flags, env: Surroundings["env"], name: SettingName): Given | undefined {
  const { flag, variable } = SETTINGS[name];
  const option = flag.split(" ")[0] ?? flag;
  const value = flags[name];
  if (value === "") throw bad({ source: option, value }, "a value");
  if (value !== undefined) return { source: option, value: String(value) };
  const fromEnv = env[variable];
  return fromEnv === undefined || fromEnv === "" ? undefined : { source: variable, value: fromEnv };
}

function bad({ source, value }: Given, meant: string): UsageError {
  return new UsageError(`Cannot use ${JSON.stringify(value)} for ${source}: expected ${meant}`);
}

function oneOf<Value extends string>(found: Given, values: readonly Value[]): Value {
  const match = values.find((value) => value === found.value);
  if (match !== undefined) return match;
  throw bad(found, `${values.slice(0, -1).join(", ")} or ${values.at(-1)}`);
}

function readHttp(found: Given | undefined): Config["http"] {
  const { source, value } = found ?? { source: "", value: SETTINGS.http.default };
  if (value === "off") return undefined;
  const parts = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]/]+)):(\d{1,5})$/.exec(value);
  const port = Number(parts?.[3]);
  if (parts === null || port > 65_535)
    throw bad({ source, value }, "HOST:PORT, such as 127.0.0.1:9464, or off");
  return { host: parts[1] ?? parts[2] ?? "", port };
}

function readPath(flags: Flags, { env, cwd }: Surroundings, name: SettingName): string | undefined {
  const found = given(flags, env, name);
  return found === undefined ? undefined : resolve(cwd, found.value);
}

function readPolicy(flags: Flags, surroundings: Surroundings): Config["policy"] {
  const name = given(flags, surroundings.env, "policy")?.value ?? SETTINGS.policy.default;
  if (name === "default" || name === "restricted") return name;
  return { file: resolve(surroundings.cwd, name) };
}

function readConcurrency(found: Given | undefined): number {
  if (found === undefined) return Number(SETTINGS.concurrency.default);
  const number = /^\d+$/.test(found.value) ? Number(found.value) : 0;
  if (number < 1 || number > 64) throw bad(found, "a whole number from 1 to 64");
  return number;
}

function readShutdownTimeout(found: Given | undefined): number {
  const { source, value } = found ?? { source: "", value: SETTINGS.shutdownTimeout.default };
  const ms = parseInterval(value);
  if (ms === undefined || ms > 3_600_000)
    throw bad({ source, value }, "a duration up to 1h, such as 20s or 1m30s");
  return ms;
}

function readImageInterval(found: Given | undefined): number | undefined {
  const { source, value } = found ?? { source: "", value: SETTINGS.imageInterval.default };
  if (value === "off") return undefined;
  const ms = parseInterval(value);
  if (ms === undefined || ms < 1000 || ms > 7 * 86_400_000)
    throw bad({ source, value }, "a duration from 1s to 168h, such as 5m, or off");
  return ms;
}

function readSize(found: Given | undefined, fallback: string): number {
  const bytes = parseSize(found?.value ?? fallback);
  if (bytes !== undefined && bytes > 0) return bytes;
  throw bad(found ?? { source: "", value: fallback }, "a size with its unit, such as 2GiB or 500MiB");
}

function readDockerHost(found: Given | undefined, env: Surroundings["env"]): string {
  const fallback = env["DOCKER_HOST"];
  const host = found ?? (fallback ? { source: "DOCKER_HOST", value: fallback } : undefined);
  if (host === undefined) return "unix:///var/run/docker.sock";
  if (/^unix:\/\/\/./.test(host.value) || /^(?:tcp|https?):\/\/[^/\s]+/.test(host.value)) return host.value;
  throw bad(host, "unix:///PATH or tcp://HOST:PORT");
}

/** Checkouts hold YAML files: inside the registry they would be taken for manifests. Dot-folders are never looked into. */
function requireApart({ manifestsDir, dataDir }: Folders): void {
  if (dataDir !== manifestsDir && !dataDir.startsWith(manifestsDir + sep)) return;
  const below = dataDir.slice(manifestsDir.length).split(sep);
  if (below.some((part) => part.startsWith("."))) return;
  throw new UsageError(
    `Cannot use ${JSON.stringify(dataDir)} for --data-dir: it lies in the folder of manifests, ` +
      `${JSON.stringify(manifestsDir)}; expected a folder elsewhere, or one whose name begins with a dot`,
  );
}
