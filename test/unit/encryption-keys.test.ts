import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { UsageError } from "../../controller/cli/errors.ts";
import type { Flags } from "../../controller/settings.ts";
import { readEncryptionKeys } from "../../controller/encryption-keys.ts";
import { makeSealingKey } from "../../controller/lib/aead.ts";
import { formatKey } from "../../controller/secret/keyring.ts";

const a = makeSealingKey();
const b = makeSealingKey();

describe("readEncryptionKeys()", () => {
  let cwd: string;

  beforeEach(async () => {
    cwd = await mkdtemp(join(tmpdir(), "conops-keys-"));
    await writeFile(join(cwd, "keys"), `# new\n${formatKey(a)}\n${formatKey(b)}\n`, { mode: 0o600 });
  });
  afterEach(() => rm(cwd, { recursive: true, force: true }));

  async function read(flags: Flags, env: Readonly<Record<string, string>> = {}, fromVariable?: string) {
    const { keyring, warnings } = await readEncryptionKeys(flags, { env, cwd, isTTY: false }, fromVariable);
    return { ids: keyring.keys.map(({ id }) => id), warnings };
  }

  async function whyNot(...args: Parameters<typeof read>): Promise<string> {
    const error = await read(...args).catch((thrown: unknown) => thrown);
    if (!(error instanceof UsageError)) return "they were read";
    return error.message;
  }

  it("reads a file that a flag names, relative to the working directory, or a variable", async () => {
    expect(await read({ encryptionKeyFile: "keys" })).to.deep.equal({ ids: [a.id, b.id], warnings: [] });
    expect(await read({}, { CONOPS_ENCRYPTION_KEY_FILE: join(cwd, "keys") })).to.deep.equal({
      ids: [a.id, b.id],
      warnings: [],
    });
  });

  it("reads keys that a variable holds", async () => {
    expect(await read({}, {}, `${formatKey(b)},${formatKey(a)}`)).to.deep.equal({
      ids: [b.id, a.id],
      warnings: [],
    });
  });

  it("has none when none are given", async () => {
    expect(await read({})).to.deep.equal({ ids: [], warnings: [] });
  });

  for (const mode of [0o640, 0o604, 0o620]) {
    it(`warns of a file with the mode 0${mode.toString(8)}, and reads it`, async () => {
      await chmod(join(cwd, "keys"), mode);

      const { ids, warnings } = await read({ encryptionKeyFile: "keys" });

      expect(ids).to.deep.equal([a.id, b.id]);
      expect(warnings).to.deep.equal([
        'The encryption keys in "keys" can be read by other users of this machine: chmod 600 keys',
      ]);
    });
  }

  it("refuses two sources, since nobody said which key seals", async () => {
    expect(await whyNot({ encryptionKeyFile: "keys" }, {}, formatKey(a))).to.equal(
      "Cannot use both CONOPS_ENCRYPTION_KEY and --encryption-key-file: put all keys in one of them",
    );
    expect(await whyNot({}, { CONOPS_ENCRYPTION_KEY_FILE: "keys" }, formatKey(a))).to.contain(
      "CONOPS_ENCRYPTION_KEY_FILE",
    );
  });

  it("says what is wrong with a file", async () => {
    await writeFile(join(cwd, "short"), "AAAA\n");
    await writeFile(join(cwd, "long"), "#".repeat(70_000));

    expect(await whyNot({ encryptionKeyFile: "nowhere" })).to.contain(
      'Cannot use "nowhere" for --encryption-key-file: there is no such file',
    );
    expect(await whyNot({ encryptionKeyFile: "." })).to.contain("it is a folder");
    expect(await whyNot({ encryptionKeyFile: "long" })).to.contain("far too long");
    expect(await whyNot({ encryptionKeyFile: "short" })).to.contain(
      'Cannot use the encryption key on line 1 of "short": it is 3 bytes long, and must be 32',
    );
    expect(await whyNot({}, {}, "AAAA")).to.contain(
      "Cannot use the encryption key on line 1 of CONOPS_ENCRYPTION_KEY: it is 3 bytes long",
    );
  });
});
