import { expect } from "chai";
import { CommandError } from "../../../controller/cli/errors.ts";
import { getResources } from "../../../controller/cli/get.ts";
import type { GetOptions } from "../../../controller/cli/get.ts";
import { createFakeClock } from "../../support/fake-clock.ts";
import {
  condition,
  createFixtureFolder,
  manifest,
  NOW,
  statusDocument,
  statusFile,
} from "./fixture-folder.ts";
import type { FixtureFolder } from "./fixture-folder.ts";
import { createTestTerminal } from "./test-terminal.ts";

describe("getResources()", () => {
  let folder: FixtureFolder;

  before(async () => {
    folder = await createFixtureFolder({
      "shop.yaml": manifest("shop", { labels: { team: "web" } }),
      "shop.status.yaml": statusFile(statusDocument("shop")),
      "apps/db.yml": manifest("db"),
      "apps/db.status.yaml": statusFile(
        statusDocument("db", {
          phase: "Degraded",
          health: { status: "Degraded", services: [] },
          conditions: [condition({ status: "False", reason: "CrashLoop", message: "db: exited with 1" })],
        }),
      ),
      "new.yaml": manifest("new"),
      "bad.yaml": manifest("bad", { spec: { source: {} } }),
      "broken.yaml": "apiVersion: [",
      "other.yaml": "apiVersion: apps/v1\nkind: Deployment\n",
      "gone.status.yaml": statusFile(statusDocument("gone", { phase: "Deleting", conditions: [] })),
      ".hidden/shop.yaml": manifest("hidden"),
      "notes.txt": "nothing",
    });
  });

  after(() => folder.cleanUp());

  async function get(options: Partial<GetOptions> = {}): Promise<{ out: string; err: string }> {
    const terminal = createTestTerminal();
    const context = { terminal, clock: createFakeClock(NOW), manifestsDir: folder.dir, dataDir: "/nowhere" };
    const all = { words: [], output: "table", headers: true, ...options } as const;
    await getResources(context, all);
    return terminal.printed();
  }

  it("shows manifests, statuses, what is new, what is wrong, and what is being deleted", async () => {
    const { out, err } = await get();

    expect(out).to.equal(
      [
        "NAME            READY   PHASE      SYNC     HEALTH     REVISION     AGE",
        "bad             False   Error",
        "broken.yaml#0   False   Error",
        "db              False   Degraded   Synced   Degraded   0123456789   2d",
        "gone                    Deleting   Synced   Healthy    0123456789   2d",
        "new",
        "shop            True    Synced     Synced   Healthy    0123456789   2d",
        "",
      ].join("\n"),
    );
    expect(err).to.include("bad.yaml:6:");
    expect(err).to.include("broken.yaml:1:");
  });

  it("shows more columns when wide", async () => {
    const { out } = await get({ words: ["shop", "db"], output: "wide" });

    expect(out).to.equal(
      [
        "NAME   READY   PHASE      SYNC     HEALTH     REVISION     AGE   PROJECT   REPOSITORY                         PATH     REASON      MESSAGE",
        "shop   True    Synced     Synced   Healthy    0123456789   2d              https://git.example.com/shop.git   deploy   Synced      all services are healthy",
        "db     False   Degraded   Synced   Degraded   0123456789   2d              https://git.example.com/shop.git   deploy   CrashLoop   db: exited with 1",
        "",
      ].join("\n"),
    );
  });

  it("leaves out the head when told so", async () => {
    const { out } = await get({ words: ["shop"], headers: false });

    expect(out).to.equal("shop   True   Synced   Synced   Healthy   0123456789   2d\n");
  });

  it("prints names that other commands take", async () => {
    const { out } = await get({ words: ["app/shop", "application.conops.dev/db", "shop"], output: "name" });

    expect(out).to.equal("application.conops.dev/shop\napplication.conops.dev/db\n");
  });

  it("selects by label", async () => {
    const { out } = await get({ output: "name", matches: ({ team }) => team === "web" });

    expect(out).to.equal("application.conops.dev/shop\n");
  });

  it("prints one object as JSON, and several as a list", async () => {
    const one = JSON.parse((await get({ words: ["shop"], output: "json" })).out) as Record<string, unknown>;
    const all = JSON.parse((await get({ output: "json" })).out) as { kind: string; items: object[] };

    const { status } = statusDocument("shop");
    expect(one).to.deep.equal({
      apiVersion: "conops.dev/v1alpha1",
      kind: "Application",
      metadata: {
        name: "shop",
        labels: { team: "web" },
        uid: "uid-of-shop",
        generation: 1,
        creationTimestamp: "2025-12-30T00:00:00Z",
      },
      spec: { source: { repoURL: "https://git.example.com/shop.git", path: "deploy" } },
      status: JSON.parse(JSON.stringify(status)) as object,
    });
    expect(all.kind).to.equal("ApplicationList");
    expect(all.items).to.have.length(6);
  });

  it("prints one object as YAML", async () => {
    const { out } = await get({ words: ["new"], output: "yaml" });

    expect(out).to.equal(
      [
        "apiVersion: conops.dev/v1alpha1",
        "kind: Application",
        "metadata:",
        "  name: new",
        "spec:",
        "  source:",
        "    repoURL: https://git.example.com/shop.git",
        "    path: deploy",
        "",
      ].join("\n"),
    );
  });

  it("names what was probably meant by a name that nobody has", async () => {
    const error = await get({ words: ["shpo"] }).catch((thrown: unknown) => thrown);

    expect(error).to.be.instanceOf(CommandError);
    expect((error as Error).message).to.equal(
      `No Application "shpo" in ${JSON.stringify(folder.dir)}. Did you mean "shop"?`,
    );
  });

  it("says so where nothing has the labels", async () => {
    const { out, err } = await get({ matches: () => false });

    expect(out).to.equal("");
    expect(err).to.equal(`No Applications with these labels in ${JSON.stringify(folder.dir)}.\n`);
  });

  it("says so where there is nothing, and where there is no folder", async () => {
    const empty = await createFixtureFolder();
    const terminal = createTestTerminal();
    const context = { terminal, clock: createFakeClock(NOW), dataDir: "/nowhere" };
    const options = { words: [], output: "table", headers: true } as const;

    await getResources({ ...context, manifestsDir: empty.dir }, options);
    await empty.cleanUp();
    const error = await getResources({ ...context, manifestsDir: empty.dir }, options).catch(
      (thrown: unknown) => thrown,
    );

    expect(terminal.printed()).to.deep.equal({
      out: "",
      err: `No Applications in ${JSON.stringify(empty.dir)}.\n`,
    });
    expect(error).to.be.instanceOf(CommandError);
  });
});
