import { expect } from "chai";
import { readFileSync } from "node:fs";
import {
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  realpath,
  rm,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ReconcileError } from "../../../controller/api/errors.ts";
import type { Compose } from "../../../controller/compose/compose.ts";
import { createCompose } from "../../../controller/compose/create-compose.ts";
import type { Git, Staged } from "../../../controller/git/git.ts";
import { openLedgerStore, type LedgerStore } from "../../../controller/git/ledger.ts";
import { makeBareRepository } from "../../../controller/git/mirrors.ts";
import { createGit } from "../../../controller/git/pool.ts";
import { updateStableCheckout } from "../../../controller/git/stable-checkout.ts";
import { systemClock } from "../../../controller/lib/clock.ts";
import { silentLog } from "../../../controller/lib/log.ts";
import { GOOD, hostileCases, type HostileCase } from "../../support/hostile-repos.ts";
import { looseObjects, type LooseFile, type LooseObjects } from "../../support/loose-objects.ts";

const { signal } = new AbortController();
const SENTINEL = "SENTINEL-4711-nobody-may-read-this";
/** From the root of a staged or a stable checkout. */
const UP = "../../../outside";

/**
 * Each case as it would happen: the good commit is checked out, then the hostile one is staged, rendered, and brought into
 * the same stable checkout (even where ConOps would have refused it before). Whatever becomes of it: nothing outside the
 * checkout is created, changed or read.
 */
