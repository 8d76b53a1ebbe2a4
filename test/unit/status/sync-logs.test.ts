import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { silentLog, type Log } from "../../../controller/lib/log.ts";
import { openSyncLogs, type SyncLogs } from "../../../controller/status/sync-logs.ts";
import { createFakeClock, type FakeClock } from "../../support/fake-clock.ts";
import { until } from "../../support/engine.ts";

const AT = "2026-01-01T00:00:00Z";

describe("the logs of syncs", () => {
  let dataDir: string;
  let clock: FakeClock;
  let logs: SyncLogs;

  const pathOf = (name: string, id: number): string => join(dataDir, "sync-logs", name, `${id}.log`);
  const textOf = (name: string, id: number): Promise<string> =>
    readFile(pathOf(name, id), "utf8").catch(() => "none");

  /** As a controller opens them whose records refer to these. */
  async function open(
    kept: Readonly<Record<string, readonly number[]>> = {},
    log: Log = silentLog,
  ): Promise<void> {
    logs = await openSyncLogs(dataDir, { clock, log, kept: new Map(Object.entries(kept)) });
  }

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "conops-sync-logs-"));
    clock = createFakeClock();
    await open();
  });
  afterEach(() => rm(dataDir, { recursive: true, force: true }));

  it("say when what was said, and by whom, and where they are", async () => {
    logs.begin("shop", 1);
    logs.add("shop", 1, "sync 1 begins");
    await clock.advance(500);
    logs.add("shop", 1, "Step 1/2", "build");

    expect(await logs.end("shop", 1)).to.equal("sync-logs/shop/1.log");
    expect(await textOf("shop", 1)).to.equal(`${AT} sync 1 begins\n${AT} build | Step 1/2\n`);
  });

  it("are for the owner alone", async () => {
    logs.begin("shop", 1);
    logs.add("shop", 1, "a");
    await logs.end("shop", 1);

    const modes = ["sync-logs", "sync-logs/shop", "sync-logs/shop/1.log"].map(
      async (path) => (await stat(join(dataDir, path))).mode & 0o777,
    );
    expect(await Promise.all(modes)).to.deep.equal([0o700, 0o700, 0o600]);
  });

  it("are on disk a second later also while the sync goes on, and leave no other file", async () => {
    logs.begin("shop", 1);
    logs.add("shop", 1, "a");
    expect(await textOf("shop", 1)).to.equal("none");

    await clock.advance(1000);
    await until("it is written", async () => (await textOf("shop", 1)) === `${AT} a\n`);
    logs.add("shop", 1, "b");
    await clock.advance(1000);
    await until("it is written again", async () => (await textOf("shop", 1)).endsWith("00:00:01Z b\n"));

    expect(await readdir(join(dataDir, "sync-logs", "shop"))).to.deep.equal(["1.log"]);
  });

  it("go on, and say so, where a controller was killed", async () => {
    logs.begin("shop", 1);
    logs.add("shop", 1, "up");
    await logs.close();
    await open({ shop: [1] });

    logs.add("shop", 1, "again");
    await logs.end("shop", 1);
    logs.add("shop", 1, "and more");
    await logs.end("shop", 1);

    expect(await textOf("shop", 1)).to.equal(
      `${AT} up\n${AT} the controller was ended here; another one goes on\n${AT} again\n${AT} and more\n`,
    );
  });

  it("say so also where the one before was killed before it wrote anything", async () => {
    logs.begin("shop", 1);
    logs.add("shop", 1, "up");
    await open({ shop: [1] });

    logs.add("shop", 1, "again");
    await logs.end("shop", 1);

    expect(await textOf("shop", 1)).to.equal(
      `${AT} the controller was ended here; another one goes on\n${AT} again\n`,
    );
  });

  it("begin empty under a number that was given before to what nobody refers to", async () => {
    logs.begin("shop", 1);
    logs.add("shop", 1, "unchanged");
    await logs.close();

    logs.begin("shop", 1);
    logs.add("shop", 1, "new");
    await logs.end("shop", 1);

    expect(await textOf("shop", 1)).to.equal(`${AT} new\n`);
  });

  it("go with what referred to them, written or not", async () => {
    for (const id of [1, 2, 3]) {
      logs.begin("shop", id);
      logs.add("shop", id, "a");
    }
    await logs.end("shop", 1);
    await logs.end("shop", 2);
    await logs.keep("shop", [2]);
    await clock.advance(2000);
    await logs.close();
    expect(await readdir(join(dataDir, "sync-logs", "shop"))).to.deep.equal(["2.log"]);

    await logs.keep("shop", []);
    expect(await readdir(join(dataDir, "sync-logs"))).to.deep.equal([]);
  });

  it("are swept at the start where no record refers to them, with what a write left half done", async () => {
    for (const file of ["shop/1.log", "shop/2.log", "shop/.2.log.0123456789ab.tmp", "gone/7.log"]) {
      await mkdir(join(dataDir, "sync-logs", file, ".."), { recursive: true });
      await writeFile(join(dataDir, "sync-logs", file), "x\n");
    }

    await open({ shop: [2], blog: [1] });

    expect(await readdir(join(dataDir, "sync-logs"))).to.deep.equal(["shop"]);
    expect(await readdir(join(dataDir, "sync-logs", "shop"))).to.deep.equal(["2.log"]);
  });

  it("that cannot be written fail no sync: the history then refers to none, and the log tells", async () => {
    const said: string[] = [];
    await open(
      {},
      { ...silentLog, warn: (message, fields) => void said.push(`${message} ${String(fields?.["sync"])}`) },
    );
    // Also for root: a file stands where the folder should be.
    await rm(join(dataDir, "sync-logs"), { recursive: true });
    await writeFile(join(dataDir, "sync-logs"), "");

    logs.add("shop", 1, "a");

    expect(await logs.end("shop", 1)).to.equal(undefined);
    expect(said).to.deep.equal(["the log of a sync cannot be written 1"]);
  });

  it("of which nothing was said are none", async () => {
    expect(await logs.end("shop", 1)).to.equal(undefined);
    expect(await readdir(join(dataDir, "sync-logs"))).to.deep.equal([]);
  });
});
