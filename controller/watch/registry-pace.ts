/** How often one registry is asked: look-ups keep a distance, and a registry that asks for fewer of them is left alone. */
import type { Clock } from "../lib/clock.ts";
import { DOCKER_HUB } from "../lib/image-reference.ts";

export interface RegistryPace {
  /** How long the next look-up of this registry has to wait. A look-up that need not wait takes its moment by asking. */
  waitMs(registry: string, isKnown: boolean): number;
  /** The registry asks for fewer look-ups, for so long where it says so. */
  pause(registry: string, retryAfterMs: number | undefined): void;
  /** It answers. */
  answered(registry: string): void;
}

const MINUTE = 60_000;
const DISTANCE_MS = 100;
/**
 * The engine reads the manifest, which Docker's own registry counts as a pull, of which it grants an address without a login
 * a hundred in six hours, and a person two hundred: at least half are left for pulls.
 */
const HUB_DISTANCE_MS = { anonymous: 8 * MINUTE, known: 4 * MINUTE } as const;
/** Where a registry does not say for how long; doubled each time, up to the last. */
const PAUSE_MS = { first: 10 * MINUTE, last: 4 * 60 * MINUTE } as const;

export function createRegistryPace(clock: Clock): RegistryPace {
  const free = new Map<string, number>();
  const pauses = new Map<string, number>();
  return {
    waitMs(registry, isKnown) {
      const now = clock.monotonic();
      const waitMs = (free.get(registry) ?? now) - now;
      if (waitMs > 0) return waitMs;
      free.set(registry, now + distanceMs(registry, isKnown));
      return 0;
    },
    pause(registry, retryAfterMs) {
      const count = pauses.get(registry) ?? 0;
      pauses.set(registry, count + 1);
      const ms = retryAfterMs ?? Math.min(PAUSE_MS.first * 2 ** Math.min(count, 10), PAUSE_MS.last);
      free.set(registry, Math.max(free.get(registry) ?? 0, clock.monotonic() + ms));
    },
    answered: (registry) => void pauses.delete(registry),
  };
}

function distanceMs(registry: string, isKnown: boolean): number {
  if (registry !== DOCKER_HUB) return DISTANCE_MS;
  return isKnown ? HUB_DISTANCE_MS.known : HUB_DISTANCE_MS.anonymous;
}
