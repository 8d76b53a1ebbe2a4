import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { silentLog } from "../../../controller/lib/log.ts";
import { openRecordStore } from "../../../controller/status/record-store.ts";
import { sampleApplied, sampleRecord } from "../../support/record.ts";

describe("the record store", () => {
  let dataDir: string;
  const fileOf = (name: string): string => join(dataDir, "records", `${name}.json`);

  beforeEach(async () => (dataDir = await mkdtemp(join(tmpdir(), "conops-records-"))));
  afterEach(() => rm(dataDir, { recursive: true, force: true }));

  it("gives back after a restart exactly what was put", async () => {
    const record = sampleRecord({ applied: sampleApplied(), project: "shop" });
    await (await openRecordStore(dataDir, silentLog)).put(record);

    const again = await openRecordStore(dataDir, silentLog);

    expect(again.get("shop")).to.deep.equal(record);
    expect(again.list()).to.deep.equal([record]);
  });

  it("writes for its owner alone, and only what differs", async () => {
    const store = await openRecordStore(dataDir, silentLog);
    await store.put(sampleRecord());
    const before = await stat(fileOf("shop"));

    await store.put({ ...sampleRecord() });
    const same = await stat(fileOf("shop"));
    await store.put(sampleRecord({ generation: 2 }));
    const other = await stat(fileOf("shop"));

    expect(before.mode & 0o777).to.equal(0o600);
    expect(same.ino).to.equal(before.ino);
    expect(other.ino).not.to.equal(before.ino);
  });

  it("keeps what it had in memory when a write fails", async () => {
    const store = await openRecordStore(dataDir, silentLog);
    await store.put(sampleRecord());
    await rm(join(dataDir, "records"), { recursive: true });

    const failure = await store.put(sampleRecord({ generation: 2 })).catch((error: unknown) => error);

    expect(failure instanceof Error).to.equal(true);
    expect(store.get("shop")?.generation).to.equal(1);
  });

  it("forgets a removed record, for good", async () => {
    const store = await openRecordStore(dataDir, silentLog);
    await store.put(sampleRecord());

    await store.remove("shop");
    await store.remove("shop");

    expect(store.get("shop")).to.equal(undefined);
    expect((await openRecordStore(dataDir, silentLog)).list()).to.deep.equal([]);
  });

  it("knows who shares a Compose project: by claim, else by the manifest, else by the name", async () => {
    const store = await openRecordStore(dataDir, silentLog);
    const { manifest } = sampleRecord();
    const spec = { ...manifest.spec, compose: { projectName: "web" } };
    await store.put(sampleRecord({ name: "web" }));
    await store.put(sampleRecord({ name: "b", manifest: { ...manifest, spec } }));
    await store.put(sampleRecord({ name: "c", project: "web" }));

    expect(store.namesOf("web").toSorted()).to.deep.equal(["b", "c", "web"]);
    await store.put(sampleRecord({ name: "b", project: "other" }));
    await store.remove("c");
    expect(store.namesOf("web")).to.deep.equal(["web"]);
    expect(store.namesOf("other")).to.deep.equal(["b"]);
    expect(store.namesOf("none")).to.deep.equal([]);
  });

  it("sets aside what is no record of its own, says so, and reads the others", async () => {
    const store = await openRecordStore(dataDir, silentLog);
    await store.put(sampleRecord());
    const text = await readFile(fileOf("shop"), "utf8");
    await writeFile(fileOf("cut"), text.slice(0, 40));
    await writeFile(fileOf("moved"), text);
    await writeFile(fileOf("newer"), JSON.stringify({ ...sampleRecord({ name: "newer" }), version: 2 }));
    const said: unknown[] = [];

    const again = await openRecordStore(dataDir, {
      ...silentLog,
      error: (_message, fields) => said.push(fields?.["file"]),
    });

    expect(again.list().map(({ name }) => name)).to.deep.equal(["shop"]);
    expect(said.length).to.equal(3);
    expect((await readdir(join(dataDir, "records"))).toSorted()).to.deep.equal([
      "cut.json.unreadable",
      "moved.json.unreadable",
      "newer.json.unreadable",
      "shop.json",
    ]);
  });

  it("passes over the temporary file that a crash left", async () => {
    await (await openRecordStore(dataDir, silentLog)).put(sampleRecord());
    await writeFile(join(dataDir, "records", ".shop.json.0123456789ab.tmp"), "half");

    expect((await openRecordStore(dataDir, silentLog)).list().length).to.equal(1);
  });
});
