import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "chai";
import fc from "fast-check";
import { trackingOf } from "../../../controller/registry/git-tracking.ts";

/** So long that an index of version 4 needs two bytes to say that nothing of it is kept. */
const LONG = `long/${"x".repeat(200)}.yaml`;

describe("trackingOf()", () => {
  let root: string;

  beforeEach(async () => (root = await realpath(await mkdtemp(join(tmpdir(), "conops-index-")))));
  afterEach(() => rm(root, { recursive: true, force: true }));

  function git(dir: string, ...args: readonly string[]): string {
    const config = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "protocol.file.allow=always"];
    const env = { PATH: process.env["PATH"], HOME: root, GIT_CONFIG_NOSYSTEM: "1" };
    return execFileSync("git", ["-C", dir, ...config, ...args], {
      env,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
  }

  async function write(...files: readonly string[]): Promise<void> {
    for (const file of files) {
      await mkdir(dirname(join(root, file)), { recursive: true });
      await writeFile(join(root, file), file);
    }
  }

  const of = (file: string): Promise<string> => trackingOf(join(root, file));

  for (const { name, init = [], after } of [
    { name: "of version 2", after: ["update-index", "--index-version", "2"] },
    { name: "of version 4", after: ["update-index", "--index-version", "4"] },
    { name: "of SHA-256", init: ["--object-format=sha256"], after: ["status"] },
    {
      name: "of SHA-256 and version 4",
      init: ["--object-format=sha256"],
      after: ["update-index", "--index-version", "4"],
    },
    { name: "that is split", after: ["update-index", "--split-index"] },
  ]) {
    it(`finds files in an index ${name}`, async () => {
      git(root, "init", "-q", ...init);
      await write(
        "a.yaml",
        "apps/shop.yaml",
        "apps/shop.yaml2",
        "apps/ünï cödé.yaml",
        LONG,
        "z/last.yaml",
        "apps/not.yaml",
        ".gitignore",
      );
      git(root, "add", "a.yaml", "apps/shop.yaml", "apps/shop.yaml2", "apps/ünï cödé.yaml", LONG, "z");
      git(root, "commit", "-qm", "x");
      git(root, ...after);

      for (const file of [
        "a.yaml",
        "apps/shop.yaml",
        "apps/shop.yaml2",
        "apps/ünï cödé.yaml",
        LONG,
        "z/last.yaml",
      ]) {
        expect(await of(file), file).to.equal("tracked");
      }
      expect(await of("apps/not.yaml")).to.equal("untracked");
      expect(await of(".gitignore")).to.equal("untracked");
    });
  }

  it("finds what is only meant to be added, in an index of version 3", async () => {
    git(root, "init", "-q");
    await write("a.yaml", "b.yaml", "c.yaml");
    git(root, "add", "-N", "b.yaml");
    git(root, "add", "c.yaml");

    expect(await of("a.yaml")).to.equal("untracked");
    expect(await of("b.yaml")).to.equal("tracked");
    expect(await of("c.yaml")).to.equal("tracked");
  });

  it("takes what lies in a folder of a sparse index for tracked", async () => {
    git(root, "init", "-q");
    await write("a/x.yaml", "b/y.yaml");
    git(root, "add", ".");
    git(root, "commit", "-qm", "x");
    git(root, "sparse-checkout", "set", "--cone", "--sparse-index", "a");
    await write("b/y.yaml", "c.yaml");

    expect(await of("a/x.yaml")).to.equal("tracked");
    expect(await of("b/y.yaml")).to.equal("tracked");
    expect(await of("c.yaml")).to.equal("untracked");
  });

  it("knows the work trees of a repository apart", async () => {
    git(root, "init", "-q", "main");
    await write("main/a.yaml", "other.yaml");
    git(join(root, "main"), "add", ".");
    git(join(root, "main"), "commit", "-qm", "x");
    git(join(root, "main"), "worktree", "add", "-q", "../second");
    await write("main/only.yaml", "second/only.yaml");
    git(join(root, "second"), "add", "only.yaml");

    expect(await of("main/a.yaml")).to.equal("tracked");
    expect(await of("second/a.yaml")).to.equal("tracked");
    expect(await of("main/only.yaml")).to.equal("untracked");
    expect(await of("second/only.yaml")).to.equal("tracked");
    expect(await of("other.yaml")).to.equal("untracked");
  });

  it("looks at what a link leads to", async () => {
    git(root, "init", "-q", "repo");
    await write("repo/a.yaml");
    git(join(root, "repo"), "add", ".");
    await symlink("repo/a.yaml", join(root, "link.yaml"));

    expect(await of("link.yaml")).to.equal("tracked");
  });

  it("finds nothing where there is no repository, or nothing was ever added", async () => {
    await write("a.yaml");
    expect(await of("a.yaml")).to.equal("untracked");
    git(root, "init", "-q");
    expect(await of("a.yaml")).to.equal("untracked");
  });

  it("waits while Git writes its index", async () => {
    git(root, "init", "-q");
    await write("a.yaml", ".git/index.lock");

    expect(await of("a.yaml")).to.equal("busy");
  });

  for (const { name, bytes } of [
    { name: "that is no index", bytes: Buffer.from("nonsense that goes on for a while") },
    { name: "that is empty", bytes: Buffer.alloc(0) },
    { name: "of a later version", bytes: Buffer.from("444952430000000900000001", "hex") },
    { name: "that was cut off", bytes: Buffer.from("444952430000000200000001", "hex") },
  ]) {
    it(`knows nothing by an index ${name}`, async () => {
      git(root, "init", "-q");
      await write("a.yaml");
      await writeFile(join(root, ".git/index"), bytes);

      expect(await of("a.yaml")).to.equal("unknown");
    });
  }

  it("says what git ls-files says, of any names", async () => {
    const name = fc.stringMatching(/^[a-c][a-d]{0,3}(?:\/[a-c]{1,12}){0,3}\.yaml$/);
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(name, { minLength: 1, maxLength: 12 }),
        fc.constantFrom(2, 4),
        async (files, version) => {
          await rm(root, { recursive: true, force: true });
          await mkdir(root);
          git(root, "init", "-q");
          await write(...files);
          git(root, "add", ...files.filter((_, at) => at % 2 === 0));
          git(root, "update-index", "--index-version", String(version));
          const tracked = git(root, "ls-files").split("\n");
          for (const file of files)
            expect(await of(file), file).to.equal(tracked.includes(file) ? "tracked" : "untracked");
        },
      ),
      { numRuns: 25 },
    );
  }).timeout(60_000);
});
