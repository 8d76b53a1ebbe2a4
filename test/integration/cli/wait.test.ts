import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import type { CommandContext } from "../../../controller/cli/context.ts";
import { CONTROLLER_LOCK } from "../../../controller/cli/controller-running.ts";
import { CommandError } from "../../../controller/cli/errors.ts";
import { parseGoal } from "../../../controller/cli/goal.ts";
import { requestAction } from "../../../controller/cli/request.ts";
import { waitFor } from "../../../controller/cli/wait.ts";
import { LOCK_FILE } from "../../../controller/leadership.ts";
import { systemClock } from "../../../controller/lib/clock.ts";
import { tryLock } from "../../../controller/lib/flock.ts";
import type { Lock } from "../../../controller/lib/flock.ts";
import { hashOf } from "../../../controller/lib/hash.ts";
import {
  condition,
  createFixtureFolder,
  manifest,
  SPEC,
  statusDocument,
  statusFile,
} from "../../unit/cli/fixture-folder.ts";
import type { FixtureFolder } from "../../unit/cli/fixture-folder.ts";
import { createTestTerminal } from "../../unit/cli/test-terminal.ts";
import type { TestTerminal } from "../../unit/cli/test-terminal.ts";
import { until } from "../../support/engine.ts";

const EDITED = { ...SPEC, suspend: false };

describe("waiting for a controller", function () {
  this.timeout(10_000);
  let folder: FixtureFolder;
  let terminal: TestTerminal;
  let context: CommandContext;
  let lock: Lock | undefined;
  let alive: NodeJS.Timeout;

  beforeEach(async () => {
    folder = await createFixtureFolder({
      "shop.yaml": manifest("shop"),
      "shop.status.yaml": statusFile(statusDocument("shop")),
      [CONTROLLER_LOCK]: "",
    });
    terminal = createTestTerminal();
    context = { terminal, clock: systemClock, manifestsDir: folder.dir, dataDir: "/nowhere" };
    lock = tryLock(join(folder.dir, CONTROLLER_LOCK));
    alive = setInterval(() => {}, 1000); // the clock's timers keep no process alive
  });

  afterEach(async () => {
    clearInterval(alive);
    lock?.release();
    await folder.cleanUp();
  });

  const said = (text: string): Promise<unknown> => until(text, () => terminal.printed().err.includes(text));
  const wait = (what: string, timeoutMs = 5000, names = ["shop"]): Promise<void> =>
    waitFor(context, { words: names, goal: parseGoal(what), timeoutMs });

  it("looks for the controller's own lock", () => {
    expect(CONTROLLER_LOCK).to.equal(LOCK_FILE);
  });

  describe("waitFor()", () => {
    it("answers at once where it is so already", async () => {
      await wait("Ready");

      expect(terminal.printed()).to.deep.equal({
        out: "shop: Ready is True (Synced): all services are healthy\n",
        err: "",
      });
    });

    it("does not answer an edit with the state before it", async () => {
      await folder.write("shop.yaml", manifest("shop", { spec: EDITED }));
      const waiting = wait("Ready");
      await said("shop: the controller has not looked at the manifest as it is now\n");
      const moving = { conditions: [condition({ status: "Unknown", reason: "Progressing", message: "up" })] };
      const seen = { observedSpecHash: hashOf(EDITED), observedGeneration: 2 };
      await folder.write("shop.status.yaml", statusFile(statusDocument("shop", { ...seen, ...moving })));
      await said("shop: Ready is Unknown (Progressing): up\n");
      const done = { conditions: [condition({ observedGeneration: 2 })] };
      await folder.write("shop.status.yaml", statusFile(statusDocument("shop", { ...seen, ...done })));

      await waiting;

      expect(terminal.printed().out).to.equal("shop: Ready is True (Synced): all services are healthy\n");
    });

    it("says at the timeout how each one stands", async () => {
      await folder.write("new.yaml", manifest("new"));

      const error = await wait("phase=Stopped", 100, ["shop", "new"]).catch((thrown: unknown) => thrown);

      expect(error).to.be.instanceOf(CommandError);
      expect((error as Error).message).to.equal(
        "Timed out after 0s. shop: Ready is True (Synced): all services are healthy; new: no status yet",
      );
    });

    it("waits until nothing is left of it", async () => {
      await folder.remove("shop.yaml");
      await folder.write(
        "shop.status.yaml",
        statusFile(statusDocument("shop", { phase: "Deleting", conditions: [] })),
      );
      const waiting = wait("delete");
      await said("shop: phase Deleting\n");
      await folder.remove("shop.status.yaml");

      await waiting;

      expect(terminal.printed().out).to.equal("shop: deleted\n");
    });

    it("takes an editor's save for no deletion, and a deletion for a failure", async () => {
      const waiting = wait("phase=Stopped").catch((thrown: unknown) => thrown);
      await said("shop: Ready is True");
      await folder.remove("shop.yaml");
      await folder.remove("shop.status.yaml");
      await new Promise((resolve) => setTimeout(resolve, 600)); // long enough to be seen, too short to be believed
      await folder.write("shop.yaml", manifest("shop"));
      await said("shop: no status yet");
      await folder.remove("shop.yaml");

      const error = await waiting;

      expect(error).to.be.instanceOf(CommandError);
      expect((error as Error).message).to.equal("shop was deleted.");
    });

    it("warns where no controller runs", async () => {
      lock?.release();

      await wait("Ready");

      expect(terminal.printed().err).to.include('; "conops run" starts one.\n');
    });
  });

  describe("requestAction() with a limit", () => {
    /** Plays the controller: takes the request, and reports its token with these conditions. */
    async function answer(patch: Parameters<typeof statusDocument>[1]): Promise<void> {
      const file = await until("the request", async () =>
        (await readdir(folder.dir)).find((name) => name.endsWith(".request.yaml")),
      );
      const { token } = parse(await readFile(join(folder.dir, file), "utf8")) as { token: string };
      await folder.remove(file);
      const handled = { ...patch, lastHandledRequests: { sync: token } };
      await folder.write("shop.status.yaml", statusFile(statusDocument("shop", handled)));
    }

    const sync = (waitMs = 5000): Promise<void> =>
      requestAction(context, { action: "sync", names: ["shop"], waitMs });

    it("follows the request to its gate", async () => {
      const syncing = sync();
      await said("shop: waiting for the controller to take the request\n");
      await answer({});

      await syncing;

      expect(terminal.printed().out).to.equal("shop: Ready is True (Synced): all services are healthy\n");
    });

    it("fails with the gate's reason", async () => {
      const syncing = sync().catch((thrown: unknown) => thrown);
      await answer({
        conditions: [condition({ status: "False", reason: "HealthGateFailed", message: "web exited" })],
      });

      const error = await syncing;

      expect(error).to.be.instanceOf(CommandError);
      expect((error as Error).message).to.equal("shop: Ready is False (HealthGateFailed): web exited");
    });

    it("says at the timeout what it waited for", async () => {
      const error = await sync(100).catch((thrown: unknown) => thrown);

      expect((error as Error).message).to.equal(
        "Timed out after 0s. shop: waiting for the controller to take the request",
      );
    });
  });
});
