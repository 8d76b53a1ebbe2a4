import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { CommandError, UsageError } from "../../../controller/cli/errors.ts";
import { confirmDeletion, judgeRequest, requestAction } from "../../../controller/cli/request.ts";
import type { CommandContext } from "../../../controller/cli/context.ts";
import { hashOf } from "../../../controller/lib/hash.ts";
import { createFakeClock } from "../../support/fake-clock.ts";
import {
  condition,
  createFixtureFolder,
  manifest,
  NOW,
  SPEC,
  statusDocument,
  statusFile,
} from "./fixture-folder.ts";
import type { FixtureFolder } from "./fixture-folder.ts";
import { createTestTerminal } from "./test-terminal.ts";
import type { TestTerminal } from "./test-terminal.ts";

const HELD = { conditions: [condition({ status: "Unknown", reason: "DeletionHeld", message: "held" })] };

describe("requests", () => {
  let folder: FixtureFolder;
  let terminal: TestTerminal;
  let context: CommandContext;

  beforeEach(async () => {
    folder = await createFixtureFolder({
      "shop.yaml": manifest("shop"),
      "apps/db.yaml": manifest("db", { spec: { ...SPEC, suspend: true } }),
      "web.status.yaml": statusFile(statusDocument("web", HELD), statusDocument("api", HELD)),
    });
    terminal = createTestTerminal();
    context = { terminal, clock: createFakeClock(NOW), manifestsDir: folder.dir, dataDir: "/nowhere" };
  });

  afterEach(() => folder.cleanUp());

  async function requests(): Promise<readonly unknown[]> {
    const files = (await readdir(folder.dir)).filter((file) => file.endsWith(".request.yaml"));
    return Promise.all(
      files.toSorted().map(async (file) => {
        const { token, ...rest } = parse(await readFile(join(folder.dir, file), "utf8")) as { token: string };
        return { file, hasToken: /^[0-9a-f]{16}$/.test(token), ...rest };
      }),
    );
  }

  const warning = (): string =>
    `Warning: no controller runs on ${JSON.stringify(folder.dir)}; "conops run" starts one.\n`;

  it("drops a request for each name, with a token and a time", async () => {
    await requestAction(context, { action: "sync", names: ["shop", "app/db"], waitMs: undefined });

    const common = { hasToken: true, apiVersion: "conops.dev/v1alpha1", kind: "Request", action: "sync" };
    const requestedAt = "2026-01-01T00:00:00Z";
    expect(await requests()).to.deep.equal([
      { file: "application.db.sync.request.yaml", ...common, name: "db", requestedAt },
      { file: "application.shop.sync.request.yaml", ...common, name: "shop", requestedAt },
    ]);
    expect(terminal.printed()).to.deep.equal({
      out: "shop: sync requested\ndb: sync requested\n",
      err: `Warning: db will refuse: its manifest says suspend: true.\n${warning()}`,
    });
  });

  it("drops nothing when one name is unknown", async () => {
    const asked = requestAction(context, { action: "retry", names: ["shop", "dp"], waitMs: undefined });

    const error = await asked.catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(CommandError);
    expect((error as Error).message)
      .to.include('No Application "dp"')
      .and.include('Did you mean "db"?');
    expect(await requests()).to.deep.equal([]);
  });

  it("drops nothing for what is no Application, and says why", async () => {
    const syncing = requestAction(context, {
      action: "sync",
      names: ["shop", "secret/shop"],
      waitMs: undefined,
    });
    const error = await syncing.catch((thrown: unknown) => thrown);
    const confirming = await confirmDeletion(context, ["rcv/github"]).catch((thrown: unknown) => thrown);

    expect(error).to.be.instanceOf(UsageError);
    expect((error as Error).message).to.equal(
      "Cannot sync secret/shop: that is for Applications; a Secret takes effect when its manifest is saved",
    );
    expect((confirming as Error).message).to.match(/^Cannot confirm the deletion of receiver\/github: /);
    expect(await requests()).to.deep.equal([]);
  });

  it("confirms the deletion of those that are held, by name or all", async () => {
    await confirmDeletion(context, ["web"]);
    const one = (await requests()).length;
    await confirmDeletion(context, "all");

    expect(one).to.equal(1);
    expect(await requests()).to.have.length(2);
    expect(terminal.printed().out).to.equal(
      "web: deletion confirmed\napi: deletion confirmed\nweb: deletion confirmed\n",
    );
  });

  it("confirms nothing that is not held: it would wait for the next accident", async () => {
    const error = await confirmDeletion(context, ["web", "shop"]).catch((thrown: unknown) => thrown);

    expect(error).to.be.instanceOf(CommandError);
    expect((error as Error).message).to.equal("shop has no deletion that waits to be confirmed.");
    expect(await requests()).to.deep.equal([]);
  });

  it("says so when there is nothing to confirm", async () => {
    await folder.remove("web.status.yaml");

    await confirmDeletion(context, "all");

    expect(terminal.printed()).to.deep.equal({ out: "", err: "No deletion waits to be confirmed.\n" });
  });
});

describe("judgeRequest()", () => {
  const shop = { key: "shop", kind: "Application", name: "shop" } as const;
  const common = { ...shop, labels: {}, faults: [], place: { file: "shop.yaml", document: 0 } };
  const declared = (spec = SPEC) => ({
    ...common,
    manifest: { apiVersion: "conops.dev/v1alpha1", kind: "Application", metadata: { name: "shop" }, spec },
    writtenSpecHash: hashOf(spec),
  });
  const handled = { lastHandledRequests: { sync: "mine" } };
  const moving = condition({ type: "Reconciling", reason: "Progressing", message: "" });
  const ready = (status: "True" | "False" | "Unknown") =>
    condition({ status, reason: "HealthGateFailed", message: "web" });

  const cases = [
    {
      name: "waits until the controller has taken it",
      resource: { ...declared(), status: statusDocument("shop", { lastHandledRequests: { sync: "older" } }) },
      progress: { done: false, ok: false, text: "waiting for the controller to take the request" },
    },
    {
      name: "succeeds when it is handled and ready",
      resource: { ...declared(), status: statusDocument("shop", handled) },
      progress: { done: true, ok: true, text: "Ready is True (Synced): all services are healthy" },
    },
    {
      name: "waits for the gate",
      resource: {
        ...declared(),
        status: statusDocument("shop", { ...handled, conditions: [ready("Unknown"), moving] }),
      },
      progress: { done: false, ok: false, text: "Ready is Unknown (HealthGateFailed): web" },
    },
    {
      name: "waits while a target that failed before is tried again",
      resource: {
        ...declared(),
        status: statusDocument("shop", { ...handled, conditions: [ready("False"), moving] }),
      },
      progress: { done: false, ok: false, text: "Ready is False (HealthGateFailed): web" },
    },
    {
      name: "fails when the gate has failed",
      resource: {
        ...declared(),
        status: statusDocument("shop", { ...handled, conditions: [ready("False")] }),
      },
      progress: { done: true, ok: false, text: "Ready is False (HealthGateFailed): web" },
    },
    {
      name: "fails with the answer where it is refused",
      resource: {
        ...declared(),
        status: statusDocument("shop", { ...handled, requestAnswers: { sync: "Refused: Suspended" } }),
      },
      progress: { done: true, ok: false, text: "Refused: Suspended" },
    },
    {
      name: "fails for what is deleted",
      resource: undefined,
      progress: { done: true, ok: false, text: "deleted" },
    },
  ];
  for (const { name, resource, progress } of cases) {
    it(name, () => {
      expect(judgeRequest("sync", "mine", resource)).to.deep.equal(progress);
    });
  }
});
