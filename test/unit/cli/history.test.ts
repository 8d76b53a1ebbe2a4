import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import type { HistoryEntry } from "../../../controller/api/status.ts";
import { describeResources } from "../../../controller/cli/describe.ts";
import { CommandError } from "../../../controller/cli/errors.ts";
import { showHistory, showLog, type HistoryOptions } from "../../../controller/cli/history.ts";
import { createFakeClock } from "../../support/fake-clock.ts";
import { createFixtureFolder, manifest, NOW, statusDocument, statusFile } from "./fixture-folder.ts";
import type { FixtureFolder } from "./fixture-folder.ts";
import { createTestTerminal } from "./test-terminal.ts";

/** Nobody's, for root; for any other user, one who may not read the folder. */
async function asAnotherUser(dir: string, act: () => Promise<void>): Promise<void> {
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  else await chmod(dir, 0);
  try {
    await act();
  } finally {
    if (isRoot) process.seteuid?.(0);
    else await chmod(dir, 0o700);
  }
}

const entry = (extra: Partial<HistoryEntry>): HistoryEntry => ({
  revision: "0123456789abcdef0123456789abcdef01234567",
  startedAt: "2025-12-31T22:00:00Z",
  finishedAt: "2025-12-31T22:00:10Z",
  result: "Succeeded",
  trigger: "NewRevision",
  reason: "Synced",
  durationSeconds: 10,
  ...extra,
});

const HISTORY: readonly HistoryEntry[] = [
  entry({
    id: 12,
    subject: "Sell \u001b[31mmore",
    result: "Failed",
    finishedAt: "2025-12-31T23:59:00Z",
    reason: "BuildFailed: no such\nfile",
    count: 3,
    log: "sync-logs/shop/12.log",
  }),
  entry({
    id: 11,
    trigger: "Drift",
    reason: "web: Stopped",
    durationSeconds: 0.3,
    log: "sync-logs/shop/11.log",
  }),
  entry({}),
];

