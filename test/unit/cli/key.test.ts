import { chmod, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { CommandError } from "../../../controller/cli/errors.ts";
import { generateKey, type KeyTarget } from "../../../controller/cli/key.ts";
import { parseKeyring } from "../../../controller/secret/keyring.ts";
import { createFakeClock } from "../../support/fake-clock.ts";
import { createTestTerminal } from "./test-terminal.ts";

describe("conops key generate", () => {
  let dir: string;
  let path: string;

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "conops-key-"));
    path = join(dir, "keys");
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  async function generate(target: KeyTarget): Promise<string> {
    const terminal = createTestTerminal();
    await generateKey({ terminal, clock: createFakeClock() }, target);
    return terminal.printed().out;
  }

  async function whyNot(target: KeyTarget): Promise<string> {
    const error = await generate(target).catch((thrown: unknown) => thrown);
    return error instanceof CommandError ? error.message : "it was made";
  }

  const idsIn = async (file: string): Promise<readonly string[]> =>
    parseKeyring(await readFile(file, "utf8"), file).keys.map(({ id }) => id);

  it("shows a key, and nothing else, another one each time", async () => {
    const [first, second] = [await generate({ kind: "show" }), await generate({ kind: "show" })];

    expect(first).to.match(/^[A-Za-z0-9+/]{43}=\n$/);
    expect(second).to.not.equal(first);
  });

  it("writes a new file for its owner alone, and shows nothing of the key", async () => {
    const out = await generate({ kind: "create", path });
    const [id] = await idsIn(path);

    expect((await stat(path)).mode & 0o777).to.equal(0o600);
    expect(await readFile(path, "utf8")).to.contain(`# key ${id}, made 2026-01-01\n`);
    expect(out).to.equal(`Key ${id} is the first in ${JSON.stringify(path)}: it seals.\n`);
  });

  it("names a folder that is not there", async () => {
    expect(await whyNot({ kind: "create", path: `${path}-folder/keys` })).to.contain(
      "there is no such folder",
    );
  });

  it("overwrites nothing", async () => {
    await generate({ kind: "create", path });
    const before = await readFile(path, "utf8");

    expect(await whyNot({ kind: "create", path })).to.contain(
      "the file is there already; --add-to adds a key to it",
    );
    expect(await readFile(path, "utf8")).to.equal(before);
  });

  it("puts a key in front of those of a file, whose text and mode stay", async () => {
    await generate({ kind: "create", path });
    await writeFile(path, `${await readFile(path, "utf8")}# mine\n`);
    await chmod(path, 0o640);
    const before = await readFile(path, "utf8");
    const [old] = await idsIn(path);

    const out = await generate({ kind: "add", path });

    const ids = await idsIn(path);
    expect(ids).to.have.length(2).and.include(old);
    expect(ids[1]).to.equal(old);
    expect((await readFile(path, "utf8")).endsWith(before)).to.equal(true);
    expect((await stat(path)).mode & 0o777).to.equal(0o640);
    expect(out).to.contain(`${old} still opens what it sealed.`).and.contain("conops rotate");
    expect(await readdir(dir)).to.deep.equal(["keys"]);
  });

  it("makes the file where there is none to add to, and follows a link", async () => {
    await generate({ kind: "add", path });
    await symlink(path, join(dir, "link"));
    await generate({ kind: "add", path: join(dir, "link") });

    expect(await idsIn(path)).to.have.length(2);
    expect((await readdir(dir)).toSorted()).to.deep.equal(["keys", "link"]);
  });

  it("adds to no file that holds something else, and shows nothing of it", async () => {
    await writeFile(path, "hunter2 is no key\n");

    const message = await whyNot({ kind: "add", path });

    expect(message).to.contain("it is not base64").and.not.contain("hunter2");
    expect(await readFile(path, "utf8")).to.equal("hunter2 is no key\n");
    expect(await whyNot({ kind: "add", path: dir })).to.contain("it is a folder");
    expect(await whyNot({ kind: "create", path: join(dir, "no", "keys") })).to.contain("there is no such");
  });
});
