import { expect } from "chai";
import type { RevisionWanted } from "../../../controller/api/application.ts";
import { ReconcileError } from "../../../controller/api/errors.ts";
import type { Advertisement, Remote } from "../../../controller/git/git.ts";
import { pickWanted } from "../../../controller/git/wanted-refs.ts";
import { silentLog } from "../../../controller/lib/log.ts";
import { createGitInformer } from "../../../controller/watch/git-informer.ts";
import type { Follow, GitInformer } from "../../../controller/watch/watch.ts";
import { createFakeClock, type FakeClock } from "../../support/fake-clock.ts";

const A = "a".repeat(40);
const B = "b".repeat(40);
const MAIN: RevisionWanted = { kind: "branch", name: "main" };
const SECOND = 1000;
const MINUTE = 60 * SECOND;

type Reply = Advertisement | Error | "never";

interface Harness {
  readonly clock: FakeClock;
  readonly informer: GitInformer;
  /** The monotonic times at which the remote with this id was asked. */
  readonly askedAt: (id: string) => readonly number[];
  /** Polls under way, now and at most. */
  readonly running: { now: number; most: number };
  /** Names enqueued since the last call. */
  readonly enqueued: () => string[];
  readonly polled: { name: string; ok: boolean; seconds: number }[];
  readonly stop: AbortController;
  reply: (remote: Remote) => Reply;
  /** How long an answer takes. */
  latencyMs: number;
}

function start(overrides: { random?: () => number } = {}): Harness {
  const clock = createFakeClock();
  const asked: { id: string; at: number }[] = [];
  const running = { now: 0, most: 0 };
  const stop = new AbortController();
  let names: string[] = [];
  const polled: Harness["polled"] = [];
  const informer = createGitInformer({
    git: { listRefs },
    clock,
    random: overrides.random ?? (() => 0),
    log: silentLog,
    enqueue: (name) => void names.push(name),
    onPolled: (name, ok, seconds) => void polled.push({ name, ok, seconds }),
    signal: stop.signal,
  });
  const harness: Harness = {
    clock,
    informer,
    running,
    polled,
    stop,
    askedAt: (id) => asked.flatMap((poll) => (poll.id === id ? [poll.at] : [])),
    enqueued() {
      const taken = names;
      names = [];
      return taken;
    },
    reply: () => main(A),
    latencyMs: 0,
  };

  function listRefs(
    remote: Remote,
    signal: AbortSignal,
    wanted: readonly RevisionWanted[] = [],
  ): Promise<Advertisement> {
    asked.push({ id: remote.id, at: clock.monotonic() });
    running.now++;
    running.most = Math.max(running.most, running.now);
    let onAbort: () => void = () => undefined;
    return new Promise<Advertisement>((resolve, reject) => {
      onAbort = () => reject(signal.reason as Error);
      signal.addEventListener("abort", onAbort, { once: true });
      const reply = harness.reply(remote);
      if (reply === "never") return;
      clock.after(harness.latencyMs, () =>
        reply instanceof Error ? reject(reply) : resolve(pickWanted(reply, wanted)),
      );
    }).finally(() => {
      signal.removeEventListener("abort", onAbort);
      running.now--;
    });
  }
  return harness;
}

function main(sha: string): Advertisement {
  return { head: { ref: "refs/heads/main", sha }, refs: { "refs/heads/main": sha } };
}

function remote(id = "r"): Remote {
  return { id, url: `https://${id}.example.com/app.git` };
}

function follow(overrides: Partial<Follow> = {}): Follow {
  return { remote: remote(), revision: MAIN, intervalMs: 30 * SECOND, ...overrides };
}

function limited(retryAfterMs: number): Error {
  return new ReconcileError("Cannot read it: later", { reason: "RateLimited", retryAfterMs });
}

