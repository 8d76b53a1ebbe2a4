import { expect } from "chai";
import fc from "fast-check";
import type { RevisionWanted } from "../../../controller/api/application.ts";
import { ReconcileError } from "../../../controller/api/errors.ts";
import type { Push } from "../../../controller/api/push.ts";
import type { Advertisement } from "../../../controller/git/git.ts";
import { silentLog } from "../../../controller/lib/log.ts";
import { createGitInformer } from "../../../controller/watch/git-informer.ts";
import type { GitInformer } from "../../../controller/watch/watch.ts";
import { createFakeClock, type FakeClock } from "../../support/fake-clock.ts";

const SECOND = 1000;
const HOUR = 3600 * SECOND;
const A = "a".repeat(40);
const B = "b".repeat(40);
const C = "c".repeat(40);
const MAIN: RevisionWanted = { kind: "branch", name: "main" };

interface Remote {
  readonly clock: FakeClock;
  readonly informer: GitInformer;
  /** When it was asked. */
  readonly asked: readonly number[];
  /** Names enqueued since the last call. */
  enqueued(): string[];
  refs: Readonly<Record<string, string>> | Error;
  /** How long an answer takes. It tells what was true when the question came in. */
  latencyMs: number;
}

/** An informer of one remote, whose `main` is at A, with an interval so long that only looks can find anything. */
async function start({
  revision = MAIN,
  followers = ["shop"],
}: { revision?: RevisionWanted; followers?: readonly string[] } = {}): Promise<Remote> {
  const clock = createFakeClock();
  const asked: number[] = [];
  let names: string[] = [];
  const informer = createGitInformer({
    git: {
      listRefs: () => {
        asked.push(clock.monotonic());
        const { refs } = remote;
        return new Promise((resolve, reject) => {
          clock.after(remote.latencyMs, () =>
            refs instanceof Error ? reject(refs) : resolve(advertised(refs)),
          );
        });
      },
    },
    clock,
    random: () => 0,
    log: silentLog,
    enqueue: (name) => void names.push(name),
    signal: new AbortController().signal,
  });
  const remote: Remote = {
    clock,
    informer,
    asked,
    refs: { "refs/heads/main": A },
    latencyMs: 0,
    enqueued() {
      const taken = names;
      names = [];
      return taken;
    },
  };
  for (const name of followers) {
    const at = { id: "r", url: "https://r.example.com/app.git" };
    informer.follow(name, { remote: at, revision, intervalMs: HOUR });
  }
  await clock.advance(10 * SECOND);
  asked.length = 0;
  remote.enqueued();
  return remote;
}

function advertised(refs: Readonly<Record<string, string>>): Advertisement {
  const sha = refs["refs/heads/main"];
  return { refs, ...(sha !== undefined && { head: { ref: "refs/heads/main", sha } }) };
}

function toMain(sha: string): readonly Push[] {
  return [{ ref: "refs/heads/main", sha }];
}

