/**
 * What registries have, looked up now and then: one look-up for an image and a login, whatever the number of those who want
 * it; few at a time, and few for one registry. One that fails is made less and less often, and never given up.
 */
import { ReconcileError } from "../api/errors.ts";
import type { Docker } from "../docker/docker.ts";
import { createHostQueue } from "../git/host-queue.ts";
import type { Clock } from "../lib/clock.ts";
import { listedName, parseImageReference } from "../lib/image-reference.ts";
import { createRegistryPace } from "./registry-pace.ts";
import type { FollowedImage, RegistryImage } from "./watch.ts";

export interface LookUpsOptions {
  readonly docker: Pick<Docker, "registryDigest">;
  readonly clock: Clock;
  /** From 0 to below 1. */
  readonly random: () => number;
  readonly intervalMs: number;
  /** The login that the user who runs ConOps has for a registry; empty for none. Never rejects. */
  readonly ownLogin: (registry: string) => Promise<string>;
  /** What a look-up that began at `at` (monotonic) brought, and whether that is new. */
  readonly onAnswer: (
    wantedBy: ReadonlySet<string>,
    answer: { readonly at: number; readonly isNews: boolean },
  ) => void;
  readonly onLookUp?: (result: LookUpResult, seconds: number) => void;
}

export type LookUpResult = "success" | "error" | "rate_limited";

export interface LookUps {
  /** These are the images that `name` wants, and no others. */
  want(name: string, images: readonly FollowedImage[]): void;
  /** As of a look-up that began after `since` (monotonic); undefined for what nobody wants. */
  get(image: FollowedImage, since: number): RegistryImage | undefined;
  /** Looks it up as soon as its registry may be asked, if anybody wants it. */
  request(image: FollowedImage): void;
  close(): Promise<void>;
}

/** One image in its registry, as one login sees it. */
interface LookUp {
  readonly key: string;
  readonly image: string;
  readonly registry: string;
  readonly login: string;
  readonly wantedBy: Set<string>;
  phase: "idle" | "waiting" | "asking";
  failures: number;
  /** `at`: when the look-up began, monotonic. */
  known?: { readonly digest: string; readonly at: number };
  error?: NonNullable<RegistryImage["error"]>;
  cancelTimer: () => void;
}

/** As a login: that of the user who runs ConOps. Never a header, which is base64 of more than this. */
export const OWN_LOGIN = "own";
/** One failure is a moment's; it is told when it lasts. */
const TOLD_AFTER_FAILURES = 3;
const MAX_BACKOFF_MS = 60 * 60_000;
const FIRST_LOOK_WITHIN_MS = 30_000;
const JITTER = 0.1;
const CONCURRENT = { total: 8, proven: 2, unknown: 2, suspect: 1, suspects: 4, unproven: 6 };

