/**
 * What rules judge: a rendered project, and what is known of the paths that it names. Nothing here or in the rules reads a
 * file or asks an engine.
 */
import type { Allowed } from "../api/policy.ts";
import type { Reason } from "../api/reasons.ts";

export type Fields = Readonly<Record<string, unknown>>;

/** What `docker compose config --format json` shows, its `$$` read as `$`; of any part anything may be there. */
export interface Project {
  readonly name: string;
  readonly services: Readonly<Record<string, Fields>>;
  readonly networks?: Fields;
  readonly volumes?: Fields;
  readonly configs?: Fields;
  readonly secrets?: Fields;
  readonly models?: Fields;
}

/** One place at which the project names a path of the machine. */
export interface UsedPath {
  readonly service: string;
  /** `volumes`, `build.context`, `secrets.db.file`. */
  readonly field: string;
  /** Absolute. */
  readonly path: string;
  /** `content` is read for the project, so it must be the repository's; `mount` the engine mounts. */
  readonly kind: "mount" | "content";
}

/** Something of the repository that is not in the checkout. */
export interface MissingPart {
  /** Repository-relative. */
  readonly path: string;
  readonly reason: "UnsafePath" | "UnsupportedContent";
  readonly why: string;
  /** The use of a folder that holds it is refused, too. */
  readonly spoilsFolders: boolean;
}

/** What the engine will find at a path. */
export interface Place {
  /** As written, and wherever links lead from there; absolute. At least one. */
  readonly paths: readonly string[];
  /** A link leads nowhere, in circles, or where this process may not look. */
  readonly leadsNowhere: boolean;
  /** It is the socket of an engine, whatever it is called. */
  readonly isDockerSocket: boolean;
}

/** What of the host is to be known whatever a project says. Absolute paths, as written and as they really are. */
export interface HostFacts {
  /** Sockets of engines. */
  readonly dockerSockets: readonly string[];
  /** Folders of ConOps itself: its data and its manifests. */
  readonly ownFolders: readonly string[];
}

/** What judging an Application's project takes: what is allowed to it, and the host that is protected. */
export interface RenderPolicy {
  readonly allowed: Allowed;
  readonly host: HostFacts;
}

export interface PolicyInput {
  readonly project: Project;
  readonly allowed: Allowed;
  readonly uses: readonly UsedPath[];
  /** Root of the checkout, as the engine will see it; the project's paths lie in it. */
  readonly root: string;
  /** What each path within `root` leads to: `outside` leaves it. */
  readonly kinds: ReadonlyMap<string, string>;
  readonly leftOut: readonly MissingPart[];
  /** By path as the project names it; of a path that is not in it, nothing but its name is known. */
  readonly places: ReadonlyMap<string, Place>;
  readonly host: HostFacts;
}

export interface Finding {
  /** Empty for what is the project's as a whole. */
  readonly service: string;
  /** `services.web.privileged`. */
  readonly field: string;
  /** What is wrong; names service and field. */
  readonly message: string;
}

export interface Rule {
  readonly name: string;
  readonly reason: Reason;
  readonly check: (input: PolicyInput) => readonly Finding[];
}

export interface Violation extends Finding {
  readonly rule: string;
  readonly reason: Reason;
}
