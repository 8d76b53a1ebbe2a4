import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "chai";
import fc from "fast-check";
import { ReconcileError } from "../../../controller/api/errors.ts";
import type { TreeEntry } from "../../../controller/git/git.ts";
import { openLedgerStore, type LedgerStore } from "../../../controller/git/ledger.ts";
import {
  removeTrackedFiles,
  updateStableCheckout,
  type CheckoutResult,
} from "../../../controller/git/stable-checkout.ts";
import { gitBlobId } from "../../../controller/lib/hash.ts";

/** path → text, `x:` for an executable, `->` for a link. */
type Files = Readonly<Record<string, string>>;

describe("the stable checkout", function () {
  this.timeout(30_000); // every file is synced to the disk
  let root: string;
  let stable: string;
  let ledgers: LedgerStore;
  let round = 0;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "conops-checkout-"));
    stable = join(root, "checkouts", "shop");
    ledgers = await openLedgerStore(root);
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  async function update(
    files: Files,
    extra: {
      readonly onLocalChange?: (path: string) => "refuse" | "keep" | "overwrite";
      readonly onStep?: (done: number) => void;
      readonly paths?: readonly string[];
    } = {},
  ): Promise<CheckoutResult> {
    round += 1;
    const stagingDir = join(root, `staging-${round}`);
    await mkdir(stagingDir);
    const entries: TreeEntry[] = [];
    for (const [path, content] of Object.entries(files)) {
      const full = join(stagingDir, path);
      await mkdir(dirname(full), { recursive: true });
      const link = content.startsWith("->");
      const text = link ? content.slice(2) : content;
      if (link) await symlink(text, full);
      else await writeFile(full, text);
      const mode = link ? "120000" : content.startsWith("x:") ? "100755" : "100644";
      entries.push({ path, mode, blob: gitBlobId(Buffer.from(text)) });
    }
    const request = { name: "shop", stableDir: stable, stagingDir, revision: `r${round}`, entries, ...extra };
    return updateStableCheckout(request, ledgers, new AbortController().signal);
  }

  async function conflict(files: Files): Promise<string> {
    try {
      await update(files);
    } catch (error) {
      if (error instanceof ReconcileError && error.reason === "CheckoutConflict") return error.message;
      throw error;
    }
    return "no conflict";
  }

  const text = (path: string): Promise<string> => readFile(join(stable, path), "utf8");

  it("writes what is new, replaces what changed, removes what went, and keeps the inode of the rest", async () => {
    await update({ "a.txt": "1", "dir/b.txt": "1", "dir/sub/c.txt": "1", "same.txt": "same" });
    const inode = (await stat(join(stable, "same.txt"))).ino;

    const result = await update({ "a.txt": "2", "same.txt": "same", "run.sh": "x:#!" });

    expect(await text("a.txt")).to.equal("2");
    expect((await stat(join(stable, "same.txt"))).ino).to.equal(inode);
    expect((await stat(join(stable, "run.sh"))).mode & 0o777).to.equal(0o755);
    expect((await readdir(stable)).toSorted()).to.deep.equal(["a.txt", "run.sh", "same.txt"]);
    expect(result.written).to.deep.equal(["a.txt", "run.sh"]);
    expect(result.removed).to.deep.equal(["dir/sub/c.txt", "dir/b.txt"]);
  });

  it("leaves untracked data alone, through fifty updates", async () => {
    await update({ "compose.yaml": "0", "data/.keep": "" });
    await writeFile(join(stable, "data", "table"), "precious");
    for (let commit = 1; commit <= 50; commit += 1) await update({ "compose.yaml": String(commit) });

    expect(await text("data/table")).to.equal("precious");
    expect(await text("compose.yaml")).to.equal("50");
  });

  it("writes nothing and names the file where a tracked one was changed on disk", async () => {
    await update({ "a.conf": "1", "b.conf": "1" });
    await writeFile(join(stable, "b.conf"), "mine");

    expect(await conflict({ "a.conf": "2", "b.conf": "2" })).to.match(/"b.conf": it was changed on disk/);
    expect(await text("a.conf")).to.equal("1");
    expect(await text("b.conf")).to.equal("mine");
  });

  it("does not look at a changed file that it need not write", async () => {
    await update({ "a.conf": "1", "b.conf": "1" });
    await writeFile(join(stable, "b.conf"), "mine");

    await update({ "a.conf": "2", "b.conf": "1" });

    expect(await text("b.conf")).to.equal("mine");
  });

  it("covers no untracked file, and no untracked folder", async () => {
    await update({ "a.txt": "1" });
    await writeFile(join(stable, "new.txt"), "mine");
    await mkdir(join(stable, "folder"));
    await writeFile(join(stable, "folder", "x"), "mine");

    expect(await conflict({ "a.txt": "1", "new.txt": "git" })).to.match(
      /"new.txt": it is on disk but not from Git/,
    );
    expect(await conflict({ "a.txt": "1", folder: "git" })).to.match(
      /"folder": a folder that is not from Git/,
    );
  });

  it("takes a file that already holds the bytes to be written for its own", async () => {
    await update({ "a.txt": "1" });
    await writeFile(join(stable, "b.txt"), "same");

    expect(await conflict({ "a.txt": "1", "b.txt": "same" })).to.equal("no conflict");
  });

  it("leaves a file that went from Git but was changed here", async () => {
    await update({ "a.txt": "1", "b.txt": "1" });
    await writeFile(join(stable, "b.txt"), "mine");

    const result = await update({ "a.txt": "1" });

    expect(result.left).to.deep.equal(["b.txt"]);
    expect(await text("b.txt")).to.equal("mine");
  });

  it("restores a tracked file that somebody removed", async () => {
    await update({ "a.txt": "1", "b.txt": "1" });
    await rm(join(stable, "b.txt"));

    await update({ "a.txt": "2", "b.txt": "1" });

    expect(await text("b.txt")).to.equal("1");
  });

  it("keeps or overwrites where a label says so, and saves a copy of what it overwrites", async () => {
    await update({ "keep.conf": "1", "take.conf": "1" });
    await writeFile(join(stable, "keep.conf"), "mine");
    await writeFile(join(stable, "take.conf"), "mine");

    const result = await update(
      { "keep.conf": "2", "take.conf": "2" },
      { onLocalChange: (path) => (path === "keep.conf" ? "keep" : "overwrite") },
    );

    expect(await text("keep.conf")).to.equal("mine");
    expect(await text("take.conf")).to.equal("2");
    expect(result.copies).to.deep.equal(["take.conf.local-1"]);
    expect(await text("take.conf.local-1")).to.equal("mine");
  });

  it("copies a link that stands in the place of an overwritten file as a link, and reads nothing through it", async () => {
    await writeFile(join(root, "secret"), "of the host");
    await update({ "take.conf": "1" });
    await rm(join(stable, "take.conf"));
    await symlink(join(root, "secret"), join(stable, "take.conf"));

    const result = await update({ "take.conf": "2" }, { onLocalChange: () => "overwrite" });

    expect(result.copies).to.deep.equal(["take.conf.local-1"]);
    expect(await readlink(join(stable, "take.conf.local-1"))).to.equal(join(root, "secret"));
    expect(await text("take.conf")).to.equal("2");
    expect(await readFile(join(root, "secret"), "utf8")).to.equal("of the host");
  });

  it("never writes through a symbolic link that an earlier revision planted", async () => {
    const outside = join(root, "outside");
    await mkdir(outside);
    await update({ a: `->${outside}`, "x.txt": "1" });

    await update({ "a/evil.txt": "evil", "x.txt": "1" });

    expect(await readdir(outside)).to.deep.equal([]);
    expect((await lstat(join(stable, "a"))).isDirectory()).to.equal(true);
    expect(await text("a/evil.txt")).to.equal("evil");
  });

  it("never writes through a symbolic link that a user or a container planted", async () => {
    const outside = join(root, "outside");
    await mkdir(outside);
    await update({ "conf/a.txt": "1" });
    await rm(join(stable, "conf"), { recursive: true });
    await symlink(outside, join(stable, "conf"));

    expect(await conflict({ "conf/a.txt": "2" })).to.match(/"conf" stands in the way and is not a folder/);
    expect(await readdir(outside)).to.deep.equal([]);
  });

  it("turns a file into a folder and back", async () => {
    await update({ x: "file" });
    await update({ "x/y": "in a folder" });
    expect(await text("x/y")).to.equal("in a folder");

    await update({ x: "file again" });

    expect(await text("x")).to.equal("file again");
  });

  it("keeps links as links, and changes them as files", async () => {
    await update({ "a.txt": "1", link: "->a.txt" });
    expect(await readlink(join(stable, "link"))).to.equal("a.txt");

    await update({ "a.txt": "1", "b.txt": "1", link: "->b.txt" });

    expect(await readlink(join(stable, "link"))).to.equal("b.txt");
  });

  it("mends an executable bit without a new inode", async () => {
    await update({ "run.sh": "x:#!", "a.txt": "1" });
    const inode = (await stat(join(stable, "run.sh"))).ino;
    await ledgers.write("shop", { revision: "", files: {} });
    await chmod(join(stable, "run.sh"), 0o644);

    await update({ "run.sh": "x:#!", "a.txt": "1" });

    const { ino, mode } = await stat(join(stable, "run.sh"));
    expect([ino, mode & 0o777]).to.deep.equal([inode, 0o755]);
  });

  it("goes on after a crash at any file, also towards another revision", async () => {
    const first: Files = { a: "1", b: "1", c: "1", "d/e": "1" };
    const second: Files = { a: "2", b: "2", "d/e": "2", f: "2" };
    const third: Files = { a: "3", c: "3", "d/e": "3", "f/g": "3" };
    const crash = (at: number) => (done: number) => {
      if (done === at) throw new Error("crash");
    };
    for (let one = 1; one <= 5; one += 1) {
      for (let two = 1; two <= 5; two += 1) {
        await rm(stable, { recursive: true, force: true });
        await ledgers.remove("shop");
        await update(first);
        await update(second, { onStep: crash(one) }).catch(() => undefined);
        await update(third, { onStep: crash(two) }).catch(() => undefined);
        await update(third);

        expect([await text("a"), await text("c"), await text("d/e"), await text("f/g")]).to.deep.equal([
          "3",
          "3",
          "3",
          "3",
        ]);
        expect((await readdir(stable)).toSorted()).to.deep.equal(["a", "c", "d", "f"]);
      }
    }
  });

  it("removes at the end what it wrote and nobody changed, and nothing else", async () => {
    await update({ "a.txt": "1", "b.txt": "1", "dir/c.txt": "1" });
    await writeFile(join(stable, "b.txt"), "mine");
    await writeFile(join(stable, "dir", "data"), "mine");

    const left = await removeTrackedFiles("shop", stable, ledgers);

    expect(left).to.deep.equal(["b.txt"]);
    expect((await readdir(stable, { recursive: true })).toSorted()).to.deep.equal([
      "b.txt",
      "dir",
      "dir/data",
    ]);
  });

  describe("of a part of the repository", () => {
    const files = async (): Promise<readonly string[]> =>
      (await readdir(stable, { recursive: true, withFileTypes: true }))
        .filter((entry) => !entry.isDirectory())
        .map((entry) => join(entry.parentPath, entry.name).slice(stable.length + 1))
        .toSorted();

    it("leaves alone what an earlier checkout wrote beside it, and goes on knowing it", async () => {
      await update({ "app/a": "1", "app/b": "1", "other/c": "1", "other/d": "1", e: "1" });

      await update({ "app/a": "2" }, { paths: ["app"] });
      expect(await files()).to.deep.equal(["app/a", "e", "other/c", "other/d"]);
      expect(await text("other/c")).to.equal("1");

      await update({ "app/a": "3", "other/c": "3" });
      expect(await files()).to.deep.equal(["app/a", "other/c"]);
      expect(await text("other/c")).to.equal("3");
    });

    it("removes at the end what it left alone", async () => {
      await update({ "app/a": "1", "other/b": "1", "other/c": "1" });
      await writeFile(join(stable, "other/c"), "mine");
      await update({ "app/a": "2" }, { paths: ["app"] });

      expect(await removeTrackedFiles("shop", stable, ledgers)).to.deep.equal(["other/c"]);
      expect(await files()).to.deep.equal(["other/c"]);
    });

    it("takes away a file that stands where the part has its folder", async () => {
      await update({ app: "1", b: "1" });
      await update({ "app/sub/a": "2" }, { paths: ["app/sub"] });

      expect(await files()).to.deep.equal(["app/sub/a", "b"]);
    });

    it("takes the folder away where the part has a link", async () => {
      await update({ "app/a": "1", "v2/a": "2" });
      await update({ app: "->v2", "v2/a": "2" }, { paths: ["app", "v2"] });

      expect(await readlink(join(stable, "app"))).to.equal("v2");
    });

    it("knows after a crash which of two revisions a file beside it has", async () => {
      for (let at = 1; at <= 4; at += 1) {
        await rm(stable, { recursive: true, force: true });
        await ledgers.remove("shop");
        await update({ "app/a": "1", "other/b": "1", "other/c": "1", "other/d": "1" });
        const second: Files = { "app/a": "2", "other/b": "2", "other/c": "2", "other/d": "2" };
        const crash = (done: number): void => {
          if (done === at) throw new Error("crash");
        };
        await update(second, { onStep: crash }).catch(() => undefined);
        await update({ "app/a": "3" }, { paths: ["app"] });

        await update({ "app/a": "4", "other/b": "4" });
        expect(await files()).to.deep.equal(["app/a", "other/b"]);
      }
    });

    it("leads to Git's files in the end, whatever parts were taken on the way", async () => {
      const path = fc.constantFrom("a", "b", "a/x", "a/y", "b/x/y", "b/x/z", "c");
      const valid = (some: Files): boolean =>
        Object.keys(some).every((one) => !Object.keys(some).some((other) => other.startsWith(`${one}/`)));
      const revision = fc
        .dictionary(path, fc.constantFrom("1", "2", "x:run"), { noNullPrototype: true })
        .filter(valid);
      const part = fc.option(fc.uniqueArray(fc.constantFrom("a", "b", "b/x", "c", "a/x"), { minLength: 1 }), {
        nil: undefined,
      });
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.tuple(revision, part), { maxLength: 5 }),
          revision,
          async (updates, last) => {
            await rm(stable, { recursive: true, force: true });
            await ledgers.remove("shop");
            for (const [all, paths] of updates) {
              const below = (one: string): boolean =>
                paths === undefined || paths.some((limit) => one === limit || one.startsWith(`${limit}/`));
              // As a stage does: a file on the way to a limit is part of it.
              const onTheWay = Object.keys(all).filter((one) =>
                paths?.some((limit) => limit.startsWith(`${one}/`)),
              );
              const taken = Object.keys(all).filter((one) => below(one) || onTheWay.includes(one));
              await update(
                Object.fromEntries(taken.map((one) => [one, all[one] ?? ""])),
                paths === undefined ? {} : { paths: [...paths, ...onTheWay] },
              );
              const found = await files();
              expect(found.filter((one) => below(one))).to.deep.equal(
                taken.filter((one) => below(one)).toSorted(),
              );
              for (const one of taken) expect(await text(one)).to.equal(all[one]);
            }
            await update(last);
            expect(await files()).to.deep.equal(Object.keys(last).toSorted());
          },
        ),
        { numRuns: 25 },
      );
    });
  });

  it("holds exactly Git's files and the untracked ones after any sequence of revisions", async () => {
    const path = fc.constantFrom("a", "b", "a/x", "a/y", "b/x/y", "c");
    const valid = (files: Files): boolean =>
      Object.keys(files).every((one) => !Object.keys(files).some((other) => other.startsWith(`${one}/`)));
    const revision = fc
      .dictionary(path, fc.constantFrom("1", "2", "->c", "x:run"), { noNullPrototype: true })
      .filter(valid);
    await fc.assert(
      fc.asyncProperty(fc.array(revision, { minLength: 1, maxLength: 5 }), async (revisions) => {
        await rm(stable, { recursive: true, force: true });
        await ledgers.remove("shop");
        await mkdir(join(stable, "untracked"), { recursive: true });
        await writeFile(join(stable, "untracked", "data"), "mine");
        for (const files of revisions) await update(files);
        const last = revisions.at(-1) ?? {};
        for (const [name, content] of Object.entries(last)) {
          const found = content.startsWith("->")
            ? `->${await readlink(join(stable, name))}`
            : await text(name);
          expect(found).to.equal(content);
        }
        const found = await readdir(stable, { recursive: true, withFileTypes: true });
        const files = found
          .filter((entry) => !entry.isDirectory())
          .map((entry) => join(entry.parentPath, entry.name));
        expect(files.length).to.equal(Object.keys(last).length + 1);
        expect(await text("untracked/data")).to.equal("mine");
      }),
      { numRuns: 40 },
    );
  });
});
