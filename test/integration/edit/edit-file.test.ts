import { expect } from "chai";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import {
  chmod,
  chown,
  link,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { set, type Change } from "../../../controller/edit/change.ts";
import { editManifestFile, type EditedFile, type FileEdit } from "../../../controller/edit/edit-file.ts";
import { EditError } from "../../../controller/edit/edit-error.ts";

import { systemClock, type Clock } from "../../../controller/lib/clock.ts";
import { libcFunction } from "../../../controller/lib/libc.ts";

const SHOP =
  "apiVersion: conops.dev/v1alpha1\nkind: Application\nmetadata: {name: shop} # ours\nspec:\n  a: 1\n";
const EDITED = SHOP.replace("  a: 1\n", "  a: 1\n  suspend: true\n");
const SUSPEND = [set(["spec", "suspend"], true)];
/** A hundred times as fast as time. */
const hasty: Clock = {
  now: () => systemClock.now(),
  monotonic: () => systemClock.monotonic() * 100,
  after: (ms, fn) => systemClock.after(ms / 100, fn),
};

describe("editManifestFile()", () => {
  let dir: string;
  let path: string;
  let children: ChildProcess[];
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "conops-edit-"));
    path = join(dir, "shop.yaml");
    children = [];
    await writeFile(path, SHOP);
  });
  afterEach(async () => {
    for (const child of children) child.kill("SIGKILL");
    await rm(dir, { recursive: true });
  });

  function edit(
    options: Partial<FileEdit> & { readonly changes?: readonly Change[] } = {},
    signal = new AbortController().signal,
  ): Promise<EditedFile> {
    const { changes = SUSPEND, ...rest } = options;
    const edits = [{ kind: "Application", name: "shop", changes }] as const;
    return editManifestFile({ dir, file: "shop.yaml", edits, clock: systemClock, ...rest }, signal);
  }

  async function errorOf(edited: Promise<EditedFile>): Promise<readonly [string, string]> {
    try {
      await edited;
    } catch (error) {
      if (error instanceof EditError) return [error.kind, error.message];
      throw error;
    }
    throw new Error("nothing was wrong");
  }

  /** A shell that runs beside this process. */
  function shell(script: string): ChildProcess {
    const child = spawn("sh", ["-c", script], { stdio: ["ignore", "pipe", "inherit"], cwd: dir });
    children.push(child);
    return child;
  }

  async function expectFile(text: string): Promise<void> {
    expect(await readFile(path, "utf8")).to.equal(text);
    expect((await readdir(dir)).filter((name) => name.startsWith("."))).to.deep.equal([]);
  }

  it("changes the file, and says what it holds now", async () => {
    const edited = await edit();

    expect(Buffer.from(edited.bytes).toString()).to.equal(EDITED);
    expect(edited).to.deep.include({ isChanged: true, leftovers: [], isReflowed: false });
    await expectFile(EDITED);
  });

  it("writes nothing where all is as wanted", async () => {
    await edit();
    const before = await stat(path, { bigint: true });

    expect((await edit()).isChanged).to.equal(false);
    expect((await stat(path, { bigint: true })).ctimeNs).to.equal(before.ctimeNs);
  });

  it("keeps mode, owner, group and a byte order mark", async () => {
    await writeFile(path, `\uFEFF${SHOP}`);
    await chown(path, 1234, 2345);
    await chmod(path, 0o4640);

    await edit();

    const { mode, uid, gid } = await stat(path);
    expect([mode & 0o7777, uid, gid]).to.deep.equal([0o4640, 1234, 2345]);
    await expectFile(`\uFEFF${EDITED}`);
  });

  it("keeps access control lists and extended attributes, and takes none from the folder", async () => {
    const attribute = (target: string, name: string, value: Buffer): void => {
      const fd = openSync(target, "r");
      const setAttribute = libcFunction("int fsetxattr(int, const char *, const void *, size_t, int)");
      expect(setAttribute(fd, name, value, value.length, 0).code).to.equal("");
      closeSync(fd);
    };
    const read = (target: string, name: string): string => {
      const fd = openSync(target, "r");
      const value = Buffer.alloc(200);
      const found = libcFunction("long fgetxattr(int, const char *, void *, size_t)")(fd, name, value, 200);
      closeSync(fd);
      return found.code === "" ? value.toString("hex", 0, found.result) : found.code;
    };
    const list = accessList(1234);
    attribute(path, "user.note", Buffer.from("mine"));
    attribute(path, "system.posix_acl_access", list);
    const { mode } = await stat(path);

    await edit();

    expect(read(path, "user.note")).to.equal(Buffer.from("mine").toString("hex"));
    expect(read(path, "system.posix_acl_access")).to.equal(list.toString("hex"));
    expect((await stat(path)).mode).to.equal(mode);

    await rm(path);
    await writeFile(path, SHOP, { mode: 0o600 });
    attribute(dir, "system.posix_acl_default", list);
    await edit();

    expect(read(path, "system.posix_acl_access")).to.equal("ENODATA");
    expect((await stat(path)).mode & 0o777).to.equal(0o600);
  });

  it("edits the file that a link leads to, and leaves the link", async () => {
    await mkdir(join(dir, "elsewhere"));
    await writeFile(join(dir, "elsewhere", "real.yaml"), SHOP);
    await rm(path);
    await symlink("elsewhere/real.yaml", path);

    await edit();

    expect(await readlink(path)).to.equal("elsewhere/real.yaml");
    await expectFile(EDITED);
    expect(await readdir(join(dir, "elsewhere"))).to.deep.equal(["real.yaml"]);
  });

  it("finds the document by kind and name, and asks for the changes with what it holds", async () => {
    const other = "kind: Application\nmetadata: {name: shop}\n---\n";
    await writeFile(path, other + SHOP);
    const changes = (manifest: Readonly<Record<string, unknown>>): readonly Change[] => [
      set(["spec", "a"], Number((manifest["spec"] as Readonly<Record<string, unknown>>)["a"]) + 1),
    ];

    await edit({ edits: [{ kind: "Application", name: "shop", changes }] });

    await expectFile(other + SHOP.replace("a: 1", "a: 2"));
  });

  describe("refuses", () => {
    const notYaml = "spec: [hunter2\n";
    for (const { what, prepare, kind, message } of [
      {
        what: "a file that is not YAML, without a word of it",
        prepare: () => writeFile(path, notYaml),
        kind: "invalid",
        message: `line 2, column 1: is not YAML: Flow sequence in block collection must be sufficiently indented and end with a ]`,
      },
      {
        what: "a file that is not text",
        prepare: () => writeFile(path, Buffer.from([0xff, 0x41])),
        kind: "invalid",
        message: "line 1, column 1: is not UTF-8 from here on: save it as UTF-8",
      },
      {
        what: "a file of more than 1 MiB",
        prepare: () => truncate(path, 2 ** 20 + 1),
        kind: "invalid",
        message: "is larger than 1024 KiB",
      },
      {
        what: "a document that is not there",
        prepare: () => writeFile(path, SHOP.replace("name: shop", "name: blog")),
        kind: "gone",
        message: `has no Application "shop"`,
      },
      { what: "a file that is not there", prepare: () => rm(path), kind: "gone", message: "is not there" },
      {
        what: "a read-only file",
        prepare: () => chmod(path, 0o444),
        kind: "refused",
        message: "is read-only",
      },
      {
        what: "a folder",
        prepare: async () => {
          await rm(path);
          await mkdir(path);
        },
        kind: "refused",
        message: "is not a regular file",
      },
      {
        what: "a pipe",
        prepare: async () => {
          await rm(path);
          await once(shell("mkfifo shop.yaml"), "exit");
        },
        kind: "refused",
        message: "is not a regular file",
      },
      {
        what: "a file with several hard links",
        prepare: () => link(path, join(dir, "twin")),
        kind: "refused",
        message:
          "has other names (hard links), which would keep the old text: make them symbolic links or copies",
      },
      {
        what: "a file whose name is too long to have another beside it",
        prepare: async () => {
          await rm(path);
          await writeFile(join(dir, `${"a".repeat(220)}.yaml`), SHOP);
          await symlink(`${"a".repeat(220)}.yaml`, path);
        },
        kind: "refused",
        message: "has too long a name",
      },
    ]) {
      it(what, async () => {
        await prepare();
        const before = await readdir(dir);

        expect(await errorOf(edit())).to.deep.equal([kind, `Cannot edit "shop.yaml": ${message}`]);
        expect(await readdir(dir)).to.deep.equal(before);
      });
    }

    it("a file that is mounted on its own", async () => {
      await writeFile(join(dir, "outside"), SHOP);
      await once(shell("mount --bind outside shop.yaml"), "exit");
      try {
        expect(await errorOf(edit())).to.deep.equal([
          "refused",
          `Cannot edit "shop.yaml": is a mount of its own, which cannot be replaced: mount its folder instead`,
        ]);
      } finally {
        await once(shell("umount shop.yaml"), "exit");
      }
      await expectFile(SHOP);
    });

    it("a file that another program holds open for writing for ever", async () => {
      const held = await open(path, "r+");
      try {
        expect(await errorOf(edit({ clock: hasty }))).to.deep.equal([
          "busy",
          `Cannot edit "shop.yaml": another program has it open for writing`,
        ]);
      } finally {
        await held.close();
      }
      await expectFile(SHOP);
    });

    it("to go on when it is aborted", async () => {
      const held = await open(path, "r+");
      try {
        const edited = edit({}, AbortSignal.timeout(50));
        expect(await edited.catch((error: unknown) => String(error))).to.match(/TimeoutError/);
      } finally {
        await held.close();
      }
      await expectFile(SHOP);
    });
  });
});

/** An access control list as the kernel keeps it: the owner and one more user may read and write. */
function accessList(user: number): Buffer {
  const none = 0xffffffff;
  const entries = [
    [0x01, 6, none],
    [0x02, 6, user],
    [0x04, 0, none],
    [0x10, 6, none],
    [0x20, 0, none],
  ];
  const list = Buffer.alloc(4 + entries.length * 8);
  list.writeUInt32LE(2, 0);
  for (const [index, [tag = 0, permissions = 0, id = 0]] of entries.entries()) {
    list.writeUInt16LE(tag, 4 + index * 8);
    list.writeUInt16LE(permissions, 6 + index * 8);
    list.writeUInt32LE(id, 8 + index * 8);
  }
  return list;
}
