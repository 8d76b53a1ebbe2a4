/**
 * The folder of manifests, as a cache: which resources are declared, which documents are wrong, which absence is a
 * deletion. Level-triggered: it answers what holds now; `enqueue` only says "look again".
 */
import type { Fault } from "../api/application.ts";
import type { Resource } from "../api/resource.ts";

/** Where a document stands. */
export interface ManifestPlace {
  /** Registry-relative, POSIX separators. */
  readonly file: string;
  /** 0-based index of the document in its file. */
  readonly document: number;
}

/** What the registry says of one key. */
export type Declaration =
  | { readonly kind: "declared"; readonly resource: Resource; readonly place: ManifestPlace }
  /** The file that holds it is wrong at present: the last good spec goes on. */
  | { readonly kind: "invalid"; readonly faults: readonly Fault[]; readonly place: ManifestPlace }
  /** Not there, and not (yet) judged a deletion: grace, registry absent, Git operation under way. Nothing changes. */
  | { readonly kind: "absent"; readonly message: string }
  /** Not there, and the deletion is held until it is confirmed or the files return. */
  | { readonly kind: "held"; readonly message: string }
  | { readonly kind: "deleted" };

/** A one-time request: `application.NAME.ACTION.request.yaml` in the registry's root. */
export interface RegistryRequest {
  readonly action: "sync" | "retry" | "confirm-deletion";
  readonly name: string;
  readonly token: string;
  /** RFC 3339. */
  readonly requestedAt: string;
}

/** What the registry is told of things that it cannot see in the folder: from the records, and from statuses. */
export interface KnownResource {
  readonly key: string;
  /** Where it was last declared. */
  readonly place: ManifestPlace;
  /**
   * What had been judged of its absence: `decided`, its deletion has begun and needs no second judgement; `held`, it waits
   * for a confirmation or for its file. Default: nothing.
   */
  readonly deletion?: "decided" | "held";
}

export interface Registry {
  /**
   * Keys are those of api/resource.ts. A document that is wrong and has no readable kind or name, or whose key belongs to
   * another document, has the key `FILE#DOCUMENT`, and is only ever `invalid` (or `deleted` when it is gone).
   */
  get(key: string): Declaration;
  /**
   * What the key was last declared as, since this process began: still there while its manifest is wrong, absent or held.
   * Undefined when it never was, or is deleted.
   */
  lastGood(key: string): Resource | undefined;
  keys(): readonly string[];
  /** The first complete listing is in. */
  hasSynced(): boolean;
  /** False while the marker is missing or another registry's: nothing counts as deleted. */
  isPresent(): boolean;
  /** The registry's random id. */
  id(): string;
  /** The requests for the Application of this name. */
  requests(name: string): readonly RegistryRequest[];
  /** Removes the request's file, unless a newer one has replaced it. */
  consume(request: RegistryRequest): Promise<void>;
  /** The teardown of `key` is over: forget it. */
  forget(key: string): void;
  /** Lists the folder again, now. */
  relist(): Promise<void>;
  close(): Promise<void>;
}
