/** What the plan of an apply is made of, and what it says of services. Types only. */
import type { RenderedProject } from "../compose/compose.ts";
import type { ObservedContainer, ObservedNetwork, ObservedVolume } from "../docker/docker.ts";
import type { Mask } from "../lib/mask.ts";
import type { MadeService } from "../status/record.ts";
import type { DesiredService } from "./desired.ts";
import type { FieldChange } from "./field-changes.ts";

/** What is recorded of what runs. */
export interface MadeBefore {
  /** The latest first: of a try that has not ended, and of what was applied. None where the record cannot be opened. */
  readonly projects: readonly RenderedProject[];
  readonly services: Readonly<Record<string, MadeService>>;
}

/** What is to happen to a service because of files that it uses. */
export interface FileEffect {
  readonly how: "recreate" | "restart" | "signal";
  /** Repository-relative; empty where it is not known which. */
  readonly files: readonly string[];
}

export interface PlannedImage {
  readonly name: string;
  /** The id that the name stands for on this host; undefined when it is not there. */
  readonly id: string | undefined;
  /** What a sync has to do for it yet. */
  readonly act?: "pull" | "build";
  /** Why; with `act`. */
  readonly why?: string;
  /** Of a build: the repository files that changed, where that is known. */
  readonly files?: readonly string[];
  /** After that, the name may stand for another id. */
  readonly open: boolean;
}

export interface ExistingObjects {
  readonly networks: readonly Pick<ObservedNetwork, "id" | "name">[];
  readonly volumes: readonly Pick<ObservedVolume, "name">[];
}

export interface ApplyInput {
  /** As `up` is given it. */
  readonly project: RenderedProject;
  /** service → fingerprint of the config hash that Compose gives it; left out where that cannot be told beforehand. */
  readonly hashes: Readonly<Record<string, string>>;
  readonly containers: readonly ObservedContainer[];
  /** Undefined: nothing was ever applied. */
  readonly before: MadeBefore | undefined;
  /** By service. */
  readonly images: Readonly<Record<string, PlannedImage>>;
  /** What carries the project's label. */
  readonly objects: ExistingObjects;
  readonly files: Readonly<Record<string, FileEffect>>;
  /** What `up` names, without dependencies; undefined: everything. */
  readonly services: readonly string[] | undefined;
  readonly prune: boolean;
  /** Takes Secrets' values out of everything that is told. */
  readonly mask: Mask;
}

export type WhyObsolete =
  | { readonly cause: "Field"; readonly change: FieldChange }
  /** Undefined `to`: nobody knows yet. */
  | { readonly cause: "Image"; readonly name: string; readonly from: string; readonly to: string | undefined }
  /** `remade`: it is in that network, which is made anew. */
  | { readonly cause: "Network" | "Volume"; readonly name: string; readonly remade?: true }
  /** It shares something with that service's container, which is made anew. */
  | { readonly cause: "Namespace"; readonly service: string }
  /** Somebody else made it, or changed it. */
  | { readonly cause: "Modified" }
  /** Compose's hash of it is another one, and no field tells why: another version of Compose, or no record. */
  | { readonly cause: "Unknown" };

/** It depends on that service with `restart: true`, which is made anew. */
export interface WhyRestarted {
  readonly cause: "Dependency";
  readonly service: string;
  readonly perhaps: boolean;
}

export interface Obsolete {
  readonly why: readonly WhyObsolete[];
  /** It depends on an image that is not known yet, or on another service for which it does. */
  readonly perhaps: boolean;
}

/** What is done to a container that is there. `restart`: ended and started again, as it is. */
export type ContainerAct = "keep" | "start" | "restart" | "signal" | "recreate" | "remove";

export interface PlannedContainer {
  readonly container: ObservedContainer;
  readonly act: ContainerAct;
  /** It may come to `keep` instead. */
  readonly perhaps: boolean;
}

export interface PlannedService {
  readonly service: DesiredService;
  readonly containers: readonly PlannedContainer[];
  /** So many are made that are not there. */
  readonly created: number;
  /** Why those with `recreate` are made anew. */
  readonly obsolete: Obsolete | undefined;
  /** What its files ask for, where that is done. */
  readonly files: FileEffect | undefined;
  /** Why what runs and stays is ended and started again. */
  readonly restart: WhyRestarted | undefined;
}

/** Whose containers get another id: for certain, perhaps, or because there was none. */
export type MadeAnew = ReadonlyMap<string, "surely" | "perhaps" | "created">;
