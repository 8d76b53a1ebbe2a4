import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { CommandError, UsageError } from "../../../controller/cli/errors.ts";
import { rotate } from "../../../controller/cli/rotate.ts";
import { makeSealingKey, type SealingKey } from "../../../controller/lib/aead.ts";
import { systemClock } from "../../../controller/lib/clock.ts";
import { openRenderings } from "../../../controller/status/renderings.ts";
import { readSealed, sealedManifest } from "../../support/sealed-registry.ts";
import { createFixtureFolder, manifest, type FixtureFolder } from "./fixture-folder.ts";
import { createTestTerminal } from "./test-terminal.ts";

const [first, old, older, lost] = [makeSealingKey(), makeSealingKey(), makeSealingKey(), makeSealingKey()];

describe("conops rotate", () => {
  let folder: FixtureFolder;
  let dataDir: string;

  beforeEach(async () => {
    folder = await createFixtureFolder();
    dataDir = join(folder.dir, ".conops");
    await mkdir(dataDir);
  });
  afterEach(() => folder.cleanUp());

  async function run(keys: readonly SealingKey[], dryRun = false) {
    const terminal = createTestTerminal();
    const context = { terminal, clock: systemClock, manifestsDir: folder.dir, dataDir };
    const error: unknown = await rotate(context, { keyring: { keys }, dryRun }).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    return { ...terminal.printed(), error };
  }

  it("seals by the first key whatever another one sealed, says so, and which keys can go", async () => {
    await folder.write(
      "shop.yaml",
      `# mine\n${sealedManifest("shop", { db: "hunter2", api: "hunter3" }, old)}---\n${manifest("shop")}`,
    );
    await folder.write(
      "two.yaml",
      `${sealedManifest("a", { x: "1" }, older)}---\n${sealedManifest("b", { y: "2" }, first)}`,
    );

    const { out, err, error } = await run([first, old, older]);

    expect(error).to.equal(undefined);
    expect(err).to.equal("");
    expect(out).to.equal(
      `shop.yaml: Secret shop: db: sealed by ${first.id} instead of ${old.id}\n` +
        `shop.yaml: Secret shop: api: sealed by ${first.id} instead of ${old.id}\n` +
        `two.yaml: Secret a: x: sealed by ${first.id} instead of ${older.id}\n` +
        `3 fields sealed anew, 1 sealed by ${first.id} already.\n` +
        `Key ${old.id} can go.\nKey ${older.id} can go.\n`,
    );
    const { values, keyIds } = await readSealed(folder.dir, [first]);
    expect(values).to.deep.equal({ "shop.db": "hunter2", "shop.api": "hunter3", "a.x": "1", "b.y": "2" });
    expect(keyIds).to.deep.equal([first.id]);
  });

  it("does nothing the second time, and nothing at all in a dry run", async () => {
    await folder.write("shop.yaml", sealedManifest("shop", { db: "hunter2" }, old));

    const dry = await run([first, old], true);
    expect(dry.out).to.equal(
      `shop.yaml: Secret shop: db: would be sealed by ${first.id} instead of ${old.id}\n` +
        `1 field would be sealed anew, 0 sealed by ${first.id} already.\n`,
    );
    expect((await readSealed(folder.dir, [])).keyIds).to.deep.equal([old.id]);

    await run([first, old]);
    const before = await readSealed(folder.dir, [first]);
    expect((await run([first, old])).out).to.contain(
      `0 fields sealed anew, 1 sealed by ${first.id} already.`,
    );
    expect(await readSealed(folder.dir, [first])).to.deep.equal(before);
  });

  it("leaves what it cannot open, says why, and goes on with the rest", async () => {
    await folder.write("a.yaml", sealedManifest("a", { x: "hunter2" }, lost));
    await folder.write("b.yaml", sealedManifest("b", { y: "hunter3" }, old));
    await folder.write(
      "c.yaml",
      sealedManifest("c", { z: "hunter4" }, old).replace("kind: Secret", "kind: [Secret"),
    );

    const { out, error } = await run([first, old]);

    expect(error).to.be.instanceOf(CommandError);
    expect(out).to.contain(
      `a.yaml: Secret a: x: was sealed by key ${lost.id}, which is not among the encryption keys\n`,
    );
    expect(out).to.contain(`b.yaml: Secret b: y: sealed by ${first.id}`);
    expect(out).to.contain("c.yaml: is not valid, and was left alone");
    expect(out).to.contain(`Key ${old.id} is needed still: c.yaml.\n`);
    expect(out).to.not.contain("hunter");
  });

  it("tells of values that are written plain, and leaves them", async () => {
    const plain =
      "apiVersion: conops.dev/v1alpha1\nkind: Secret\nmetadata: {name: shop}\nstringData: {db: hunter2}\n";
    await folder.write("shop.yaml", plain);

    const { out, error } = await run([first]);

    expect(error).to.equal(undefined);
    expect(out).to.contain('shop.yaml: Secret shop: db: written plain ("conops seal --in-place" seals it)');
    expect(out).to.not.contain("hunter");
  });

  it("lets no key go that a recorded rendering or a file nobody can read may need", async () => {
    await (await openRenderings(dataDir, { keys: [old] })).save("shop", "d1", "{}");
    await writeFile(join(folder.dir, "large.yaml"), "#".repeat(2 * 1024 * 1024));

    const { out } = await run([first, old, older]);

    expect(out).to.contain(
      `Key ${old.id} is needed still: large.yaml, which cannot be read; 1 recorded rendering, until ConOps starts with the new key.\n`,
    );
    expect(out).to.contain(`Key ${older.id} is needed still: large.yaml, which cannot be read.\n`);
  });

  it("needs a key and a folder", async () => {
    const error = (await run([])).error;
    expect(error).to.be.instanceOf(UsageError);
    await folder.cleanUp();
    expect((await run([first])).error).to.be.instanceOf(CommandError);
  });
});
