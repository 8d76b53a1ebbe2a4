import { expect } from "chai";
import fc from "fast-check";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import {
  isErrno,
  isTemporaryName,
  readFileIfExists,
  removeFileDurably,
  writeFileAtomic,
} from "../../../controller/lib/atomic-file.ts";

let folder = "";

/** Looks again and again until the work is over; how often it did. */
async function repeatUntil(work: Promise<unknown>, look: () => Promise<void>): Promise<number> {
  const state = { over: false };
  const over = work.finally(() => (state.over = true));
  let looks = 0;
  for (; !state.over; looks++) await look();
  await over;
  return looks;
}

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe("writeFileAtomic()", () => {
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "conops-atomic-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it("writes a new file and replaces an old one, leaving nothing else behind", async () => {
    const path = join(folder, "shop.status.yaml");

    await writeFileAtomic(path, "one, which is longer");
    await writeFileAtomic(path, Buffer.from("two"));

    expect(await readFile(path, "utf8")).to.equal("two");
    expect(await readdir(folder)).to.deep.equal(["shop.status.yaml"]);
  });

  for (const { name, options, mode } of [
    { name: "by default only its owner may read it", options: {}, mode: 0o600 },
    { name: "the mode is as asked, whatever the umask", options: { mode: 0o666 }, mode: 0o666 },
  ]) {
    it(name, async () => {
      const path = join(folder, "file");
      const umask = process.umask(0o077);

      await writeFileAtomic(path, "x", options).finally(() => process.umask(umask));

      expect((await stat(path)).mode & 0o777).to.equal(mode);
    });
  }

  it("never shows a reader a half written file", async () => {
    const path = join(folder, "file");
    const versions = ["a", "b", "c"].map((letter) => letter.repeat(200_000));
    await writeFileAtomic(path, versions[0] ?? "");
    const writes = (async () => {
      for (let turn = 0; turn < 12; turn++) await writeFileAtomic(path, versions[turn % 3] ?? "");
    })();
    let wrong = 0;
    const reads = await repeatUntil(writes, async () => {
      if (!versions.includes(await readFile(path, "utf8"))) wrong++;
    });

    expect(wrong).to.equal(0);
    expect(reads).to.be.greaterThan(5);
  });

  it("leaves the old file and no temporary one when it cannot write", async () => {
    const path = join(folder, "taken");
    await mkdir(join(path, "below"), { recursive: true });

    const error = await rejection(writeFileAtomic(path, "x"));

    expect(isErrno(error, "EISDIR", "ENOTEMPTY", "EEXIST")).to.equal(true);
    expect(await readdir(folder)).to.deep.equal(["taken"]);
    expect(await readdir(path)).to.deep.equal(["below"]);
  });

  it("says ENOENT where there is no folder", async () => {
    const error = await rejection(writeFileAtomic(join(folder, "none", "file"), "x"));

    expect(isErrno(error, "ENOENT")).to.equal(true);
  });

  it("replaces a symbolic link instead of writing through it", async () => {
    const elsewhere = join(folder, "elsewhere");
    await writeFile(elsewhere, "untouched");
    await symlink(elsewhere, join(folder, "link"));

    await writeFileAtomic(join(folder, "link"), "new");

    expect(await readFile(elsewhere, "utf8")).to.equal("untouched");
    expect(await readFile(join(folder, "link"), "utf8")).to.equal("new");
  });

  it("is not disturbed by what a crash left behind", async () => {
    const path = join(folder, "shop.yaml");
    await writeFile(join(folder, ".shop.yaml.0123456789ab.tmp"), "half");

    await writeFileAtomic(path, "whole");

    expect(await readFile(path, "utf8")).to.equal("whole");
    expect((await readdir(folder)).filter(isTemporaryName)).to.deep.equal([".shop.yaml.0123456789ab.tmp"]);
  });
});

describe("isTemporaryName()", () => {
  it("knows the name under which a file is being written", async () => {
    folder = await mkdtemp(join(tmpdir(), "conops-atomic-"));
    const seen = new Set<string>();
    const write = (async () => {
      for (let turn = 0; turn < 5; turn++) await writeFileAtomic(join(folder, "x.yaml"), "x".repeat(500_000));
    })();
    await repeatUntil(write, async () => {
      for (const name of await readdir(folder)) seen.add(name);
    });
    await rm(folder, { recursive: true, force: true });

    const others = [...seen].filter((name) => !isTemporaryName(name));
    expect(others).to.deep.equal(["x.yaml"]);
    expect(seen.size).to.be.greaterThan(1);
  });

  it("takes no file of a person for one", () => {
    for (const name of [
      "shop.yaml",
      "x.tmp",
      ".shop.yaml.swp",
      ".x.tmp",
      "shop.0123456789ab.tmp",
      ".x.0123.tmp",
      ".x.0123456789AB.tmp",
    ]) {
      expect(isTemporaryName(name), name).to.equal(false);
    }
  });

  it("knows them whatever the name of the file", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.integer({ min: 0, max: 2 ** 47 }), (name, number) => {
        const file = basename(name.replaceAll("\n", ""));
        fc.pre(file !== "");
        const hex = number.toString(16).padStart(12, "0");
        expect(isTemporaryName(`.${file}.${hex}.tmp`)).to.equal(true);
      }),
    );
  });
});

describe("readFileIfExists() and removeFileDurably()", () => {
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "conops-atomic-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it("reads a file, and tells that there is none", async () => {
    await writeFile(join(folder, "file"), "text");

    expect(await readFileIfExists(join(folder, "file"))).to.equal("text");
    expect(await readFileIfExists(join(folder, "none"))).to.equal(undefined);
    expect(await readFileIfExists(join(folder, "none", "file"))).to.equal(undefined);
  });

  it("does not take what it cannot read for a file that is not there", async () => {
    const error = await rejection(readFileIfExists(folder));

    expect(isErrno(error, "EISDIR")).to.equal(true);
  });

  it("removes a file, and is content when it or its folder is gone", async () => {
    await writeFile(join(folder, "file"), "text");

    await removeFileDurably(join(folder, "file"));
    await removeFileDurably(join(folder, "file"));
    await removeFileDurably(join(folder, "none", "file"));

    expect(await readdir(folder)).to.deep.equal([]);
  });
});

describe("isErrno()", () => {
  it("compares the code of an error, and of nothing else", () => {
    const error = Object.assign(new Error("x"), { code: "ENOENT" });

    expect(isErrno(error, "EISDIR", "ENOENT")).to.equal(true);
    expect(isErrno(error, "EISDIR")).to.equal(false);
    expect(isErrno(new Error("ENOENT"), "ENOENT")).to.equal(false);
    expect(isErrno({ code: "ENOENT" }, "ENOENT")).to.equal(false);
    expect(isErrno(undefined, "ENOENT")).to.equal(false);
  });
});
