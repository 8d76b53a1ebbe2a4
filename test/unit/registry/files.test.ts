import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { chmod, mkdir, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import {
  findFiles,
  isManifestName,
  listManifestFiles,
  MAX_MANIFEST_BYTES,
  readRegistryFile,
  statusFileOf,
} from "../../../controller/registry/files.ts";
import { forEachOf } from "../../../controller/registry/for-each-of.ts";

describe("isManifestName()", () => {
  const names: Readonly<Record<string, boolean>> = {
    "shop.yaml": true,
    "shop.yml": true,
    "deep/er/shop.yaml": true,
    "shop.v2.yaml": true,
    "shop.status.yaml": false,
    "shop.status.yml": false,
    "application.shop.sync.request.yaml": false,
    ".shop.yaml": false,
    ".yaml": false,
    ".shop.yaml.swp": false,
    "shop.yaml.swp": false,
    "shop.yaml~": false,
    "~shop.yaml": false,
    "#shop.yaml#": false,
    ".#shop.yaml": false,
    "4913": false,
    ".shop.yaml.0123456789ab.tmp": false,
    "shop.yaml.tmp": false,
    "shop.yaml.bak": false,
    "shop.json": false,
    "shop.YAML": false,
  };
  for (const [name, is] of Object.entries(names)) {
    it(`${is ? "takes" : "does not take"} ${name} for a manifest`, () => {
      expect(isManifestName(name)).to.equal(is);
    });
  }
});

describe("statusFileOf()", () => {
  it("names the file beside the manifest, the same for both suffixes", () => {
    expect([statusFileOf("a/shop.yaml"), statusFileOf("a/shop.yml")]).to.deep.equal([
      "a/shop.status.yaml",
      "a/shop.status.yaml",
    ]);
  });
});

describe("the files of a registry", () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "conops-files-"));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  async function write(...files: readonly string[]): Promise<void> {
    for (const file of files) {
      await mkdir(join(root, file, ".."), { recursive: true });
      await writeFile(join(root, file), file);
    }
  }

  it("are found at any depth, without what is hidden, published or left by editors", async () => {
    await write("b.yaml", "a/a.yml", "a/b/c/d.yaml", "a/b.status.yaml", ".hidden.yaml", ".git/x.yaml");
    await write(
      "lost+found/x.yaml",
      "a/.x.yaml.swp",
      "a/x.yaml~",
      "readme.md",
      "application.a.sync.request.yaml",
    );
    await write("a/application.b.sync.request.yaml", "sub/.git/HEAD");

    expect(await findFiles(root)).to.deep.equal({
      manifests: ["a/a.yml", "a/b/c/d.yaml", "b.yaml"],
      requests: ["application.a.sync.request.yaml"],
      unreadable: [],
      workTrees: ["sub"],
    });
  });

  it("are found in folders whose names look like manifests", async () => {
    await write("web.yaml/shop.yaml");

    expect((await findFiles(root)).manifests).to.deep.equal(["web.yaml/shop.yaml"]);
  });

  it("are not looked for behind links to folders, so that a loop ends", async () => {
    await write("a/shop.yaml");
    await symlink("..", join(root, "a", "up"));
    await symlink(root, join(root, "loop.yaml"));

    expect((await findFiles(root)).manifests).to.deep.equal(["a/shop.yaml", "loop.yaml"]);
    expect(await readRegistryFile(root, "loop.yaml")).to.deep.equal({
      kind: "unreadable",
      message: "is a link to a folder, and links to folders are not followed",
    });
  });

  it("are read through links to regular files, which are seen to change", async () => {
    await write("..data/shop.yaml");
    await symlink("..data/shop.yaml", join(root, "shop.yaml"));

    const first = await readRegistryFile(root, "shop.yaml");
    const seen = first.kind === "read" ? first.stamp.text : "";
    const again = await readRegistryFile(root, "shop.yaml", { seen });
    await writeFile(join(root, "..data/shop.yaml"), "longer than before");
    const changed = await readRegistryFile(root, "shop.yaml", { seen });

    expect([first.kind, again.kind, changed.kind]).to.deep.equal(["read", "unchanged", "read"]);
  });

  it("cannot be read through a link to nothing, or one in a circle", async () => {
    await symlink("nothing", join(root, "a.yaml"));
    await symlink("b.yaml", join(root, "b.yaml"));

    expect(await readRegistryFile(root, "a.yaml")).to.deep.equal({
      kind: "unreadable",
      message: "is a link to a file that is not there",
    });
    expect(await readRegistryFile(root, "b.yaml")).to.deep.equal({
      kind: "unreadable",
      message: "cannot be read: its links lead in a circle",
    });
  });

  it("are not read above one MiB", async () => {
    await write("a.yaml", "b.yaml");
    await truncate(join(root, "a.yaml"), MAX_MANIFEST_BYTES);
    await truncate(join(root, "b.yaml"), MAX_MANIFEST_BYTES + 1);

    const whole = await readRegistryFile(root, "a.yaml");

    expect(whole.kind === "read" && whole.bytes.length).to.equal(MAX_MANIFEST_BYTES);
    expect(await readRegistryFile(root, "b.yaml")).to.deep.equal({
      kind: "unreadable",
      message: "is larger than 1024 KiB",
    });
  });

  it("are read to their end where their size does not tell it", async () => {
    const found = await readRegistryFile("/proc/self", "status");

    expect(found.kind === "read" && Buffer.from(found.bytes).toString()).to.match(/^Name:[^]*\n$/);
  });

  it("are not waited for where they are pipes", async () => {
    execFileSync("mkfifo", [join(root, "a.yaml")]);

    expect(await readRegistryFile(root, "a.yaml")).to.deep.equal({
      kind: "unreadable",
      message: "is not a regular file",
    });
  });

  it("are told from folders and from nothing", async () => {
    await mkdir(join(root, "a.yaml"));

    expect(await readRegistryFile(root, "a.yaml")).to.deep.equal({ kind: "folder" });
    expect(await readRegistryFile(root, "b.yaml")).to.deep.equal({ kind: "gone" });
    expect(await readRegistryFile(root, "b.yaml/c.yaml")).to.deep.equal({ kind: "gone" });
  });

  it("are named where their name is not UTF-8", async () => {
    await writeFile(Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0xff]), Buffer.from(".yaml")]), "");

    const { manifests } = await findFiles(root);

    expect(manifests).to.deep.equal(["\ufffd.yaml"]);
    expect(await readRegistryFile(root, "\ufffd.yaml")).to.deep.equal({
      kind: "unreadable",
      message: "has a name that is not UTF-8",
    });
  });

  it("say that permission is denied without a path of the machine", async () => {
    await write("a.yaml", "closed/b.yaml");
    await chmod(root, 0o755);
    await chmod(join(root, "a.yaml"), 0);
    await chmod(join(root, "closed"), 0);

    const [found, read] = await asOrdinaryUser(() =>
      Promise.all([findFiles(root), readRegistryFile(root, "a.yaml")]),
    );
    await chmod(join(root, "closed"), 0o700);

    expect(found.unreadable).to.deep.equal([{ folder: "closed", message: "permission denied" }]);
    expect(read).to.deep.equal({ kind: "unreadable", message: "cannot be read: permission denied" });
  });

  it("say when the disk fails", async () => {
    // Nothing is mapped at the first address of a process, and the kernel says EIO.
    expect(await readRegistryFile("/proc/self", "mem")).to.deep.equal({
      kind: "unreadable",
      message: "cannot be read: the disk reports an error (EIO)",
    });
  });

  it("are listed for a folder, and for one file whatever its name", async () => {
    await write("a/shop.yaml", "a/shop.json");

    const folder = await listManifestFiles(join(root, "a"));
    const file = await listManifestFiles(join(root, "a", "shop.json"));

    expect([folder.root, folder.manifests]).to.deep.equal([join(root, "a"), ["shop.yaml"]]);
    expect([file.root, file.manifests]).to.deep.equal([join(root, "a"), ["shop.json"]]);
  });
});

/** Root may read everything: runs `fn` as somebody who may not. */
async function asOrdinaryUser<Result>(fn: () => Promise<Result>): Promise<Result> {
  const NOBODY = 65_534;
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(NOBODY);
  try {
    return await fn();
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
}

describe("forEachOf()", () => {
  it("works on no more at once than it may", async () => {
    let running = 0;
    let most = 0;
    const done: number[] = [];

    await forEachOf([1, 2, 3, 4, 5, 6, 7], 3, async (item) => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      done.push(item);
    });

    expect([most, done.length]).to.deep.equal([3, 7]);
  });

  it("rejects with the first failure when what had begun is over, and begins nothing more", async () => {
    const begun: number[] = [];
    let over = 0;
    const boom = new Error("boom");

    const failure = await forEachOf([1, 2, 3, 4, 5], 2, async (item) => {
      begun.push(item);
      if (item === 1) throw boom;
      await new Promise((resolve) => setImmediate(resolve));
      over += 1;
    }).then(
      () => undefined,
      (error: unknown) => error,
    );

    expect(failure).to.equal(boom);
    expect([begun, over]).to.deep.equal([[1, 2], 1]);
  });
});
