/**
 * Docker Compose behind a port: raw-file checks → one rendering → policy → pull, build → up from that very rendering.
 * Compose runs in a process group of its own with a clean environment, limits and a cancel; its exit codes only say
 * "something went wrong": what really runs is read from the engine.
 */
import type { ComposeVariable } from "../api/application.ts";
import type { Mask } from "../lib/mask.ts";
import type { ProcessIdentity } from "../lib/process-identity.ts";
import type { RenderPolicy } from "../policy/input.ts";

export type { ProcessIdentity };

/** What `docker compose config --format json` shows, as far as ConOps reads it. Everything else is kept as it came. */
export interface RenderedProject {
  readonly name: string;
  readonly services: Readonly<Record<string, RenderedService>>;
  readonly networks?: Readonly<
    Record<string, { readonly name?: string; readonly external?: boolean } | null>
  >;
  readonly volumes?: Readonly<
    Record<
      string,
      { readonly name?: string; readonly external?: boolean; readonly driver_opts?: unknown } | null
    >
  >;
  readonly configs?: Readonly<
    Record<string, { readonly file?: string; readonly content?: string; readonly environment?: string }>
  >;
  readonly secrets?: Readonly<Record<string, { readonly file?: string; readonly environment?: string }>>;
}

export interface RenderedService {
  readonly image?: string;
  readonly build?: { readonly context?: string; readonly dockerfile?: string };
  readonly container_name?: string;
  readonly depends_on?: Readonly<
    Record<
      string,
      {
        readonly condition: "service_started" | "service_healthy" | "service_completed_successfully";
        readonly required?: boolean;
        /** It is started again when Compose makes the other one anew. */
        readonly restart?: boolean;
      }
    >
  >;
  readonly deploy?: { readonly replicas?: number; readonly mode?: string };
  readonly scale?: number;
  readonly healthcheck?: {
    readonly test?: readonly string[] | string;
    readonly disable?: boolean;
    readonly start_period?: string;
  };
  readonly ports?: readonly unknown[];
  readonly volumes?: readonly {
    readonly type: string;
    readonly source?: string;
    readonly target: string;
    readonly read_only?: boolean;
  }[];
  readonly configs?: readonly { readonly source: string; readonly target?: string }[];
  readonly secrets?: readonly { readonly source: string; readonly target?: string }[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly environment?: Readonly<Record<string, string | null>>;
  readonly restart?: string;
  readonly profiles?: readonly string[];
  readonly [key: string]: unknown;
}

/**
 * Something that a container is given beside its configuration: a bind, a config, a secret. Compose's config hash says
 * nothing of what is in it.
 */
export interface RepositoryMount {
  /** As people know it: `conf/nginx.conf`, `configs.app`. */
  readonly name: string;
  /**
   * `folder`: the container sees every later change. `file`: it keeps the file that was there when it started. `copy`: it
   * keeps what there was when it was made.
   */
  readonly how: "folder" | "file" | "copy";
  /** Repository-relative: the path that is mounted, and where links lead from there. */
  readonly paths: readonly string[];
  /** What is written in the Compose file itself, or comes from a variable. */
  readonly content?: string;
}

/** Something of the repository that is not in the checkout. */
export interface LeftOut {
  /** Repository-relative. */
  readonly path: string;
  /** Of the refusal. */
  readonly reason: "UnsafePath" | "UnsupportedContent";
  /** `it is a symbolic link, and it leads out of the repository` */
  readonly why: string;
  /** A folder without it is not what Git has, either: the use of one that holds it is refused, too. */
  readonly spoilsFolders: boolean;
}

export interface RenderRequest {
  /** The Compose project's name. */
  readonly project: string;
  /** Root of the staged checkout; its path holds a random token, so that it can be replaced in the rendering. */
  readonly stagingDir: string;
  /** Root of the stable checkout, which the rendering names in its place. */
  readonly stableDir: string;
  /** Repository-relative: a Compose file, or a folder that holds one under Compose's usual names. */
  readonly path: string;
  readonly overrides: readonly string[];
  readonly profiles: readonly string[];
  readonly env: readonly ComposeVariable[];
  readonly envFiles: readonly string[];
  readonly allowUnset: readonly string[];
  /** What was not checked out: its use is refused. */
  readonly leftOut?: readonly LeftOut[];
  /** What is allowed beside what never is; everything when absent. */
  readonly policy?: RenderPolicy;
  /** Takes secrets out of every message and warning. */
  readonly mask?: Mask;
}

export interface Rendering {
  /** The project as JSON, with stable paths: what policy, record and `up` use. */
  readonly json: string;
  /** SHA-256 of `json`. */
  readonly digest: string;
  readonly project: RenderedProject;
  /** The project's folder in the stable checkout: `--project-directory`. */
  readonly projectDir: string;
  /** The same rendering with staging paths: for pull and build, before the stable checkout changes. */
  readonly stagedJson: string;
  readonly stagedProjectDir: string;
  /** Repository files that the services use (binds, configs, secrets, build contexts, env files): path or folder, per service. */
  readonly usedPaths: Readonly<Record<string, readonly string[]>>;
  /** By service: what its containers are given beside their configuration, as far as it is the repository's. */
  readonly mounts: Readonly<Record<string, readonly RepositoryMount[]>>;
  /**
   * Everything of the repository that the rendering depends on, sorted: what was read, what was looked for in vain, what the
   * services use, and where links led from there. Another checkout with the same below these paths renders to the same.
   */
  readonly lookedAt: readonly string[];
  readonly warnings: readonly string[];
}

/** What pull and build need of a rendering. */
export type StagedRendering = Pick<Rendering, "project" | "stagedJson" | "stagedProjectDir">;

export interface RunOptions {
  /** Ends the process group: SIGTERM, then SIGKILL. */
  readonly signal: AbortSignal;
  /** Called and awaited before the program runs; when it rejects, the program is never started. */
  readonly onSpawn?: (process: ProcessIdentity) => Promise<void>;
  /** Called with each redacted line of output, as it comes. */
  readonly onLine?: (line: string) => void;
  /** Takes secrets out of every line of output. */
  readonly mask?: Mask;
  /** Registry credentials, as Docker's `config.json` holds them, in the place of the user's own. */
  readonly dockerConfig?: string;
}

export interface RunResult {
  /** `exited`: by itself. `limit`: ended by ConOps after its limit. `cancelled`: ended by the signal. */
  readonly ended: "exited" | "limit" | "cancelled";
  readonly exitCode: number | undefined;
  /** The last lines of output, redacted; at most 64 KiB. */
  readonly output: string;
}

export interface UpOptions {
  /** Only these services, without their dependencies (`--no-deps`); all of them when absent. */
  readonly services?: readonly string[];
  readonly removeOrphans: boolean;
  readonly forceRecreate?: boolean;
  /** What runs stays as it is, also where Compose would make it anew. */
  readonly noRecreate?: boolean;
}

export interface Compose {
  /** Compose's version, read once. */
  version(signal: AbortSignal): Promise<string>;
  /** Raw-file checks, rendering, policy. Throws RenderError: terminal, but where the machine is at fault. */
  render(request: RenderRequest, signal: AbortSignal): Promise<Rendering>;
  pull(rendering: StagedRendering, policy: "missing" | "always", run: RunOptions): Promise<RunResult>;
  build(rendering: StagedRendering, run: RunOptions): Promise<RunResult>;
  /** `up -d --no-build --pull never -f -` from this JSON. */
  up(
    project: string,
    target: { readonly json: string; readonly projectDir: string },
    options: UpOptions,
    run: RunOptions,
  ): Promise<RunResult>;
  /**
   * service → the config hash that `up` from this JSON would label its containers with; undefined when Compose cannot say.
   * Asks no engine. Of a service that lives in another's namespace, or mounts its volumes, the hash is of that text.
   */
  hashes(
    project: string,
    target: { readonly json: string; readonly projectDir: string },
    run: RunOptions,
  ): Promise<Readonly<Record<string, string>> | undefined>;
  /** Stops the project's containers, by label; nothing is removed. */
  stop(project: string, run: RunOptions): Promise<RunResult>;
  /** Removes the project's containers and networks, by label alone, from an empty folder; volumes only if asked. */
  down(project: string, options: { readonly volumes: boolean }, run: RunOptions): Promise<RunResult>;
}
