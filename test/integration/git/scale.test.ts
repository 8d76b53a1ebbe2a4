import { expect } from "chai";
import { setMaxListeners } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ReconcileError } from "../../../controller/api/errors.ts";
import type { Git } from "../../../controller/git/git.ts";
import { createGit } from "../../../controller/git/pool.ts";
import { remoteOf } from "../../../controller/git/remote-url.ts";
import { systemClock } from "../../../controller/lib/clock.ts";
import { silentLog } from "../../../controller/lib/log.ts";
import { startMany, type Harm, type Many } from "../../support/many-remotes.ts";
import { followAll, useOfWorkers, type PollRecord, type WorkerUse } from "../../support/poll-record.ts";

const REMOTES = 1000;
const INTERVAL_MS = 30_000;
const INTERVALS = 2;
const PUSHES = 20;
const MIB = 1024 ** 2;

/** What is asserted is structure, not time: this runs on machines that do other things, too. */
describe("A thousand remotes, and eight that mean harm", function () {
  this.timeout(180_000);
  let base: string;
  let many: Many;
  let git: Git;
  let record: PollRecord;
  const uses: WorkerUse[] = [];
  const pushed = new Map<string, string>();
  const flood: string[] = [];

  before(async () => {
    base = await mkdtemp(join(tmpdir(), "conops-scale-"));
    many = await startMany(base, REMOTES);
    const limits = { maxFetchBytes: 50 * MIB };
    git = createGit({ dataDir: join(base, "data"), clock: systemClock, log: silentLog, limits });
    const urls = [...many.healthy.map(({ url }) => url), ...Object.values(many.harmful)];
    record = followAll(git, urls, INTERVAL_MS);

    const until = systemClock.monotonic() + (INTERVALS + 0.5) * INTERVAL_MS;
    const flooding = fetchFlood(2);
    while (systemClock.monotonic() < until) {
      await new Promise((resolve) => setTimeout(resolve, 1000));
      uses.push(await useOfWorkers(base));
      if (pushed.size > 0 || !many.healthy.every(({ url }) => record.polls(url).length > 0)) continue;
      for (const { url, push } of many.healthy.slice(0, PUSHES)) pushed.set(url, await push());
    }
    await flooding;
  });
  after(async () => {
    await record.close();
    await git.close();
    await many.close();
    await rm(base, { recursive: true, force: true });
  });

  /** One after the other, while all the polls go on. */
  async function fetchFlood(times: number): Promise<void> {
    const { signal } = new AbortController();
    setMaxListeners(0, signal);
    for (let n = 0; n < times; n++) {
      const remote = remoteOf(many.harmful["sends 10 GB"]);
      const request = { remote, sha: "1".repeat(40), ref: "refs/heads/main", dir: join(base, `out-${n}`) };
      await git.stage(request, signal).catch((error: unknown) => {
        flood.push(error instanceof ReconcileError ? error.reason : String(error));
      });
    }
  }

  it("polls each healthy one once per interval", () => {
    const counts = many.healthy.map(({ url }) => record.polls(url).length);

    expect(Math.min(...counts)).to.be.at.least(INTERVALS);
    expect(Math.max(...counts)).to.be.at.most(INTERVALS + 3);
  });

  it("lets none of them wait for two intervals", () => {
    const gaps = many.healthy.flatMap(({ url }) => {
      const polls = record.polls(url);
      return polls.slice(1).map(({ at }, index) => at - (polls[index]?.at ?? 0));
    });

    expect(Math.max(...gaps)).to.be.below(2 * INTERVAL_MS);
  });

  it("sees every push", () => {
    const seen = Array.from(pushed.keys(), (url) => record.informer.get(url).revision);

    expect(pushed.size).to.equal(PUSHES);
    expect(seen).to.deep.equal([...pushed.values()]);
  });

  it("says no ill of a healthy one", () => {
    const errors = many.healthy.flatMap(({ url }) => record.informer.get(url).error ?? []);

    expect(errors).to.deep.equal([]);
  });

  it("says of each harmful one what it does", () => {
    const said = Object.entries(many.harmful).map(([harm, url]) => [
      harm,
      record.informer.get(url).error?.reason,
    ]);

    expect(Object.fromEntries(said)).to.deep.equal({
      "never answers": "RemoteTimedOut",
      "answers a byte at a time": "RemoteTimedOut",
      "sends 10 GB": undefined,
      "has 20,000 refs": undefined,
      "says 500": "FetchFailed",
      "says 429": "RateLimited",
      "hangs in the TLS handshake": "RemoteTimedOut",
      "closes at once": "FetchFailed",
    } satisfies Record<Harm, string | undefined>);
    expect(flood).to.deep.equal(["RepositoryTooLarge", "RepositoryTooLarge"]);
  });

  it("asks those that fail no more often than the others", () => {
    for (const url of Object.values(many.harmful)) {
      expect(record.polls(url).length).to.be.within(1, INTERVALS + 3);
    }
  });

  it("needs few workers, and no more memory and descriptors than a few polls do", () => {
    // Two for polls and two for fetches, and as many again on their way out.
    expect(Math.max(...uses.map(({ processes }) => processes))).to.be.at.most(8);
    expect(Math.max(...uses.map(({ rssBytes }) => rssBytes))).to.be.below(350 * MIB);
    expect(Math.max(...uses.map(({ descriptors }) => descriptors))).to.be.below(250);
  });
});
