import { expect } from "chai";
import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { borrowMirrors } from "../../../controller/git/borrowing.ts";
import type { Git } from "../../../controller/git/git.ts";
import { createGit } from "../../../controller/git/pool.ts";
import { systemClock } from "../../../controller/lib/clock.ts";
import { silentLog } from "../../../controller/lib/log.ts";
import { createTempRepo, type TempRepo } from "../../support/git-repo.ts";
import { startGitDaemon, type GitServer } from "../../support/git-servers.ts";

const { signal } = new AbortController();
const ID = "a1b2c3";

describe("Borrowed mirrors", function () {
  this.timeout(60_000);
  let base: string;
  let repo: TempRepo;
  let daemon: GitServer;
  let owner: Git;
  let borrower: Git;
  let count = 0;

  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), "conops-borrow-"));
    repo = await createTempRepo({ dir: join(base, "repo") });
    daemon = await startGitDaemon(base);
    owner = createGit({ dataDir: join(base, "owner"), clock: systemClock, log: silentLog });
    borrower = createGit({
      dataDir: join(base, "own"),
      clock: systemClock,
      log: silentLog,
      sharedWorkers: true,
    });
  });
  afterEach(async () => {
    await Promise.all([owner.close(), borrower.close()]);
    await daemon.close();
    await rm(base, { recursive: true, force: true });
  });

  const borrow = (): Promise<void> =>
    borrowMirrors(join(base, "owner/mirrors"), join(base, "own/mirrors"), ID);
  async function stage(git: Git, sha: string): Promise<string> {
    const dir = join(base, `out-${++count}`);
    await git.stage(
      { remote: { id: ID, url: daemon.url(repo.dir) }, sha, ref: "refs/heads/main", dir },
      signal,
    );
    return readFile(join(dir, "a"), "utf8");
  }
  const files = (folder: string): Promise<string[]> => readdir(join(base, folder), { recursive: true });

  it("are read without asking the remote, and stay as they were", async () => {
    const sha = await repo.commit({ a: "1" });
    await stage(owner, sha);
    const before = await files("owner");
    await rename(repo.dir, join(base, "away"));

    await borrow();

    expect(await stage(borrower, sha)).to.equal("1");
    expect(await files("owner")).to.deep.equal(before);
    await rename(join(base, "away"), repo.dir);
  });

  it("are the ground on which only what is new is fetched, into a folder of one's own", async () => {
    await stage(owner, await repo.commit({ a: "1", big: randomBytes(1_000_000) }));
    const before = await files("owner");
    const sha = await repo.commit({ a: "2" });
    await borrow();

    expect(await stage(borrower, sha)).to.equal("2");

    expect(await files("owner")).to.deep.equal(before);
    const packs = (await files(`own/mirrors/${ID}/objects/pack`)).filter((name) => name.endsWith(".pack"));
    expect(packs).to.have.length(1);
    const pack = await readFile(join(base, "own/mirrors", ID, "objects/pack", packs[0] ?? ""));
    expect(pack.length).to.be.lessThan(10_000);
  });

  it("are fetched anew where the owner has taken them away meanwhile, or never had them", async () => {
    const sha = await repo.commit({ a: "1" });
    await borrow();
    expect(await stage(borrower, sha)).to.equal("1");
    await rm(join(base, "own/mirrors"), { recursive: true });
    await stage(owner, sha);

    await borrow();
    await rm(join(base, "owner/mirrors"), { recursive: true });

    expect(await stage(borrower, sha)).to.equal("1");
  });
});
