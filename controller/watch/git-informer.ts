/**
 * Asks remotes for their refs, and names the Applications whose source changed. One poll for a remote, whatever the number of
 * its followers; few polls at a time, hosts taking turns; a remote that fails is asked less and less often, and never
 * forgotten. It keeps what it last saw, and decides nothing.
 */
import type { RevisionWanted } from "../api/application.ts";
import type { Push } from "../api/push.ts";
import type { Git, Remote } from "../git/git.ts";
import { createHostQueue, type Rank } from "../git/host-queue.ts";
import { hostOf } from "../git/remote-url.ts";
import type { Clock } from "../lib/clock.ts";
import { hashOf } from "../lib/hash.ts";
import type { Log } from "../lib/log.ts";
import { tellNews } from "./git-news.ts";
import { createStartPace, delayAfter, verdictOf, type Answer, type Polled } from "./git-pace.ts";
import { differs, initialState, isBriefPause, stateAfterAnswer, stateAfterFailure } from "./git-source.ts";
import { createHints, isSeen, type Hints } from "./hints.ts";
import type { Follow, GitInformer, SourceState } from "./watch.ts";

export interface GitInformerOptions {
  readonly git: Pick<Git, "listRefs">;
  readonly clock: Clock;
  /** 0 to 1. */
  readonly random: () => number;
  readonly log: Log;
  /** Called when the revision, the ref or the error of a source changes, and after its first answer. */
  readonly enqueue: (name: string) => void;
  /** Called for every follower of a remote that was polled. */
  readonly onPolled?: (name: string, ok: boolean, seconds: number) => void;
  /** Ends everything, as `close` does. */
  readonly signal: AbortSignal;
}

interface Follower {
  readonly follow: Follow;
  readonly state: SourceState;
  /** A pinned commit needs one answer, and no poll after that. */
  readonly isDone: boolean;
  /** Somebody asked for a poll that begins after this, wall milliseconds, and wants to hear of it. */
  readonly askedAt?: number;
}

interface PolledRemote {
  /** As it was followed last: its credential may change. */
  remote: Remote;
  readonly host: string;
  readonly followers: Set<string>;
  readonly stop: AbortController;
  phase: "idle" | "waiting" | "polling";
  /** Asked for while a poll was under way, which may have looked too early. */
  again: boolean;
  readonly hints: Hints;
  isAsked: boolean;
  failures: number;
  cancelTimer: () => void;
}

const CONCURRENT_POLLS = { total: 32, proven: 8, unknown: 4, suspect: 1, suspects: 16, unproven: 24 };

