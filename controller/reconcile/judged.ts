import type { DriftFact, DriftKind } from "../api/drift.ts";
import type { Attachment, ObservedContainer } from "../docker/docker.ts";
import type { DesiredService } from "./desired.ts";
import type { ContainerVerdict } from "./judge-container.ts";
import type { Remedy } from "./service-labels.ts";

/** How a container that differs from what was made becomes it again. */
export type Repair =
  | { readonly act: "attach" | "reattach"; readonly attachment: Attachment }
  | { readonly act: "detach"; readonly network: string }
  | { readonly act: "rename"; readonly name: string }
  | { readonly act: "recreate" };

/** One way in which a running container differs from what was made. */
export interface Difference {
  readonly kind: DriftKind;
  readonly expected: string;
  readonly actual: string;
  /** The network that it is about, where there may be several. */
  readonly of?: string;
  readonly repair: Repair;
}

/** A drift fact with what healing needs to know. */
export interface Finding extends DriftFact {
  readonly cause: "outside" | "itself";
  readonly containerId?: string;
  /** The network or volume that it is about. */
  readonly of?: string;
  readonly repair?: Repair;
  readonly remedy?: Remedy;
  /** Healing leaves it so for as long, by its label. */
  readonly delayMs?: number;
}

/** One service and what its containers were found to be. */
export interface Judged {
  readonly service: DesiredService;
  readonly containers: readonly {
    readonly container: ObservedContainer;
    readonly verdict: ContainerVerdict;
    /** Only of a container that runs. */
    readonly differences: readonly Difference[];
    /** It is as it was made, and that is not on record yet. */
    readonly fresh: boolean;
  }[];
  /** It is a one-shot whose present run key completed, and its container is gone. */
  readonly finishedWithout: boolean;
  /** Its present run is recorded as completed. */
  readonly completed: boolean;
  /** A sync has not brought it up yet: what it has for containers is of before. */
  readonly left: boolean;
  /** Somebody is making its containers, and has until then (wall milliseconds) before anything of them is drift. */
  readonly madeUntil?: number | undefined;
}
