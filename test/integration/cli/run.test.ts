import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { requireEngine, until } from "../../support/engine.ts";
import { createFixtureFolder } from "../../unit/cli/fixture-folder.ts";
import type { FixtureFolder } from "../../unit/cli/fixture-folder.ts";
import { startConops } from "./run-conops.ts";
import type { Started } from "./run-conops.ts";

describe("conops run", function () {
  this.timeout(30_000);
  let folder: FixtureFolder;
  let dataDir: string;
  const started: Started[] = [];

  before(() => requireEngine());

  beforeEach(async () => {
    folder = await createFixtureFolder();
    dataDir = await mkdtemp(join(tmpdir(), "conops-run-"));
  });

  afterEach(async () => {
    for (const { process, finished } of started.splice(0)) {
      process.kill("SIGKILL");
      await finished;
    }
    await folder.cleanUp();
    await rm(dataDir, { recursive: true, force: true });
  });

  function run(...args: readonly string[]): Started {
    const controller = startConops(["run", "--data-dir", dataDir, "--http", "off", ...args]);
    started.push(controller);
    return controller;
  }

  const messages = (text: string): readonly unknown[] =>
    text
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as { readonly msg: string }).msg);

  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    it(`stops cleanly at ${signal}, with exit code 0`, async () => {
      const controller = run("--manifests", folder.dir);
      await until("it has started", () => controller.printed().out.includes('"controller started"'));

      controller.process.kill(signal);

      const { code, out, err } = await controller.finished;
      expect({ code, err, last: messages(out).at(-1) }).to.deep.equal({
        code: 0,
        err: "",
        last: "controller stopped",
      });
    });
  }

  it("says why it cannot start, and exits with 1", async () => {
    const { code, out } = await run("--manifests", join(folder.dir, "nowhere")).finished;

    expect(code).to.equal(1);
    expect(messages(out)).to.deep.equal(["policies", "the controller cannot go on"]);
    expect(out).to.include("there is no such folder; make it, or name another with --manifests");
  });

  it("goes on when nobody reads its log any more", async () => {
    const controller = run("--manifests", folder.dir, "--log-level", "debug");
    await until("it has started", () => controller.printed().out.includes('"controller started"'));
    controller.process.stdout.destroy();
    await folder.write("shop.yaml", "apiVersion: conops.dev/v1alpha1\nkind: Application\n");
    await until("it works", async () => (await folder.files()).includes("shop.status.yaml"));

    controller.process.kill("SIGTERM");

    expect((await controller.finished).code).to.equal(0);
  });
});