/** Even, and the same in every run. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function failure(
  message = "Cannot read it: no",
  reason: "FetchFailed" | "RemoteTimedOut" = "FetchFailed",
): Error {
  return new ReconcileError(message, { reason });
}

describe("createGitInformer()", () => {
  it("polls a newly followed remote at once, and then once per interval", async () => {
    const { clock, informer, askedAt } = start();

    informer.follow("shop", follow());
    await clock.advance(90 * SECOND);

    expect(askedAt("r")).to.deep.equal([0, 30_000, 60_000, 90_000]);
  });

  it("polls a remote once, whatever the number of its followers", async () => {
    const { clock, informer, askedAt } = start();

    for (let n = 0; n < 100; n++) informer.follow(`app-${n}`, follow());
    await clock.advance(29 * SECOND);

    expect(askedAt("r")).to.deep.equal([0]);
    expect(informer.get("app-99").revision).to.equal(A);
  });

  it("polls at the smallest interval of the followers, until that one goes", async () => {
    const { clock, informer, askedAt } = start();
    informer.follow("slow", follow({ intervalMs: 60 * SECOND }));
    informer.follow("fast", follow({ intervalMs: 10 * SECOND }));

    await clock.advance(20 * SECOND);
    informer.unfollow("fast");
    await clock.advance(100 * SECOND);

    expect(askedAt("r")).to.deep.equal([0, 10_000, 20_000, 30_000, 90_000]);
  });

  it("lets jitter shorten the interval to nine tenths, and never lengthen it", async () => {
    const { clock, informer, askedAt } = start({ random: () => 1 });

    informer.follow("shop", follow());
    await clock.advance(54 * SECOND);

    // The first interval may be anything up to a whole one: those that began together drift apart at once.
    expect(askedAt("r")).to.deep.equal([0, 0, 27_000, 54_000]);
  });

  it("counts the interval from the beginning of a poll", async () => {
    const harness = start();
    harness.latencyMs = 5 * SECOND;

    harness.informer.follow("shop", follow());
    await harness.clock.advance(61 * SECOND);

    expect(harness.askedAt("r")).to.deep.equal([0, 30_000, 60_000]);
    expect(harness.polled[0]).to.deep.equal({ name: "shop", ok: true, seconds: 5 });
  });

  it("enqueues after the first answer, and then only when the revision moves", async () => {
    const harness = start();
    harness.informer.follow("shop", follow());
    await harness.clock.advance(90 * SECOND);
    expect(harness.enqueued()).to.deep.equal(["shop"]);

    harness.reply = () => main(B);
    await harness.clock.advance(90 * SECOND);

    expect(harness.enqueued()).to.deep.equal(["shop"]);
    expect(harness.informer.get("shop")).to.deep.equal({
      checkedAt: harness.clock.now(),
      polledAt: harness.clock.now(),
      revision: B,
      ref: "refs/heads/main",
    });
  });

  it("does not enqueue the followers of other refs", async () => {
    const harness = start();
    const refs = { "refs/heads/main": A, "refs/tags/v1": A };
    harness.reply = () => ({ refs });
    harness.informer.follow("branch", follow());
    harness.informer.follow("tag", follow({ revision: { kind: "tag", name: "v1" } }));
    await harness.clock.advance(SECOND);
    harness.enqueued();

    harness.reply = () => ({ refs: { ...refs, "refs/tags/v1": B } });
    await harness.clock.advance(30 * SECOND);

    expect(harness.enqueued()).to.deep.equal(["tag"]);
  });

  it("enqueues when HEAD names another branch, even at the same commit", async () => {
    const harness = start();
    harness.informer.follow("shop", follow({ revision: { kind: "head" } }));
    await harness.clock.advance(SECOND);
    harness.enqueued();

    harness.reply = () => ({ head: { ref: "refs/heads/next", sha: A }, refs: { "refs/heads/next": A } });
    await harness.clock.advance(30 * SECOND);

    expect(harness.enqueued()).to.deep.equal(["shop"]);
    expect(harness.informer.get("shop").ref).to.equal("refs/heads/next");
  });

  it("enqueues when a tag is made anew at the same commit, since it may be signed now", async () => {
    const harness = start();
    const ref = "refs/tags/v1";
    harness.reply = () => ({ refs: { [ref]: A }, tagObjects: { [ref]: A } });
    harness.informer.follow("shop", follow({ revision: { kind: "tag", name: "v1" } }));
    await harness.clock.advance(0);
    harness.enqueued();
    harness.reply = () => ({ refs: { [ref]: A }, tagObjects: { [ref]: B } });
    await harness.clock.advance(30 * SECOND);

    expect(harness.enqueued()).to.deep.equal(["shop"]);
    expect(harness.informer.get("shop")).to.include({ revision: A, ref, tagObject: B });
  });

  it("resolves a pinned commit at once, sees that the remote answers, and polls no more", async () => {
    const { clock, informer, askedAt, enqueued } = start();

    informer.follow("shop", follow({ revision: { kind: "commit", sha: B } }));
    expect(informer.get("shop")).to.deep.equal({ revision: B });
    await clock.advance(10 * MINUTE);

    expect(askedAt("r")).to.deep.equal([0]);
    expect(clock.pending()).to.equal(0);
    expect(new Set(enqueued())).to.deep.equal(new Set(["shop"]));
    expect(informer.get("shop").revision).to.equal(B);
  });

  it("goes on asking for a pinned commit until the remote answers once", async () => {
    const harness = start();
    harness.reply = () => failure();
    harness.informer.follow("shop", follow({ revision: { kind: "commit", sha: B } }));
    await harness.clock.advance(40 * SECOND);
    expect(harness.informer.get("shop").error?.reason).to.equal("FetchFailed");

    harness.reply = () => main(A);
    await harness.clock.advance(10 * MINUTE);

    expect(harness.askedAt("r")).to.deep.equal([0, 30_000, 90_000]);
    expect(harness.informer.get("shop").error).to.equal(undefined);
  });

  it("polls a changed follow at once, and forgets what it knew of the old revision", async () => {
    const harness = start();
    harness.reply = () => ({ refs: { "refs/heads/main": A, "refs/heads/dev": B } });
    harness.informer.follow("shop", follow());
    await harness.clock.advance(5 * SECOND);

    harness.informer.follow("shop", follow({ revision: { kind: "branch", name: "dev" } }));
    expect(harness.informer.get("shop")).to.deep.equal({});
    await harness.clock.advance(SECOND);

    expect(harness.askedAt("r")).to.deep.equal([0, 5000]);
    expect(harness.informer.get("shop").revision).to.equal(B);
  });

  it("does nothing when the same follow is declared again", async () => {
    const { clock, informer, askedAt, enqueued } = start();
    informer.follow("shop", follow());
    await clock.advance(5 * SECOND);
    enqueued();

    informer.follow("shop", follow());
    await clock.advance(5 * SECOND);

    expect(askedAt("r")).to.deep.equal([0]);
    expect(enqueued()).to.deep.equal([]);
  });

  it("keeps what it knows when only the interval changes", async () => {
    const { clock, informer } = start();
    informer.follow("shop", follow());
    await clock.advance(SECOND);

    informer.follow("shop", follow({ intervalMs: 5 * SECOND }));

    expect(informer.get("shop").revision).to.equal(A);
  });

  it("asks at once with a credential that changed, and keeps what it knows meanwhile", async () => {
    const harness = start();
    const { clock, informer, enqueued } = harness;
    const seen: Remote["credential"][] = [];
    harness.reply = ({ credential }) => {
      seen.push(credential);
      return main(A);
    };
    const as = (token: string): Follow =>
      follow({ remote: { ...remote(), credential: { kind: "bearer", token } } });
    informer.follow("shop", as("old"));
    informer.follow("blog", as("old"));
    await clock.advance(SECOND);
    enqueued();

    informer.follow("shop", as("new"));
    expect(informer.get("shop").revision).to.equal(A);
    expect(enqueued()).to.deep.equal([]);
    await clock.advance(SECOND);

    expect(seen).to.deep.equal([
      { kind: "bearer", token: "old" },
      { kind: "bearer", token: "new" },
    ]);
  });

  it("stops polling the remote that its last follower left", async () => {
    const { clock, informer, askedAt, running } = start();
    informer.follow("shop", follow());
    await clock.advance(SECOND);

    informer.follow("shop", follow({ remote: remote("other") }));
    await clock.advance(SECOND);
    informer.unfollow("shop");
    await clock.advance(10 * MINUTE);

    expect(askedAt("r")).to.deep.equal([0]);
    expect(askedAt("other")).to.deep.equal([1000]);
    expect({ pending: clock.pending(), running: running.now }).to.deep.equal({ pending: 0, running: 0 });
    expect(informer.get("shop")).to.deep.equal({});
  });

  it("ends the poll under way when nobody waits for it any more", async () => {
    const harness = start();
    harness.reply = () => "never";
    harness.informer.follow("shop", follow());
    await harness.clock.advance(SECOND);
    expect(harness.running.now).to.equal(1);

    harness.informer.unfollow("shop");
    await harness.clock.advance(SECOND);

    expect(harness.running.now).to.equal(0);
    expect(harness.enqueued()).to.deep.equal([]);
  });

  describe("of a branch that is not there", () => {
    it("names it and the nearest existing ones, and keeps the last known revision", async () => {
      const harness = start();
      harness.informer.follow("shop", follow());
      await harness.clock.advance(SECOND);
      harness.enqueued();

      harness.reply = () => ({ refs: { "refs/heads/maim": B, "refs/heads/other-thing": B } });
      await harness.clock.advance(30 * SECOND);

      const { error, revision, ref } = harness.informer.get("shop");
      expect({ revision, ref }).to.deep.equal({ revision: A, ref: "refs/heads/main" });
      expect(error?.reason).to.equal("RevisionNotFound");
      expect(error?.message).to.equal(
        'Cannot find the branch "main" in "https://r.example.com/app.git": there is none of that name; it has "maim"',
      );
      expect(harness.enqueued()).to.deep.equal(["shop"]);
    });

    it("polls on at the usual interval, and takes the branch when it comes", async () => {
      const harness = start();
      harness.reply = () => ({ refs: {} });
      harness.informer.follow("shop", follow());
      await harness.clock.advance(119 * SECOND);
      expect(harness.askedAt("r")).to.deep.equal([0, 30_000, 60_000, 90_000]);
      expect(harness.informer.get("shop").error?.message).to.match(/the repository is empty$/);

      harness.reply = () => main(A);
      await harness.clock.advance(SECOND);

      expect(harness.informer.get("shop").revision).to.equal(A);
      expect(harness.informer.get("shop").error).to.equal(undefined);
    });
  });

  describe("of a remote that fails", () => {
    it("enqueues when the error appears, changes and goes, and not while it stays", async () => {
      const harness = start();
      harness.informer.follow("shop", follow());
      await harness.clock.advance(SECOND);
      harness.enqueued();

      harness.reply = () => failure("Cannot read it: one");
      await harness.clock.advance(90 * SECOND);
      expect(harness.enqueued()).to.deep.equal(["shop"]);
      harness.reply = () => failure("Cannot read it: two");
      await harness.clock.advance(4 * MINUTE);
      expect(harness.enqueued()).to.deep.equal(["shop"]);
      harness.reply = () => main(A);
      await harness.clock.advance(10 * MINUTE);

      expect(harness.enqueued()).to.deep.equal(["shop"]);
      expect(harness.informer.get("shop").error).to.equal(undefined);
    });

    it("keeps the revision and when it was checked, and says since when it fails", async () => {
      const harness = start();
      harness.informer.follow("shop", follow());
      await harness.clock.advance(SECOND);
      const { checkedAt } = harness.informer.get("shop");

      harness.reply = () => failure();
      await harness.clock.advance(5 * MINUTE);

      const state = harness.informer.get("shop");
      expect({ revision: state.revision, checkedAt: state.checkedAt }).to.deep.equal({
        revision: A,
        checkedAt,
      });
      expect(state.error?.since).to.equal((checkedAt ?? 0) + 30_000);
    });

    it("asks less and less often, up to every five minutes, and for ever", async () => {
      const harness = start();
      harness.reply = () => failure();

      harness.informer.follow("shop", follow());
      await harness.clock.advance(20 * MINUTE);

      const seconds = harness.askedAt("r").map((at) => at / SECOND);
      expect(seconds).to.deep.equal([0, 30, 90, 210, 450, 750, 1050]);
    });

    it("never asks less often than a longer interval says", async () => {
      const harness = start();
      harness.reply = () => failure();

      harness.informer.follow("shop", follow({ intervalMs: 10 * MINUTE }));
      await harness.clock.advance(30 * MINUTE);

      expect(harness.askedAt("r").map((at) => at / MINUTE)).to.deep.equal([0, 10, 20, 30]);
    });

    it("is back at the usual interval after one answer", async () => {
      const harness = start();
      harness.reply = () => failure();
      harness.informer.follow("shop", follow());
      await harness.clock.advance(91 * SECOND);

      harness.reply = () => main(A);
      await harness.clock.advance(150 * SECOND);

      expect(harness.askedAt("r").map((at) => at / SECOND)).to.deep.equal([0, 30, 90, 210, 240]);
    });

    it("is asked at once on refresh, whatever its backoff", async () => {
      const harness = start();
      harness.reply = () => failure();
      harness.informer.follow("shop", follow());
      await harness.clock.advance(5 * MINUTE);

      harness.reply = () => main(B);
      harness.informer.refresh("shop");
      await harness.clock.advance(0);

      expect(harness.informer.get("shop").revision).to.equal(B);
    });

    it("shows an error that is no fault of the source as InternalError", async () => {
      const harness = start();
      harness.reply = () => new TypeError("bug");

      harness.informer.follow("shop", follow());
      await harness.clock.advance(SECOND);

      expect(harness.informer.get("shop").error?.reason).to.equal("InternalError");
    });
  });

  it("names the key after a refresh, whatever came of it, and not after a poll that began before it", async () => {
    const harness = start();
    harness.informer.follow("shop", follow());
    await harness.clock.advance(1 * SECOND);
    expect(harness.enqueued()).to.deep.equal(["shop"]);

    const before = harness.clock.now();
    harness.informer.refresh("shop");
    await harness.clock.advance(1 * SECOND);

    expect(harness.enqueued()).to.deep.equal(["shop"]);
    expect(harness.informer.get("shop").polledAt).to.be.at.least(before);
  });

  it("asks again when a refresh comes during a poll, which may have looked too early", async () => {
    const harness = start();
    harness.latencyMs = 2 * SECOND;
    harness.informer.follow("shop", follow());
    await harness.clock.advance(SECOND);

    harness.reply = () => main(B);
    harness.informer.refresh("shop");
    harness.informer.refresh("shop");
    await harness.clock.advance(10 * SECOND);

    expect(harness.askedAt("r")).to.deep.equal([0, 2000]);
    expect(harness.informer.get("shop").revision).to.equal(B);
  });

  it("has at most 32 polls at a time, and of one host at most 8", async () => {
    const harness = start();
    harness.latencyMs = SECOND;

    for (let n = 0; n < 40; n++) {
      harness.informer.follow(
        `one-${n}`,
        follow({ remote: { id: `one-${n}`, url: `https://one.example.com/${n}` } }),
      );
    }
    await harness.clock.advance(10 * SECOND);
    expect(harness.running.most).to.equal(8);
    for (let n = 0; n < 100; n++) harness.informer.follow(`app-${n}`, follow({ remote: remote(`r${n}`) }));
    await harness.clock.advance(5 * SECOND);
    expect(harness.running.most).to.equal(24); // of hosts that nothing is known of
    await harness.clock.advance(60 * SECOND);

    expect(harness.running.most).to.equal(32);
    expect(harness.informer.get("app-99").revision).to.equal(A);
    expect(harness.informer.get("one-39").revision).to.equal(A);
  });

  it("spreads the first polls of very many remotes of one host, and does not let them meet again", async () => {
    const random = createRandom(7);
    const harness = start({ random });
    const startedAt: number[] = [];
    harness.reply = () => {
      startedAt.push(harness.clock.monotonic());
      return main(A);
    };

    for (let app = 0; app < 1000; app++) {
      const url = `https://one.example.com/${app}`;
      harness.informer.follow(`app-${app}`, follow({ remote: { id: `r${app}`, url } }));
    }
    await harness.clock.advance(90 * SECOND);

    const inSecond = (second: number): number =>
      startedAt.filter((at) => Math.floor(at / SECOND) === second).length;
    const counts = Array.from({ length: 90 }, (_, second) => inSecond(second));
    expect(Math.max(...counts.slice(0, 25))).to.be.at.most(100);
    expect(Math.max(...counts.slice(30))).to.be.at.most(60);
    for (let app = 0; app < 1000; app++) expect(harness.askedAt(`r${app}`).length).to.be.within(3, 5);
  });

  it("asks a new remote before those that fail, however many do", async () => {
    const harness = start();
    harness.reply = ({ id }) => (id === "new" ? main(A) : failure());
    harness.latencyMs = SECOND;
    for (let n = 0; n < 200; n++) {
      harness.informer.follow(`bad-${n}`, follow({ remote: remote(`bad-${n}`), intervalMs: 2 * SECOND }));
    }
    await harness.clock.advance(60 * SECOND);

    harness.informer.follow("new", follow({ remote: remote("new") }));
    await harness.clock.advance(2 * SECOND);

    expect(harness.informer.get("new").revision).to.equal(A);
  });

  it("leaves a remote alone for as long as its host asks, and does not bring all back at once", async () => {
    const harness = start({ random: () => 0.5 });
    harness.reply = () => limited(10 * MINUTE);

    harness.informer.follow("shop", follow());
    await harness.clock.advance(11 * MINUTE);

    expect(harness.askedAt("r")).to.deep.equal([0, 10 * MINUTE + 15 * SECOND]);
  });

  it("tells nobody of a short pause that a host asks for, but whoever asked for a look, or knows nothing yet", async () => {
    const harness = start();
    harness.reply = ({ id }) => (id === "new" ? limited(2 * MINUTE) : main(A));
    harness.informer.follow("shop", follow());
    harness.informer.follow("asked", follow({ remote: remote("asked") }));
    harness.informer.follow("new", follow({ remote: remote("new") }));
    await harness.clock.advance(SECOND);
    harness.enqueued();

    harness.reply = () => limited(2 * MINUTE);
    harness.informer.refresh("asked");
    await harness.clock.advance(40 * SECOND);

    const reasons = ["shop", "asked", "new"].map((name) => harness.informer.get(name).error?.reason);
    expect(reasons).to.deep.equal([undefined, "RateLimited", "RateLimited"]);
    expect(harness.enqueued()).to.deep.equal(["asked"]);
  });

  it("tells everybody of a pause that takes long, or of many short ones", async () => {
    const harness = start();
    harness.informer.follow("long", follow({ remote: remote("long") }));
    harness.informer.follow("often", follow({ remote: remote("often") }));
    await harness.clock.advance(SECOND);

    harness.reply = ({ id }) => limited(id === "long" ? 10 * MINUTE : MINUTE);
    await harness.clock.advance(40 * SECOND);
    expect(harness.informer.get("long").error?.reason).to.equal("RateLimited");
    expect(harness.informer.get("often").error).to.equal(undefined);
    await harness.clock.advance(5 * MINUTE);

    expect(harness.informer.get("often").error?.reason).to.equal("RateLimited");
  });

  it("asks once more for who came during a poll, and tells nobody of a branch that was not asked for", async () => {
    const harness = start();
    harness.latencyMs = 2 * SECOND;
    harness.reply = () => ({ refs: { "refs/heads/main": A, "refs/heads/dev": B } });
    harness.informer.follow("shop", follow());
    await harness.clock.advance(SECOND);

    harness.informer.follow("late", follow({ revision: { kind: "branch", name: "dev" } }));
    await harness.clock.advance(SECOND);
    expect(harness.informer.get("shop").revision).to.equal(A);
    expect(harness.informer.get("late")).to.deep.equal({});
    await harness.clock.advance(2 * SECOND);

    expect(harness.informer.get("late").revision).to.equal(B);
    expect(harness.askedAt("r")).to.deep.equal([0, 2000]);
  });

  it("is not held up by a host that never answers", async () => {
    const harness = start();
    harness.reply = ({ url }) => (url.startsWith("https://hung") ? "never" : main(A));
    for (let n = 0; n < 50; n++) {
      harness.informer.follow(
        `hung-${n}`,
        follow({ remote: { id: `h${n}`, url: `https://hung.example.com/${n}` } }),
      );
    }

    for (let n = 0; n < 100; n++) harness.informer.follow(`app-${n}`, follow({ remote: remote(`r${n}`) }));
    await harness.clock.advance(0);

    const known = Array.from({ length: 100 }, (_, n) => harness.informer.get(`app-${n}`).revision);
    expect(known.every((revision) => revision === A)).to.equal(true);
    expect(harness.running.now).to.equal(4);
  });

  it("polls nothing, and has no timer, after its signal", async () => {
    const harness = start();
    harness.reply = ({ id }) => (id === "hung" ? "never" : main(A));
    harness.informer.follow("hung", follow({ remote: remote("hung") }));
    harness.informer.follow("shop", follow());
    await harness.clock.advance(SECOND);

    harness.stop.abort(new Error("stopping"));
    harness.informer.follow("late", follow({ remote: remote("late") }));
    harness.informer.refresh("shop");
    await harness.clock.advance(10 * MINUTE);

    expect(harness.running.now).to.equal(0);
    expect(harness.clock.pending()).to.equal(0);
    expect(harness.askedAt("r")).to.deep.equal([0]);
    expect(harness.askedAt("late")).to.deep.equal([]);
    expect(harness.informer.get("shop").revision).to.equal(A);
    await harness.informer.close();
  });
});
