/** What an apply changes and why: what `conops diff` prints, and what a sync says of itself. */
import { API_VERSION } from "./application.ts";

/** What is done to an object. The first four end what runs. */
export const CHANGE_ACTS = [
  "recreate",
  "restart",
  "signal",
  "remove",
  "create",
  "run",
  "start",
  "scale",
  "pull",
  "build",
] as const;
export type ChangeAct = (typeof CHANGE_ACTS)[number];

export const CHANGE_CAUSES = [
  "Field",
  "Image",
  "Files",
  "Missing",
  "Stopped",
  "Replicas",
  "Network",
  "Volume",
  "Namespace",
  "Dependency",
  "Modified",
  "Unknown",
  "Orphan",
  "OneShot",
] as const;
export type ChangeCause = (typeof CHANGE_CAUSES)[number];

/** Values are masked: of one that holds a Secret's, only that it changed is told. */
export interface ChangeReason {
  readonly cause: ChangeCause;
  /** Dotted path within the object, such as `environment.TAG`. */
  readonly field?: string;
  /** As JSON would have it, but for plain strings; absent where there is none. */
  readonly from?: string;
  readonly to?: string;
  /** Repository-relative. */
  readonly files?: readonly string[];
  /** The service because of which. */
  readonly service?: string;
  readonly text: string;
}

export interface Change {
  readonly object: "service" | "network" | "volume" | "image";
  readonly name: string;
  readonly act: ChangeAct;
  /** Whether it comes to that depends on what nobody knows beforehand: the image that a pull or a build will bring. */
  readonly perhaps?: true;
  /** Names of the containers that it is done to; of those that are made, none. */
  readonly containers?: readonly string[];
  /** Never empty. */
  readonly reasons: readonly ChangeReason[];
  /** All of it in one sentence. */
  readonly text: string;
}

export interface DiffRevision {
  readonly revision: string;
  /** In full, such as `refs/heads/main`; none for a pinned commit. */
  readonly ref?: string;
  readonly subject?: string;
}

export interface ApplicationDiff {
  readonly apiVersion: typeof API_VERSION;
  readonly kind: "ApplicationDiff";
  readonly metadata: { readonly name: string };
  readonly project: string;
  /** What was applied last; absent when nothing was. */
  readonly from?: DiffRevision;
  readonly to: DiffRevision;
  readonly differs: boolean;
  readonly changes: readonly Change[];
  /** What else there is to know: what stays as it is, and why a sync may wait. */
  readonly notes: readonly string[];
  readonly warnings: readonly string[];
}