export function createGitInformer(options: GitInformerOptions): GitInformer {
  const { git, clock, random, log, enqueue, signal } = options;
  const followers = new Map<string, Follower>();
  const remotes = new Map<string, PolledRemote>();
  const queue = createHostQueue<PolledRemote>(CONCURRENT_POLLS);
  const startPace = createStartPace(clock);
  const polls = new Set<Promise<void>>();
  let closed = false;

  function attach(name: string, remote: Remote): PolledRemote {
    const polled = remotes.get(remote.id) ?? {
      remote,
      host: hostOf(remote.url),
      followers: new Set(),
      stop: new AbortController(),
      phase: "idle",
      again: false,
      hints: createHints(clock),
      isAsked: false,
      failures: 0,
      cancelTimer: () => undefined,
    };
    polled.remote = remote;
    remotes.set(remote.id, polled);
    polled.followers.add(name);
    return polled;
  }

  function detach(name: string, { id }: Remote): void {
    const polled = remotes.get(id);
    polled?.followers.delete(name);
    if (polled === undefined || polled.followers.size > 0) return;
    remotes.delete(id);
    forget(polled);
  }

  function forget(polled: PolledRemote): void {
    polled.cancelTimer();
    queue.remove(polled.host, polled);
    polled.stop.abort(new Error("nobody follows this remote any more"));
  }

  /** Sees to it that a poll begins from now on, and not before. */
  function request(polled: PolledRemote, where: Rank): void {
    polled.cancelTimer();
    if (polled.phase === "polling") polled.again = true;
    const isMoved = polled.phase === "waiting" && where === "front" && queue.remove(polled.host, polled);
    if (polled.phase !== "idle" && !isMoved) return;
    polled.phase = "waiting";
    queue.add(polled.host, polled, where);
    queueMicrotask(pump); // who asks together with others is served by one poll
  }

  /** At once, unless very many of one host come together. */
  function firstLook(polled: PolledRemote): void {
    const isNew = !polled.isAsked && polled.phase === "idle";
    if (isNew && polled.followers.size > 1) return; // its moment is set
    const waitMs = isNew ? startPace.waitMs(polled.host) : 0;
    polled.cancelTimer();
    if (waitMs === 0) request(polled, "front");
    else polled.cancelTimer = clock.after(waitMs, () => request(polled, "front"));
  }

  /** Sees to it that a poll begins soon, however many ask. */
  function lookSoon(polled: PolledRemote): void {
    const begin = (): void => {
      polled.hints.began();
      request(polled, "front");
    };
    const waitMs = polled.hints.waitMs();
    polled.cancelTimer();
    if (waitMs === 0) begin();
    else polled.cancelTimer = clock.after(waitMs, begin);
  }

  /** As `isSeen`; a follower that needs no more polls has seen all. */
  function hasSeen(name: string, pushes: readonly Push[]): boolean {
    const known = followers.get(name);
    return known === undefined || known.isDone || isSeen(known.follow, known.state, pushes);
  }

  function pump(): void {
    for (let taken = queue.take(); taken !== undefined; taken = queue.take()) {
      const work = poll(taken.item);
      polls.add(work);
      void work.then(() => polls.delete(work));
    }
  }

  async function poll(polled: PolledRemote): Promise<void> {
    const startedAt = clock.monotonic();
    const beganAt = clock.now();
    const isFirst = !polled.isAsked;
    polled.isAsked = true;
    polled.phase = "polling";
    const wanted = wantedOf(polled);
    const answer = await ask(polled, wanted);
    const isGone = polled.stop.signal.aborted;
    queue.done(polled.host, isGone ? undefined : verdictOf(answer));
    polled.phase = "idle";
    if (!isGone) {
      polled.failures = answer.ok ? 0 : polled.failures + 1;
      const spentMs = clock.monotonic() - startedAt;
      for (const name of Array.from(polled.followers)) {
        // Whoever came meanwhile wants what was not asked for; a poll for them follows.
        const revision = followers.get(name)?.follow.revision;
        if (revision !== undefined && wanted.includes(revision)) tell(name, answer, spentMs / 1000, beganAt);
      }
      goOn(polled, { spentMs, isFirst, ...(!answer.ok && { error: answer.error }) });
    }
    pump();
  }

  function wantedOf(polled: PolledRemote): RevisionWanted[] {
    return Array.from(polled.followers).flatMap((name) => followers.get(name)?.follow.revision ?? []);
  }

  async function ask({ remote, stop }: PolledRemote, wanted: readonly RevisionWanted[]): Promise<Answer> {
    try {
      return { ok: true, advertised: await git.listRefs(remote, stop.signal, wanted) };
    } catch (error) {
      return { ok: false, error };
    }
  }

  function tell(name: string, answer: Answer, seconds: number, beganAt: number): void {
    const follower = followers.get(name);
    if (follower === undefined || follower.isDone) return;
    const { follow, state, askedAt } = follower;
    const now = clock.now();
    if (!answer.ok && askedAt === undefined && isBriefPause(state, answer.error, now)) return;
    const after = answer.ok
      ? stateAfterAnswer(follower, answer.advertised, now)
      : stateAfterFailure(follower, answer.error, now);
    const next: SourceState = { ...after, polledAt: beganAt };
    const isAnswer = askedAt !== undefined && askedAt <= beganAt;
    followers.set(name, {
      follow,
      state: next,
      isDone: answer.ok && follow.revision.kind === "commit",
      ...(askedAt !== undefined && !isAnswer && { askedAt }),
    });
    options.onPolled?.(name, answer.ok, seconds);
    const isFirst = state.checkedAt === undefined && state.error === undefined;
    const isNews = isFirst || differs(state, next);
    if (isNews) tellNews(log, name, { before: state, after: next });
    if (isNews || isAnswer) enqueue(name);
  }

  function goOn(polled: PolledRemote, last: Pick<Polled, "spentMs" | "isFirst" | "error">): void {
    const isUnseen = polled.hints.takeUnseen(hasSeen);
    if (polled.again && !polled.stop.signal.aborted) request(polled, "front");
    polled.again = false;
    const intervalMs = intervalOf(polled);
    if (intervalMs === undefined || polled.phase !== "idle" || polled.stop.signal.aborted) return;
    const { failures } = polled;
    const rank = failures === 0 ? "middle" : "back";
    const delayMs = delayAfter({ ...last, intervalMs, failures }, random());
    polled.cancelTimer = clock.after(delayMs, () => request(polled, rank));
    if (isUnseen) lookSoon(polled);
  }

  /** The smallest of those that still need polls; undefined when nobody does. */
  function intervalOf(polled: PolledRemote): number | undefined {
    let smallest: number | undefined;
    for (const name of polled.followers) {
      const follower = followers.get(name);
      if (follower === undefined || follower.isDone) continue;
      smallest = Math.min(smallest ?? Infinity, follower.follow.intervalMs);
    }
    return smallest;
  }

  async function close(): Promise<void> {
    closed = true;
    signal.removeEventListener("abort", onAbort);
    for (const polled of remotes.values()) forget(polled);
    remotes.clear();
    await Promise.all(polls);
  }

  function onAbort(): void {
    void close(); // never rejects
  }

  if (signal.aborted) closed = true;
  else signal.addEventListener("abort", onAbort, { once: true });

  return {
    follow(name, follow) {
      const known = followers.get(name);
      if (closed || (known !== undefined && hashOf(known.follow) === hashOf(follow))) return;
      const keepsState =
        known !== undefined &&
        known.follow.remote.id === follow.remote.id &&
        hashOf(known.follow.revision) === hashOf(follow.revision);
      const state = keepsState ? known.state : initialState(follow);
      followers.set(name, { follow, state, isDone: false });
      const polled = attach(name, follow.remote);
      if (known !== undefined && known.follow.remote.id !== follow.remote.id)
        detach(name, known.follow.remote);
      if (!keepsState && state.revision !== undefined) enqueue(name);
      firstLook(polled);
    },
    unfollow(name) {
      const known = followers.get(name);
      if (known === undefined) return;
      followers.delete(name);
      detach(name, known.follow.remote);
    },
    get: (name) => followers.get(name)?.state ?? {},
    refresh(name) {
      const known = followers.get(name);
      const polled = known && remotes.get(known.follow.remote.id);
      if (known === undefined || polled === undefined) return;
      followers.set(name, { ...known, isDone: false, askedAt: clock.now() });
      request(polled, "front");
    },
    look(name, pushes) {
      const known = followers.get(name);
      const polled = known && remotes.get(known.follow.remote.id);
      if (polled === undefined) return "unknown";
      if (polled.phase === "polling") {
        polled.hints.during(name, pushes);
        return "joined";
      }
      if (hasSeen(name, pushes)) return "seen";
      const isJoined = polled.phase === "waiting" || polled.hints.waitMs() > 0;
      if (polled.phase === "waiting") request(polled, "front");
      else lookSoon(polled);
      return isJoined ? "joined" : "asked";
    },
    close,
  };
}
