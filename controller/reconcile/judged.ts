import type { DriftFact } from "../api/drift.ts";
import type { ObservedContainer } from "../docker/docker.ts";
import type { DesiredService } from "./desired.ts";
import type { ContainerVerdict } from "./judge-container.ts";
import type { Remedy } from "./service-labels.ts";

/** A drift fact with what healing needs to know. */
export interface Finding extends DriftFact {
  readonly cause: "outside" | "itself";
  readonly containerId?: string;
  readonly remedy?: Remedy;
}

/** One service and what its containers were found to be. */
export interface Judged {
  readonly service: DesiredService;
  readonly containers: readonly {
    readonly container: ObservedContainer;
    readonly verdict: ContainerVerdict;
  }[];
  /** It is a one-shot whose present run key completed, and its container is gone. */
  readonly finishedWithout: boolean;
  /** Its present run is recorded as completed. */
  readonly completed: boolean;
  /** A sync has not brought it up yet: what it has for containers is of before. */
  readonly left: boolean;
}