export function createLookUps(options: LookUpsOptions): LookUps {
  const { docker, clock, random, intervalMs, onAnswer, onLookUp } = options;
  const stop = new AbortController();
  const lookUps = new Map<string, LookUp>();
  const queue = createHostQueue<LookUp>(CONCURRENT);
  const pace = createRegistryPace(clock);
  const asking = new Set<Promise<void>>();

  function attach(name: string, followed: FollowedImage): string | undefined {
    const { image, lookUp } = followed;
    const key = keyOf(followed);
    const reference = parseImageReference(image);
    if (key === undefined || reference === undefined) return undefined;
    const known = lookUps.get(key);
    if (known !== undefined) {
      known.wantedBy.add(name);
      return key;
    }
    const one: LookUp = {
      key,
      image,
      registry: reference.registry,
      login: lookUp?.login ?? "",
      wantedBy: new Set([name]),
      phase: "idle",
      failures: 0,
      cancelTimer: () => undefined,
    };
    lookUps.set(key, one);
    // Its image has just been pulled, or this process has just begun: in both cases nothing is urgent.
    lookAfter(one, random() * Math.min(intervalMs, FIRST_LOOK_WITHIN_MS));
    return key;
  }

  function lookAfter(one: LookUp, ms: number): void {
    one.cancelTimer();
    one.cancelTimer = clock.after(ms, () => lookNow(one));
  }

  function lookNow(one: LookUp): void {
    if (stop.signal.aborted || one.phase !== "idle") return;
    const waitMs = pace.waitMs(one.registry, one.login !== "" && one.login !== OWN_LOGIN);
    if (waitMs > 0) return lookAfter(one, waitMs * (1 + JITTER * random()));
    one.cancelTimer();
    one.phase = "waiting";
    queue.add(one.registry, one);
    pump();
  }

  function pump(): void {
    for (let taken = queue.take(); taken !== undefined; taken = queue.take()) {
      const work = ask(taken.item);
      asking.add(work);
      void work.finally(() => asking.delete(work));
    }
  }

  async function ask(one: LookUp): Promise<void> {
    const at = clock.monotonic();
    one.phase = "asking";
    const answer = await digestOf(one);
    one.phase = "idle";
    queue.done(one.registry, isSilence(answer) ? "timedOut" : "answered");
    if (stop.signal.aborted) return;
    // An engine that is down says nothing of a registry.
    if (typeof answer === "string" || answer.reason !== "EngineUnavailable") {
      onLookUp?.(resultOf(answer), (clock.monotonic() - at) / 1000);
      if (typeof answer === "string") note(one, { digest: answer, at });
      else noteFailure(one, answer);
    }
    if (lookUps.get(one.key) === one) lookAfter(one, delayMs(one));
    pump();
  }

  async function digestOf({ image, registry, login }: LookUp): Promise<string | ReconcileError> {
    try {
      const header = login === OWN_LOGIN ? await options.ownLogin(registry) : login;
      return await docker.registryDigest(image, header, stop.signal);
    } catch (error) {
      if (error instanceof ReconcileError) return error;
      const text = `Cannot look up image "${image}" in its registry: a fault of ConOps`;
      return new ReconcileError(text, { reason: "ImageLookupFailed", cause: error });
    }
  }

  function note(one: LookUp, known: NonNullable<LookUp["known"]>): void {
    pace.answered(one.registry);
    const isNews = one.known?.digest !== known.digest || one.error !== undefined;
    one.known = known;
    one.failures = 0;
    delete one.error;
    onAnswer(one.wantedBy, { at: known.at, isNews });
  }

  function noteFailure(one: LookUp, { reason, message, retryAfterMs }: ReconcileError): void {
    if (reason === "RateLimited") pace.pause(one.registry, retryAfterMs);
    one.failures += 1;
    if (one.failures < TOLD_AFTER_FAILURES) return;
    const isNews = one.error?.message !== message;
    one.error = { reason, message };
    onAnswer(one.wantedBy, { at: -Infinity, isNews });
  }

  function delayMs({ failures }: LookUp): number {
    const grownMs = intervalMs * 2 ** Math.max(0, Math.min(failures - 1, 20));
    return Math.min(grownMs, Math.max(MAX_BACKOFF_MS, intervalMs)) * (1 - JITTER * random());
  }

  return {
    want(name, images) {
      if (stop.signal.aborted) return;
      const wanted = new Set(images.map((image) => attach(name, image)));
      for (const one of lookUps.values()) {
        if (wanted.has(one.key) || !one.wantedBy.delete(name) || one.wantedBy.size > 0) continue;
        one.cancelTimer();
        queue.remove(one.registry, one);
        lookUps.delete(one.key);
      }
    },
    get(image, since) {
      const one = lookUps.get(keyOf(image) ?? "");
      if (one === undefined) return undefined;
      return {
        ...(one.known !== undefined && one.known.at > since && { digest: one.known.digest }),
        ...(one.error && { error: one.error }),
      };
    },
    request(image) {
      const one = lookUps.get(keyOf(image) ?? "");
      if (one !== undefined) lookNow(one);
    },
    async close() {
      stop.abort(new Error("the informer was closed"));
      for (const one of lookUps.values()) one.cancelTimer();
      await Promise.all(asking);
    },
  };
}

function keyOf({ image, lookUp }: FollowedImage): string | undefined {
  const name = listedName(image);
  return lookUp === undefined || name === undefined ? undefined : `${lookUp.login} ${name}`;
}

function resultOf(answer: string | ReconcileError): LookUpResult {
  if (typeof answer === "string") return "success";
  return answer.reason === "RateLimited" ? "rate_limited" : "error";
}

function isSilence(answer: string | ReconcileError): boolean {
  return (
    typeof answer !== "string" &&
    answer.reason === "ImageLookupFailed" &&
    answer.message.endsWith(" does not answer")
  );
}
