import { expect } from "chai";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once, setMaxListeners } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ReconcileError } from "../../../controller/api/errors.ts";
import type { Git } from "../../../controller/git/git.ts";
import { createGit } from "../../../controller/git/pool.ts";
import { systemClock } from "../../../controller/lib/clock.ts";
import { silentLog } from "../../../controller/lib/log.ts";
import { createRandom } from "../../support/damage.ts";
import { createTempRepo, runGit, type TempRepo } from "../../support/git-repo.ts";
import { startGitDaemon, type GitServer } from "../../support/git-servers.ts";
import { workersOf } from "../../support/poll-record.ts";

const { signal } = new AbortController();
setMaxListeners(0, signal);

/** What a fetch, a replacement or the making of a mirror leaves when it is killed. */
const LEFTOVER = /\.lock$|(?:pack|tmp)_|\.(?:fresh|old|making|rebuilt)$/;

describe("Mirrors whose workers are killed at any moment", function () {
  this.timeout(120_000);
  let base: string;
  let repo: TempRepo;
  let daemon: GitServer;
  let git: Git;
  let count = 0;

  before(async () => {
    base = await mkdtemp(join(tmpdir(), "conops-killed-"));
    repo = await createTempRepo({ dir: join(base, "repo") });
    daemon = await startGitDaemon(base);
    git = createGit({ dataDir: join(base, "data"), clock: systemClock, log: silentLog });
  });
  after(async () => {
    await git.close();
    await daemon.close();
    await rm(base, { recursive: true, force: true });
  });

  function commit(): Promise<string> {
    return repo.commit({ "big.bin": randomBytes(2_000_000), a: `${++count}` });
  }

  async function stage(id: string, sha: string): Promise<string> {
    const dir = join(base, `out-${++count}`);
    const request = { remote: { id, url: daemon.url(repo.dir) }, sha, ref: "refs/heads/main", dir };
    const { commit: staged } = await git.stage(request, signal);
    await rm(dir, { recursive: true });
    return staged.sha;
  }

  async function requireWhole(ids: readonly string[], sha: string): Promise<void> {
    for (const id of ids) expect(await stage(id, sha)).to.equal(sha);
    await git.prune(new Set(ids));
    const mirrors = join(base, "data/mirrors");
    const left = (await readdir(mirrors, { recursive: true })).filter((name) => LEFTOVER.test(name));
    expect(left).to.deep.equal([]);
    // Every object that any of its refs reaches is there, and is what its id says.
    for (const id of ids) expect(await runGit(join(mirrors, id), ["fsck", "--no-dangling"])).to.equal("");
    expect((await readdir(base)).filter((name) => name.startsWith("out-"))).to.deep.equal([]);
  }

  it("keeps no lock and no half pack, and fetches all the same", async () => {
    const random = createRandom(1);
    const ids = ["a", "b", "c"];
    const ends = new Set<string>();
    for (let round = 0; round < 8; round++) {
      const sha = await commit();
      const stages = ids.map((id) =>
        stage(id, sha).catch((error: unknown) => {
          if (!(error instanceof ReconcileError)) throw error;
          ends.add(error.message.replace(/^.*: /, ""));
        }),
      );
      for (let time = 0; time < 1 + (round % 4); time++) {
        await new Promise((resolve) => setTimeout(resolve, random() * 120));
        (await workersOf(base)).forEach(kill);
      }
      await Promise.all(stages);
    }

    await requireWhole(ids, await commit());
    // Three tries may all be killed; no other error comes of it.
    expect([...ends].filter((end) => end !== "the Git worker ended with signal SIGKILL")).to.deep.equal([]);
  });

  it("is as well off when the controller's own process is killed", async () => {
    await git.close();
    const random = createRandom(2);
    for (let round = 0; round < 4; round++) {
      const sha = await commit();
      const script = fileURLToPath(new URL("../../support/stage-once.ts", import.meta.url));
      const dir = join(base, `child-${round}`);
      const child = spawn(
        process.execPath,
        ["--import", "tsx", script, join(base, "data"), "d", daemon.url(repo.dir), sha, dir],
        { stdio: "ignore" },
      );
      const ended = once(child, "exit");
      await Promise.race([ended, begun(join(base, "data/mirrors/d"))]);
      await new Promise((resolve) => setTimeout(resolve, random() * 400));
      child.kill("SIGKILL");
      await ended;
      while ((await workersOf(base)).length > 0) await new Promise((resolve) => setTimeout(resolve, 20));
    }

    git = createGit({ dataDir: join(base, "data"), clock: systemClock, log: silentLog });
    await requireWhole(["d"], await commit());
  });

  async function begun(mirror: string): Promise<void> {
    const before = (await readdir(join(mirror, "objects/pack")).catch(() => [])).length;
    const until = systemClock.monotonic() + 5000;
    while (systemClock.monotonic() < until) {
      const now = (await readdir(join(mirror, "objects/pack")).catch(() => [])).length;
      if (now > before) return;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
});

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended by itself.
  }
}
