import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { makeSealingKey } from "../../../controller/lib/aead.ts";
import { formatKey } from "../../../controller/secret/keyring.ts";
import { readSealed, sealedManifest } from "../../support/sealed-registry.ts";
import { runConops, startConops } from "../cli/run-conops.ts";

const FILES = 10;

describe("a rotation that is killed", function () {
  this.timeout(120_000);
  const [first, old] = [makeSealingKey(), makeSealingKey()];
  let root: string;
  let dir: string;
  let expected: Record<string, string>;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "conops-rotate-"));
    dir = join(root, "manifests");
    await makeFiles();
    await writeFile(join(root, "keys"), `${formatKey(first)}\n${formatKey(old)}\n`, { mode: 0o600 });
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  async function makeFiles(): Promise<void> {
    expected = {};
    await mkdir(dir);
    for (let at = 0; at < FILES; at++) {
      const fields = { db: `hunter-${at}`, api: `token-${at}` };
      await writeFile(join(dir, `s${at}.yaml`), sealedManifest(`s${at}`, fields, old));
      for (const [field, text] of Object.entries(fields)) expected[`s${at}.${field}`] = text;
    }
  }

  const args = ["rotate", "--manifests", "manifests", "--data-dir", "data", "--encryption-key-file", "keys"];

  /** Every file whole, every value there, and nothing plain anywhere. */
  async function expectWhole(): Promise<readonly string[]> {
    const { values, keyIds, files } = await readSealed(dir, [first, old]);
    expect(values).to.deep.equal(expected);
    for (const file of await readdir(dir)) {
      expect(await readFile(join(dir, file), "latin1"), file).to.not.match(/hunter-|token-/);
    }
    return [...keyIds, ...files];
  }

  async function expectArrival(): Promise<void> {
    const { code, out, err } = await runConops(args, { cwd: root });
    expect({ code, err }).to.deep.equal({ code: 0, err: "" });
    expect(out).to.contain(`Key ${old.id} can go.`);
    const names = Array.from({ length: FILES }, (_, at) => `s${at}.yaml`);
    expect(await expectWhole()).to.deep.equal([first.id, ...names.toSorted()]);
  }

  it("after any file arrives when it is run again", async () => {
    for (const lines of [1, 3, 5]) {
      const started = startConops(args, { cwd: root });
      started.process.stdout.on("data", () => {
        if (started.printed().out.split("\n").length > lines) started.process.kill("SIGKILL");
      });
      expect((await started.finished).signal).to.equal("SIGKILL");
      await expectWhole();
    }
    await expectArrival();
  });

  for (const step of ["edit-draft", "edit-written", "edit-exchanged", "edit-believed"]) {
    it(`at the step ${step} of an edit arrives when it is run again`, async () => {
      const { signal } = await runConops(args, { cwd: root, env: { CONOPS_FAILPOINT: step } });
      expect(signal).to.equal("SIGKILL");
      await expectWhole();

      await expectArrival();
    });
  }
});