describe("the looks of createGitInformer()", () => {
  it("poll at once, and name the key when there is news", async () => {
    const remote = await start();
    remote.refs = { "refs/heads/main": B };

    const answer = remote.informer.look("shop", toMain(B));
    await remote.clock.advance(0);

    expect([answer, remote.asked, remote.enqueued()]).to.deep.equal(["asked", [10_000], ["shop"]]);
    expect(remote.informer.get("shop").revision).to.equal(B);
  });

  it("name no key when there is none, unlike a refresh", async () => {
    const remote = await start();

    remote.informer.look("shop", []);
    await remote.clock.advance(SECOND);

    expect([remote.asked, remote.enqueued()]).to.deep.equal([[10_000], []]);
  });

  it("of a thousand deliveries of one push that arrive before, during and after the poll are one", async () => {
    const remote = await start();
    remote.latencyMs = 300;
    remote.refs = { "refs/heads/main": B };
    const answers: string[] = [];

    for (let n = 0; n < 1000; n++) {
      answers.push(remote.informer.look("shop", toMain(B)));
      await remote.clock.advance(1);
    }
    await remote.clock.advance(10 * SECOND);

    expect(remote.asked).to.deep.equal([10_000]);
    expect(answers.filter((answer) => answer === "asked")).to.have.length(1);
    expect(answers.filter((answer) => answer === "joined").length).to.be.greaterThan(250);
    expect(answers.at(-1)).to.equal("seen");
  });

  it("of a thousand Applications of one remote are one", async () => {
    const followers = Array.from({ length: 1000 }, (_, n) => `app-${n}`);
    const remote = await start({ followers });
    remote.refs = { "refs/heads/main": B };

    for (const name of followers) remote.informer.look(name, toMain(B));
    await remote.clock.advance(10 * SECOND);

    expect(remote.asked).to.deep.equal([10_000]);
    expect(remote.enqueued()).to.have.length(1000);
  });

  it("see a push that arrives during a poll that looked too early", async () => {
    const remote = await start();
    remote.latencyMs = 2 * SECOND;
    remote.informer.look("shop", []);
    await remote.clock.advance(SECOND);

    remote.refs = { "refs/heads/main": B };
    const answer = remote.informer.look("shop", toMain(B));
    await remote.clock.advance(10 * SECOND);

    expect([answer, remote.asked]).to.deep.equal(["joined", [10_000, 12_000]]);
    expect(remote.informer.get("shop").revision).to.equal(B);
  });

  it("see a push back to what was known before, that arrives while a poll brings what was there between", async () => {
    const remote = await start();
    remote.latencyMs = 2 * SECOND;
    remote.refs = { "refs/heads/main": B };
    remote.informer.look("shop", toMain(B));
    await remote.clock.advance(SECOND);

    remote.refs = { "refs/heads/main": A };
    remote.informer.look("shop", toMain(A));
    await remote.clock.advance(10 * SECOND);

    expect(remote.asked).to.deep.equal([10_000, 12_000]);
    expect(remote.informer.get("shop").revision).to.equal(A);
  });

  it("do without a second poll when the one under way brings what the push named", async () => {
    const remote = await start();
    remote.latencyMs = 2 * SECOND;
    remote.refs = { "refs/heads/main": B };
    remote.informer.look("shop", []);
    await remote.clock.advance(SECOND);

    remote.informer.look("shop", toMain(B));
    await remote.clock.advance(10 * SECOND);

    expect(remote.asked).to.deep.equal([10_000]);
  });

  it("make a second poll when two pushes arrive during the first, whichever it brings", async () => {
    const remote = await start();
    remote.latencyMs = 2 * SECOND;
    remote.refs = { "refs/heads/main": C };
    remote.informer.look("shop", []);
    await remote.clock.advance(SECOND);

    remote.informer.look("shop", toMain(B));
    remote.informer.look("shop", toMain(C));
    await remote.clock.advance(10 * SECOND);

    expect(remote.asked).to.deep.equal([10_000, 12_000]);
  });

  it("without a named commit begin half a second apart, and the last one is not lost", async () => {
    const remote = await start();
    remote.latencyMs = 10;

    for (let n = 0; n < 999; n++) {
      remote.informer.look("shop", []);
      await remote.clock.advance(1);
    }
    remote.refs = { "refs/heads/main": B };
    remote.informer.look("shop", []);
    await remote.clock.advance(10 * SECOND);

    expect(remote.asked).to.deep.equal([10_000, 10_500, 11_000]);
    expect(remote.informer.get("shop").revision).to.equal(B);
  });

  it("need no poll for what the last one saw, and one for everything else", async () => {
    const remote = await start();

    const answers = [
      remote.informer.look("shop", toMain(A)),
      remote.informer.look("shop", [{ ref: "refs/heads/main" }]),
      remote.informer.look("shop", [{ ref: "refs/heads/other", sha: A }]),
    ];

    expect(answers).to.deep.equal(["seen", "asked", "joined"]);
  });

  it("judge by the followed ref alone, and by all that is said of it", async () => {
    const remote = await start({ revision: { kind: "tag", name: "v1" } });
    remote.refs = { "refs/tags/v1": A };
    remote.informer.look("shop", []);
    await remote.clock.advance(SECOND);

    const v1 = { ref: "refs/tags/v1", sha: A };
    expect(remote.informer.look("shop", [v1, { ref: "refs/tags/v2", sha: B }])).to.equal("seen");
    expect(remote.informer.look("shop", [v1, { ref: "refs/tags/v1", sha: B }])).to.equal("asked");
  });

  it("find another version in range, whatever else was pushed with the one that is known", async () => {
    const remote = await start({ revision: { kind: "semver", range: "^1" } });
    remote.refs = { "refs/tags/v1.0.0": A };
    remote.informer.look("shop", []);
    await remote.clock.advance(SECOND);
    const known = { ref: "refs/tags/v1.0.0", sha: A };
    expect(remote.informer.look("shop", [known])).to.equal("seen");

    remote.refs = { "refs/tags/v1.0.0": A, "refs/tags/v1.1.0": B };
    const answer = remote.informer.look("shop", [known, { ref: "refs/tags/v1.1.0", sha: B }]);
    await remote.clock.advance(SECOND);

    expect([answer, remote.informer.get("shop").revision]).to.deep.equal(["asked", B]);
  });

  it("never poll for a pinned commit that is known to be there", async () => {
    const remote = await start({ revision: { kind: "commit", sha: A } });

    expect(remote.informer.look("shop", toMain(B))).to.equal("seen");
    await remote.clock.advance(SECOND);
    expect(remote.asked).to.deep.equal([]);
  });

  it("answer for a name that nobody follows", async () => {
    const { informer } = await start();

    expect(informer.look("other", [])).to.equal("unknown");
    informer.unfollow("shop");
    expect(informer.look("shop", [])).to.equal("unknown");
  });

  it("ask a remote that fails at once, whatever its backoff, and leave that as it is", async () => {
    const remote = await start();
    remote.refs = new ReconcileError("Cannot read it: no", { reason: "FetchFailed" });
    remote.informer.look("shop", toMain(B));
    await remote.clock.advance(SECOND);
    expect(remote.informer.get("shop").error?.reason).to.equal("FetchFailed");

    remote.refs = { "refs/heads/main": A };
    const answer = remote.informer.look("shop", toMain(A));
    await remote.clock.advance(SECOND);

    expect(answer).to.equal("asked");
    expect(remote.informer.get("shop")).to.deep.include({ revision: A });
    expect(remote.informer.get("shop").error).to.equal(undefined);
  });

  it("keep the interval of the regular polls", async () => {
    const remote = await start();
    remote.informer.look("shop", []);

    await remote.clock.advance(2 * HOUR);

    expect(remote.asked).to.deep.equal([10_000, 10_000 + HOUR, 10_000 + 2 * HOUR]);
  });

  it("always end at what the remote has, in whatever order pushes are told and however long polls take", async () => {
    const step = fc.record({
      sha: fc.constantFrom(A, B, C),
      afterMs: fc.integer({ min: 0, max: 900 }),
      toldAfterMs: fc.integer({ min: 0, max: 1500 }),
      isNamed: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 0, max: 700 }),
        async (steps, latencyMs) => {
          const remote = await start();
          remote.latencyMs = latencyMs;
          let atMs = 0;
          for (const { sha, afterMs, toldAfterMs, isNamed } of steps) {
            atMs += afterMs;
            remote.clock.after(atMs, () => (remote.refs = { "refs/heads/main": sha }));
            remote.clock.after(atMs + toldAfterMs, () =>
              remote.informer.look("shop", isNamed ? toMain(sha) : []),
            );
          }

          await remote.clock.advance(20 * SECOND);

          expect(remote.informer.get("shop").revision).to.equal(steps.at(-1)?.sha);
        },
      ),
      { numRuns: 60 },
    );
  });
});
