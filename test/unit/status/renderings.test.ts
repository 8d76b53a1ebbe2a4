import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { ReconcileError } from "../../../controller/api/errors.ts";
import { makeSealingKey, type SealingKey } from "../../../controller/lib/aead.ts";
import { readOrMakeDataKey } from "../../../controller/status/data-key.ts";
import { openRenderings, type Renderings } from "../../../controller/status/renderings.ts";

describe("renderings", () => {
  let dataDir: string;
  let renderings: Renderings;
  const fileOf = (name: string, digest: string): string =>
    join(dataDir, "renderings", name, `${digest}.sealed`);

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "conops-renderings-"));
    renderings = await reopened();
  });
  afterEach(() => rm(dataDir, { recursive: true, force: true }));

  /** As the controller opens them: encryption keys first, then the data directory's own. */
  async function reopened(...keys: readonly SealingKey[]): Promise<Renderings> {
    const [first, ...others] = [...keys, await readOrMakeDataKey(dataDir)];
    if (first === undefined) throw new Error("there is no key");
    return openRenderings(dataDir, { keys: [first, ...others] });
  }

  async function whyNot(name: string, digest: string, from = renderings): Promise<string> {
    const error = await from.open(name, digest).catch((thrown: unknown) => thrown);
    if (!(error instanceof ReconcileError)) return "opened";
    return `${error.reason}: ${error.message}`;
  }

  it("open as they were saved, also after a restart", async () => {
    await renderings.save("shop", "d1", '{"name":"shop"}');

    expect(await renderings.open("shop", "d1")).to.equal('{"name":"shop"}');
    expect(await (await reopened()).open("shop", "d1")).to.equal('{"name":"shop"}');
  });

  it("show no value on disk, and their files and key are their owner's alone", async () => {
    await renderings.save("shop", "d1", '{"password":"hunter2"}');
    await renderings.save("shop", "d2", '{"password":"hunter2"}');
    const [first, second] = [await readFile(fileOf("shop", "d1")), await readFile(fileOf("shop", "d2"))];

    expect(first.includes("hunter2")).to.equal(false);
    expect(first.equals(second)).to.equal(false);
    expect((await stat(fileOf("shop", "d1"))).mode & 0o777).to.equal(0o600);
    expect((await stat(join(dataDir, "key"))).mode & 0o777).to.equal(0o600);
    expect((await stat(join(dataDir, "renderings", "shop"))).mode & 0o777).to.equal(0o700);
  });

  it("do not open when any byte was changed", async () => {
    await renderings.save("shop", "d1", "{}");
    const bytes = await readFile(fileOf("shop", "d1"));
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      await writeFile(fileOf("shop", "d1"), changed);
      expect(await whyNot("shop", "d1")).to.contain("RecordUnopenable");
    }
  });

  it("do not open when they were cut short, are gone, or were sealed by another key", async () => {
    await renderings.save("shop", "d1", "{}");
    const bytes = await readFile(fileOf("shop", "d1"));
    await writeFile(fileOf("shop", "d1"), bytes.subarray(0, 5));
    expect(await whyNot("shop", "d1")).to.contain("it was changed");
    expect(await whyNot("shop", "d2")).to.contain("it is gone");

    await writeFile(fileOf("shop", "d1"), bytes);
    await rm(join(dataDir, "key"));
    expect(await whyNot("shop", "d1", await reopened())).to.contain("RecordUnopenable");
  });

  it("do not open in another Application's or another target's place", async () => {
    await renderings.save("shop", "d1", "{}");
    await mkdir(join(dataDir, "renderings", "blog"));
    await copyFile(fileOf("shop", "d1"), fileOf("blog", "d1"));
    await copyFile(fileOf("shop", "d1"), fileOf("shop", "d2"));

    expect(await whyNot("blog", "d1")).to.contain("RecordUnopenable");
    expect(await whyNot("shop", "d2")).to.contain("RecordUnopenable");
  });

  it("are sealed by the first of the encryption keys, and open by any", async () => {
    const [a, b] = [makeSealingKey(), makeSealingKey()];
    await renderings.save("shop", "own", "{}");
    await (await reopened(a)).save("shop", "a", '{"a":1}');

    const both = await reopened(b, a);
    expect(await both.open("shop", "own")).to.equal("{}");
    expect(await both.open("shop", "a")).to.equal('{"a":1}');
    // They were sealed anew by the first: the others can go.
    expect(await (await reopened(b)).open("shop", "a")).to.equal('{"a":1}');
    expect(await (await reopened(b)).open("shop", "own")).to.equal("{}");
    expect(await whyNot("shop", "a", await reopened(a))).to.equal(
      `RecordUnopenable: Cannot open the recorded rendering of "shop": it was sealed by key ${b.id}, which is not there; sync once to record it anew`,
    );
  });

  it("are all sealed anew at once, and say which key is needed still", async () => {
    const [a, b, lost] = [makeSealingKey(), makeSealingKey(), makeSealingKey()];
    await (await reopened(lost)).save("blog", "d1", "{}");
    await (await reopened(a)).save("shop", "d1", "{}");
    await (await reopened(a)).save("shop", "d2", "{}");

    expect([...(await (await reopened(b, a)).reseal())]).to.deep.equal([lost.id]);
    expect([...(await (await reopened(b, lost)).reseal())]).to.deep.equal([]);
    for (const [name, digest] of [
      ["blog", "d1"],
      ["shop", "d1"],
      ["shop", "d2"],
    ] as const) {
      expect(await (await reopened(b)).open(name, digest)).to.equal("{}");
    }
  });

  it("are kept by name, and the folder goes with the last", async () => {
    for (const digest of ["d1", "d2", "d3"]) await renderings.save("shop", digest, "{}");
    await renderings.save("blog", "d1", "{}");

    await renderings.keep("shop", ["d1", "d3"]);
    expect((await readdir(join(dataDir, "renderings", "shop"))).toSorted()).to.deep.equal([
      "d1.sealed",
      "d3.sealed",
    ]);
    await renderings.keep("shop", []);
    await renderings.keep("never", []);
    expect(await readdir(join(dataDir, "renderings"))).to.deep.equal(["blog"]);
  });

  it("are not opened, and no key is made anew, where the key is damaged", async () => {
    await writeFile(join(dataDir, "key"), "c2hvcnQ=\n");

    const error = await reopened().catch((thrown: unknown) => thrown);

    expect(error instanceof Error && error.message).to.contain("it is not 32 bytes in base64");
    expect(await readFile(join(dataDir, "key"), "utf8")).to.equal("c2hvcnQ=\n");
  });
});
