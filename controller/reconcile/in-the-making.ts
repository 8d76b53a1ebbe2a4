/**
 * Whoever runs Compose by hand makes containers step by step: what is seen in between is no drift, until it lasts. Pure; times
 * are wall milliseconds.
 */
import type { ObservedContainer } from "../docker/docker.ts";

/** Between making a container and starting it Compose does nothing else, unless it waits for others. */
const BEFORE_START_MS = 5000;
/** While one container takes another one's place, that one has its time to stop. */
const BEFORE_REPLACED_MS = 15_000;
/** Compose's name for a container that is about to take another one's place. */
const REPLACEMENT = /^[0-9a-f]{12}_/;

/** Until when a service with these containers is in the making; undefined: it is not. */
export function madeUntil(
  containers: readonly { readonly container: ObservedContainer }[],
  now = Number.POSITIVE_INFINITY,
): number | undefined {
  const ends = containers
    .filter(({ container: { state, error } }) => state === "created" && error === "")
    .map(({ container: { name, createdAt } }) => {
      const isReplacement = containers.length > 1 && REPLACEMENT.test(name);
      return { createdAt, end: createdAt + (isReplacement ? BEFORE_REPLACED_MS : BEFORE_START_MS) };
    })
    // What was made in the future, was made before the clock was set back.
    .filter(({ createdAt, end }) => createdAt <= now && now < end)
    .map(({ end }) => end);
  return ends.length === 0 ? undefined : Math.max(...ends);
}
