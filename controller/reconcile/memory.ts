import type { RenderedProject } from "../compose/compose.ts";
import { FRESH_BUDGET, type HealBudget } from "./budget.ts";
import type { CheckoutScope } from "./checkout-scope.ts";
import type { DesiredService } from "./desired.ts";
import { createGrowingMask } from "./secrets.ts";

/**
 * What is remembered of one Application between visits and may be lost with the process: it only saves work, or paces it.
 */
export interface Memory {
  budget: HealBudget;
  /** The opened rendering, by digest. */
  rendering?: {
    readonly digest: string;
    readonly json: string;
    readonly project: RenderedProject;
    readonly services: readonly DesiredService[];
  };
  /** Digest of a rendering that was opened → the values of Secrets in it. */
  readonly values: Map<string, readonly string[]>;
  /** Findings seen at the last visit → when each was first seen, monotonic milliseconds. */
  findings: ReadonlyMap<string, number>;
  /** How much of the repository the last rendering under this spec needed. */
  scope?: { readonly specHash: string; readonly paths: CheckoutScope };
  /** Lives of containers as the last gate saw them → since when, monotonic milliseconds. */
  lives?: ReadonlyMap<string, number>;
  /** The deadline of the gate that is waited for, monotonic milliseconds. */
  gate?: {
    readonly of: string;
    readonly endsAt: number;
    readonly said?: string;
    readonly isStopped?: boolean;
  };
  /** The last lines of a container, quoted, by its id and start. */
  lastWords?: { readonly of: string; readonly lines: readonly string[] };
  /** The mask of these Secrets' values and of all before them. */
  readonly maskOf: ReturnType<typeof createGrowingMask>;
}

export interface Memories {
  of(name: string): Memory;
  drop(name: string): void;
}

export function createMemories(): Memories {
  const all = new Map<string, Memory>();
  return {
    of(name) {
      const known = all.get(name);
      if (known !== undefined) return known;
      const fresh: Memory = {
        budget: FRESH_BUDGET,
        values: new Map(),
        findings: new Map(),
        maskOf: createGrowingMask(),
      };
      all.set(name, fresh);
      return fresh;
    },
    drop: (name) => void all.delete(name),
  };
}