describe("A hostile repository", function () {
  this.timeout(60_000);
  let base: string;
  let outside: string;
  let data: string;
  let git: Git;
  let compose: Compose;
  let ledgers: LedgerStore;
  let untouched: string;
  let count = 0;

  before(async () => {
    base = await realpath(await mkdtemp(join(tmpdir(), "conops-corpus-")));
    [outside, data] = [join(base, "outside"), join(base, "data")];
    for (const dir of [
      outside,
      join(outside, "folder"),
      data,
      join(data, "staging"),
      join(data, "checkouts"),
      join(data, "neighbour"),
    ]) {
      await mkdir(dir);
    }
    const files = {
      "outside/secret": SENTINEL,
      "outside/secret.env": `SECRET=${SENTINEL}\n`,
      "outside/secret.yaml": `services: {web: {image: ${SENTINEL.toLowerCase()}, environment: {S: ${SENTINEL}}}}\n`,
      "outside/folder/Dockerfile": `FROM ${SENTINEL.toLowerCase()}\n`,
      "data/neighbour/file": SENTINEL,
    };
    for (const [path, text] of Object.entries(files)) await writeFile(join(base, path), text);
    // Where file systems note when a file was read, they do so for one that was changed since: then a read shows.
    for (const path of Object.keys(files)) await utimes(join(base, path), new Date(0), new Date());
    git = createGit({
      dataDir: data,
      clock: systemClock,
      log: silentLog,
      limits: { maxFileBytes: 1024 ** 2, maxCheckoutBytes: 1024 ** 3 },
    });
    compose = createCompose({ dataDir: data, dockerHost: undefined, clock: systemClock, log: silentLog });
    ledgers = await openLedgerStore(data);
    untouched = await snapshot();
  });
  after(async () => {
    await git.close();
    await rm(base, { recursive: true, force: true });
  });

  /** Everything that no case may touch, with the times of its last change and its last reading. */
  async function snapshot(): Promise<string> {
    const lines: string[] = [];
    const visit = async (dir: string): Promise<void> => {
      for (const name of (await readdir(dir)).toSorted()) {
        const path = join(dir, name);
        const stat = await lstat(path);
        const times = stat.isDirectory() ? "" : `${stat.mtimeMs} ${stat.ctimeMs} ${stat.atimeMs}`;
        lines.push(`${path} ${stat.mode} ${stat.size} ${stat.ino} ${times}`);
        if (stat.isDirectory()) await visit(path);
      }
    };
    for (const dir of [outside, join(data, "neighbour")]) await visit(dir);
    return [...lines, ...(await readdir(base)).toSorted()].join("\n");
  }

  async function stage(remote: string, sha: string): Promise<Staged & { readonly dir: string }> {
    const dir = join(data, "staging", `t${++count}-0123456789abcdef`);
    // Nobody is asked: the mirror has the commit.
    const staged = await git.stage(
      { remote: { id: remote, url: "http://127.0.0.1:1/none" }, sha, dir },
      signal,
    );
    return { ...staged, dir };
  }

  async function update(name: string, staged: Staged & { readonly dir: string }): Promise<void> {
    const request = {
      name,
      stableDir: join(data, "checkouts", name),
      stagingDir: staged.dir,
      revision: staged.commit.sha,
      entries: staged.entries,
    };
    await updateStableCheckout(request, ledgers, signal);
  }

  /** Everything in a checkout is its own: links lead inside, and no file holds what lies outside. */
  async function requireClean(dir: string, never: readonly string[]): Promise<void> {
    for (const entry of await readdir(dir, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      const shown = path.slice(dir.length + 1);
      expect(never).not.to.include(shown);
      if (entry.isSymbolicLink()) {
        const target = await realpath(path).catch(() => dir);
        expect(`${target}/`.startsWith(`${dir}/`), `${shown} -> ${await readlink(path)}`).to.equal(true);
      } else if (entry.isFile()) {
        expect((await readFile(path)).includes(SENTINEL), shown).to.equal(false);
      } else expect(entry.isDirectory(), shown).to.equal(true);
    }
  }

  function commitOf(objects: LooseObjects, { hostile, message }: HostileCase): string {
    const tree =
      typeof hostile === "function" ? hostile(objects) : objects.files({ ...besides(hostile), ...hostile });
    return objects.commit(tree, message);
  }

  const names = Object.keys(hostileCases("/outside", UP));
  for (const name of names) {
    it(`with ${name}`, async () => {
      const one = hostileCases(outside, UP)[name];
      if (one === undefined) throw new Error("no such case");
      const id = `case${++count}`;
      await makeBareRepository(join(data, "mirrors", id));
      const objects = looseObjects(join(data, "mirrors", id, "objects"));
      const good = await stage(id, objects.commit(objects.files(one.before ?? GOOD)));
      await update(id, good);
      const sha = commitOf(objects, one);
      const { path = ".", overrides = [], envFiles = [], env = [] } = one.spec ?? {};
      const stableDir = join(data, "checkouts", id);
      const said: unknown[] = [];

      let became = "rendered";
      const staged = await stage(id, sha).catch((error: unknown) => {
        became = `stage ${reasonOf(error)}`;
        said.push(messageOf(error));
        return undefined;
      });
      if (staged !== undefined) {
        const { leftOut, warnings, dir: stagingDir } = staged;
        const request = {
          project: "ct-hostile",
          stagingDir,
          stableDir,
          path,
          overrides,
          envFiles,
          env,
          leftOut,
        };
        const rendering = await compose
          .render({ ...request, profiles: [], allowUnset: ["NOWHERE"] }, signal)
          .catch((error: unknown) => {
            became = `render ${reasonOf(error)}`;
            return messageOf(error);
          });
        said.push(warnings, rendering);
        await update(id, staged);
        await requireClean(stagingDir, one.never ?? []);
      }
      await requireClean(stableDir, one.never ?? []);

      const text = JSON.stringify(said).toLowerCase();
      expect(became, text).to.equal(one.becomes);
      expect(text.includes(SENTINEL.toLowerCase()), text).to.equal(false);
      expect(await snapshot()).to.equal(untouched);
    });
  }

  it("is of as many kinds as this test says", () => {
    expect(names.length > 150).to.equal(true);
  });

  it("would be caught if it made anybody read what lies outside, where the file system notes it", async () => {
    const probe = join(data, "neighbour", "file");
    const stat = await lstat(probe);
    readFileSync(probe);
    const changed = (await lstat(probe)).atimeMs !== stat.atimeMs;
    const noted = !/\bnoatime\b/.test(await readFile("/proc/mounts", "utf8"));
    expect(changed || !noted).to.equal(true);
  });
});

/** The good files for which the hostile ones leave room: no path is a file and a folder. */
function besides(hostile: Readonly<Record<string, LooseFile>>): Readonly<Record<string, LooseFile>> {
  const taken = Object.keys(hostile);
  const collides = (path: string): boolean =>
    taken.some((one) => one.startsWith(`${path}/`) || path.startsWith(`${one}/`));
  return Object.fromEntries(Object.entries(GOOD).filter(([path]) => !collides(path)));
}

function reasonOf(error: unknown): string {
  if (!(error instanceof ReconcileError)) throw error;
  return `${error.reason}${error.terminal ? "" : ", which may pass"}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
