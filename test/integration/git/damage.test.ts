import { expect } from "chai";
import { randomBytes } from "node:crypto";
import { setMaxListeners } from "node:events";
import { chmod, cp, lstat, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ReconcileError } from "../../../controller/api/errors.ts";
import type { Git } from "../../../controller/git/git.ts";
import { createGit } from "../../../controller/git/pool.ts";
import { systemClock } from "../../../controller/lib/clock.ts";
import { silentLog } from "../../../controller/lib/log.ts";
import { createRandom, damage } from "../../support/damage.ts";
import { createTempRepo, objectId, type TempRepo } from "../../support/git-repo.ts";
import { startGitDaemon, type GitServer } from "../../support/git-servers.ts";

/** As many of these as the time allows, and never fewer than a part of them. */
const SEEDS = 300;
const LEAST = 30;
const LIMIT_MS = 30_000;
const AT_A_TIME = 6;
const REF = "refs/heads/main";

const { signal } = new AbortController();
setMaxListeners(0, signal);

/**
 * libgit2 hashes every object that it reads, whatever packs and indexes say (its strict hash verification), which is why nothing
 * of ours checks the files of a checkout again. This test does.
 */
describe("A mirror that is damaged in any way", function () {
  this.timeout(LIMIT_MS * 3);
  let base: string;
  let repo: TempRepo;
  let daemon: GitServer;
  let git: Git;
  /** Of each commit: what is where, by object ids. */
  const expected = new Map<string, string[]>();
  let template: string;

  before(async () => {
    base = await mkdtemp(join(tmpdir(), "conops-damage-"));
    repo = await createTempRepo({ dir: join(base, "repo") });
    daemon = await startGitDaemon(base);
    git = createGit({ dataDir: join(base, "data"), clock: systemClock, log: silentLog });
    template = join(base, "data/mirrors/template");
    for (let n = 0; n < 4; n++) {
      const sha = await repo.commit({ ...deltas(n), random: randomBytes(3000) });
      expected.set(sha, await treeOf(sha));
      if (n < 3) await stage("template", sha, join(base, `first-${n}`)); // the last one is still to be fetched
    }
    // Git's objects are read-only, which a damaged disk does not care about.
    for (const entry of await readdir(template, { recursive: true, withFileTypes: true })) {
      if (entry.isFile()) await chmod(join(entry.parentPath, entry.name), 0o600);
    }
  });
  after(async () => {
    await git.close();
    await daemon.close();
    await rm(base, { recursive: true, force: true });
  });

  it("gives exactly what Git has, or an error, and is whole again after that", async () => {
    const wrong: string[] = [];
    const until = systemClock.monotonic() + LIMIT_MS;
    let seed = 0;
    await Promise.all(
      Array.from({ length: AT_A_TIME }, async () => {
        while (seed < SEEDS && (seed < LEAST || systemClock.monotonic() < until)) {
          const fault = await tryOut(++seed);
          if (fault !== undefined) wrong.push(fault);
        }
      }),
    );

    expect(wrong).to.deep.equal([]);
    expect(seed).to.be.at.least(LEAST);
  });

  /** What went wrong, if anything did. */
  async function tryOut(seed: number): Promise<string | undefined> {
    const random = createRandom(seed);
    const id = `seed-${seed}`;
    const mirror = join(base, "data/mirrors", id);
    await cp(template, mirror, { recursive: true });
    const what = `seed ${seed}: ${await damage(mirror, random)}`;
    const shas = [...expected.keys()];
    const sha = shas[Math.min(3, 1 + Math.floor(random() * 4))] ?? "";
    let error: ReconcileError | undefined;
    for (let time = 0; time < 3; time++) {
      const dir = join(base, `${id}-${time}`);
      try {
        await stage(id, sha, dir);
        const content = await contentOf(dir);
        await Promise.all([dir, mirror].map((path) => rm(path, { recursive: true })));
        return content.join() === expected.get(sha)?.join() ? undefined : `${what}: other content`;
      } catch (caught) {
        if (!(caught instanceof ReconcileError)) throw caught;
        error = caught;
        if (await exists(dir)) return `${what}: a folder is left by: ${error.message}`;
      }
    }
    return `${what}: not healed: ${error?.message}`;
  }

  function stage(id: string, sha: string, dir: string) {
    return git.stage({ remote: { id, url: daemon.url(repo.dir) }, sha, ref: REF, dir }, signal);
  }

  async function treeOf(sha: string): Promise<string[]> {
    const lines = (await repo.git("ls-tree", "-r", sha)).split("\n");
    return lines.map((line) => line.replace(/^\S+ \S+ (\S+)\t(.*)$/, "$2 $1")).toSorted();
  }
});

/** Files that differ a little from commit to commit, so that packs hold them as deltas. */
function deltas(n: number): Record<string, string> {
  const text = (file: number): string =>
    Array.from({ length: 200 }, (_, line) => `line ${line}: ${line % 7 === n ? n * file : line * 7919}`).join(
      "\n",
    );
  return Object.fromEntries(Array.from({ length: 20 }, (_, file) => [`dir${file % 4}/f${file}`, text(file)]));
}

async function contentOf(dir: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(dir, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    found.push(`${path.slice(dir.length + 1)} ${objectId("blob", await readFile(path))}`);
  }
  return found.toSorted();
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
