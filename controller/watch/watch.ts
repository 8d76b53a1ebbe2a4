/**
 * The loops that notice change outside and name a key. They keep a cache and decide nothing.
 */
import type { RevisionWanted } from "../api/application.ts";
import type { Push } from "../api/push.ts";
import type { Reason } from "../api/reasons.ts";
import type { LocalImage, ObservedContainer, ProjectObjects } from "../docker/docker.ts";
import type { Remote } from "../git/git.ts";

export interface Follow {
  readonly remote: Remote;
  readonly revision: RevisionWanted;
  readonly intervalMs: number;
}

/** What is known of the source of one Application. Times are wall milliseconds. */
export interface SourceState {
  /** The last poll that succeeded. */
  readonly checkedAt?: number;
  /** When the last poll that has ended began, whether it succeeded or not. */
  readonly polledAt?: number;
  /** The revision wanted resolves to this commit, as of `checkedAt`. Kept while the remote is down. */
  readonly revision?: string;
  /** The full ref that led to it; none for a pinned commit. */
  readonly ref?: string;
  /** The object of the annotated tag that `ref` is, which holds its signature; the same commit may get another tag. */
  readonly tagObject?: string;
  /** Where the remote redirects to. */
  readonly movedTo?: string;
  readonly error?: { readonly reason: Reason; readonly message: string; readonly since: number };
}

/** What came of a wish to look: a poll of its own, a part in one that others asked for, none (it is known), or nobody follows. */
export type LookAnswer = "asked" | "joined" | "seen" | "unknown";

export interface GitInformer {
  /** Declares interest; a changed `follow` is polled at once. The same one again does nothing. */
  follow(name: string, follow: Follow): void;
  unfollow(name: string): void;
  get(name: string): SourceState;
  /** Polls the remote of `name` now (or as soon as its host has a place), and names the key afterwards, whatever came of it. */
  refresh(name: string): void;
  /**
   * Somebody says that these refs moved (none named: something did). Polls the remote of `name` now, unless the last poll has
   * seen that already or a poll that begins later will; names the key only when there is news. A push that arrives while a
   * poll is under way is never lost. However many ask, looks of one remote begin half a second apart.
   */
  look(name: string, pushes: readonly Push[]): LookAnswer;
  close(): Promise<void>;
}

/** How a container came to its end, where the event stream saw it. */
export interface Ending {
  readonly exitCode: number;
  /** By kill, stop, rm or a stopping engine; false: it ended by itself. */
  readonly byHand: boolean;
  readonly at: number;
  /** How often in a row it has ended by itself within a minute of its start; not there where its start was not seen. */
  readonly quick?: number;
  /** The kernel ended it, for want of memory. */
  readonly outOfMemory?: boolean;
}

export interface DockerInformer {
  /** The first complete list is in, and the event stream is open. */
  hasSynced(): boolean;
  /** While the engine does not answer: since when, and what it said. The cache is then old. */
  down(): { readonly since: number; readonly message: string } | undefined;
  engineId(): string | undefined;
  /** As of the last connection: what it shows of a container may be written otherwise by another version. */
  engineVersion(): string | undefined;
  /** The containers of a Compose project, one-offs included, as of the last event. */
  project(project: string): readonly ObservedContainer[];
  /** The networks and volumes with that project's label; undefined while they are not known. */
  objects(project: string): ProjectObjects | undefined;
  /** How the container with this id last ended, if that was seen. */
  ending(containerId: string): Ending | undefined;
  /** Reads the project afresh from the engine into the cache, objects too, and returns its containers. */
  refresh(project: string, signal: AbortSignal): Promise<readonly ObservedContainer[]>;
  close(): Promise<void>;
}

/** The image of one service that somebody wants to hear of. */
export interface FollowedImage {
  /** As the rendering names it. */
  readonly image: string;
  /**
   * Ask its registry, too, with this login (the header X-Registry-Auth; empty for none, `own` for that of the user who runs
   * ConOps).
   */
  readonly lookUp?: { readonly login: string };
}

/** What is known of an image in its registry. */
export interface RegistryImage {
  /** Of the last look-up that succeeded. */
  readonly digest?: string;
  /** Why it cannot be looked up: several times in a row by now. */
  readonly error?: { readonly reason: Reason; readonly message: string };
}

export interface ImageInformer {
  /** Declares interest: service → image. The same again does nothing. */
  follow(name: string, images: Readonly<Record<string, FollowedImage>>): void;
  unfollow(name: string): void;
  /** What the name of the service's image stands for on this host; undefined while that is not known, or for nothing. */
  local(name: string, service: string): LocalImage | undefined;
  /** The image with this id, with all of its names. */
  byId(id: string): LocalImage | undefined;
  /**
   * What the registry has, as of a look-up that began after the last `taken`; empty while nothing is known, undefined where it
   * is never asked.
   */
  registry(name: string, service: string): RegistryImage | undefined;
  /** The same for all of its images whose registries are asked; undefined for who does not follow. */
  lookUps(name: string): readonly RegistryImage[] | undefined;
  /** The images of this Application have just been pulled: what was looked up before says nothing any more. */
  taken(name: string): void;
  /** An image of the engine was pulled, named or removed. */
  changed(): void;
  /** Events may have been missed: resolves when the images have been listed anew, or cannot be; never rejects. */
  refresh(): Promise<void>;
  close(): Promise<void>;
}