describe("conops history", () => {
  let folder: FixtureFolder;
  let dataDir: string;

  beforeEach(async () => {
    folder = await createFixtureFolder({
      "shop.yaml": manifest("shop"),
      "shop.status.yaml": statusFile(statusDocument("shop", { history: HISTORY })),
      "new.yaml": manifest("new"),
      ".conops-registry.json": '{"id":"registry-1"}',
    });
    dataDir = await mkdtemp(join(tmpdir(), "conops-data-"));
    await mkdir(join(dataDir, "sync-logs", "shop"), { recursive: true });
    await writeFile(join(dataDir, "registry.json"), '{"id":"registry-1"}');
    await writeFile(join(dataDir, "sync-logs/shop/11.log"), "healed\n");
    const lines = Array.from({ length: 30 }, (_, index) => `line ${index}\u001b[2J`);
    await writeFile(join(dataDir, "sync-logs/shop/12.log"), `${lines.join("\n")}\n`);
  });
  afterEach(async () => {
    await folder.cleanUp();
    await rm(dataDir, { recursive: true, force: true });
  });

  function contextOf(terminal = createTestTerminal(), data = dataDir) {
    return { terminal, clock: createFakeClock(NOW), manifestsDir: folder.dir, dataDir: data };
  }

  async function history(options: Partial<HistoryOptions> = {}): Promise<{ out: string; err: string }> {
    const terminal = createTestTerminal();
    await showHistory(contextOf(terminal), { name: "shop", output: "table", headers: true, ...options });
    return terminal.printed();
  }

  async function log(id?: number, name = "shop", data = dataDir): Promise<string> {
    const terminal = createTestTerminal();
    try {
      await showLog(contextOf(terminal, data), name, id);
      return terminal.printed().out;
    } catch (error) {
      if (error instanceof CommandError) return error.message;
      throw error;
    }
  }

  it("is a table, newest first, with repetitions counted", async () => {
    expect((await history()).out).to.equal(
      [
        "ID   AGE    REVISION     RESULT      TRIGGER       TOOK   TIMES   REASON",
        "12   60s    0123456789   Failed      NewRevision   10s    3       BuildFailed: no such file",
        "11   119m   0123456789   Succeeded   Drift         0.3s   1       web: Stopped",
        "-    119m   0123456789   Succeeded   NewRevision   10s    1       Synced",
        "",
      ].join("\n"),
    );
    expect((await history({ headers: false })).out.split("\n")[0]).to.contain("BuildFailed");
  });

  it("tells more with -o wide", async () => {
    const [head, first] = (await history({ output: "wide" })).out.split("\n");

    expect(head?.split(/ {2,}/)).to.deep.equal(
      "ID STARTED AGE REVISION RESULT TRIGGER TOOK TIMES SUBJECT LOG REASON".split(" "),
    );
    expect(first?.split(/ {2,}/).slice(1, 2)).to.deep.equal(["2025-12-31T22:00:00Z"]);
    expect(first).to.contain("Sell more   sync-logs/shop/12.log");
  });

  it("is the entries as the status has them, as JSON and YAML", async () => {
    const clean = JSON.parse(JSON.stringify(HISTORY).replace("\\u001b[31m", "")) as unknown;

    expect(JSON.parse((await history({ output: "json" })).out)).to.deep.equal(clean);
    expect(parse((await history({ output: "yaml" })).out)).to.deep.equal(clean);
  });

  it("of what nothing was done for yet is empty", async () => {
    expect(await history({ name: "new" })).to.deep.equal({
      out: "",
      err: 'Nothing was done for "new" yet.\n',
    });
    expect((await history({ name: "new", output: "json" })).out).to.equal("[]\n");
  });

  it("prints the log of one sync, of the newest without an id, with nothing in it that a terminal acts on", async () => {
    expect(await log(11)).to.equal("healed\n");
    expect((await log()).split("\n").slice(0, 2)).to.deep.equal(["line 0", "line 1"]);
    await writeFile(join(dataDir, "sync-logs/shop/13.log"), "under way\n");
    expect(await log()).to.equal("under way\n");
    expect(await log(13)).to.equal("under way\n");
  });

  it("says why there is no log", async () => {
    expect(await log(3)).to.equal('No sync 3 in the history of "shop", which has 11, 12');
    await rm(join(dataDir, "sync-logs/shop/12.log"));
    expect(await log(12)).to.equal(
      'Cannot read the log of sync 12 of "shop": there is none; it goes with its entry in the history',
    );
    expect(await log(undefined, "new")).to.equal(
      'Cannot read a log of "new": there is none; it goes with its entry in the history',
    );
    expect(await log(undefined, "nobody")).to.match(/^No Application "nobody" in /);
  });

  it("says so to whoever may not read the data directory, and describe does as well", async () => {
    await chmod(folder.dir, 0o755);
    await asAnotherUser(dataDir, async () => {
      const why = "only the user that runs the controller may read its data directory";
      expect(await log(12)).to.equal(`Cannot read the log of sync 12 of "shop": ${why}`);
      expect(await log()).to.equal(`Cannot read a log of "shop": ${why}`);
      expect((await history()).out).to.contain("BuildFailed");
      const terminal = createTestTerminal();
      await describeResources(contextOf(terminal), ["shop"]);
      expect(terminal.printed().out).to.contain(`Cannot read the log of sync 12 of "shop": ${why}`);
    });
  });

  it("says so where the data directory is not the controller's", async () => {
    const names = "--data-dir names the data directory of the controller";
    expect(await log(12, "shop", "/nowhere")).to.equal(
      `Cannot read the log of sync 12 of "shop": "/nowhere" holds no log of it; ${names}`,
    );
    await writeFile(join(dataDir, "registry.json"), '{"id":"registry-2"}');
    expect(await log(12)).to.equal(
      `Cannot read the log of sync 12 of "shop": "${dataDir}" belongs to other manifests; ${names}`,
    );
  });

  it("is in conops describe with the end of the log of what failed last, or why that cannot be read", async () => {
    const described = async (data: string): Promise<string> => {
      const terminal = createTestTerminal();
      await describeResources(contextOf(terminal, data), ["shop"]);
      return terminal.printed().out;
    };

    expect(await described(dataDir)).to.contain(
      "Log of 12, the last 12 lines (all: conops history shop --log 12):\n  line 18\n",
    );
    expect(await described("/nowhere")).to.match(
      /^Log: +Cannot read the log of sync 12 of "shop": "\/nowhere"/m,
    );
    await folder.write("shop.status.yaml", statusFile(statusDocument("shop", { history: HISTORY.slice(1) })));
    expect(await described(dataDir)).not.to.match(/^Log/m);
  });
});
