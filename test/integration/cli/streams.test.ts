import { once } from "node:events";
import { expect } from "chai";
import {
  condition,
  createFixtureFolder,
  manifest,
  statusDocument,
  statusFile,
} from "../../unit/cli/fixture-folder.ts";
import type { FixtureFolder } from "../../unit/cli/fixture-folder.ts";
import { until } from "../../support/engine.ts";
import { runConops, startConops } from "./run-conops.ts";

/** Clears the screen, sets the title, rings, goes back to the line's beginning, turns the text round. */
const HOSTILE = "\u001b[2J\u001b]0;owned\u0007\u0007 \rover \u009b31m \u202eetirw";
// oxlint-disable-next-line no-control-regex -- that is what must not be there
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/;

describe("what conops prints", function () {
  this.timeout(20_000);
  let folder: FixtureFolder;

  beforeEach(async () => {
    folder = await createFixtureFolder({
      "shop.yaml": manifest("shop"),
      "shop.status.yaml": statusFile(statusDocument("shop")),
    });
  });

  afterEach(() => folder.cleanUp());

  it("never holds control characters from files, whatever the command", async () => {
    const hostile = statusDocument("evil", {
      sync: { status: "Synced", message: HOSTILE, author: HOSTILE },
      health: {
        status: HOSTILE,
        services: [{ name: HOSTILE, status: "Healthy", replicas: HOSTILE, image: HOSTILE }],
      },
      drift: [{ service: HOSTILE, kind: "Missing", expected: HOSTILE, actual: HOSTILE, since: HOSTILE }],
      adoption: { removes: [HOSTILE], changes: [HOSTILE] },
      lastHandledRequests: { [HOSTILE]: HOSTILE },
      conditions: [condition({ status: "False", message: HOSTILE })],
    });
    const spec = { source: { repoURL: "https://git.example.com/x", path: HOSTILE } };
    await folder.write("evil.yaml", manifest("evil", { labels: { a: HOSTILE }, spec }));
    await folder.write("evil.status.yaml", statusFile(hostile));
    await folder.write(`bad\u001b[2J.yaml`, `a: [\n`);
    const commands = [
      ["get", "-o", "wide"],
      ["get", "-o", "json"],
      ["get", "-o", "yaml"],
      ["describe", "evil"],
      ["validate"],
      ["wait", "evil", "--for", "Ready", "--timeout", "1ms"],
      ["get", HOSTILE],
    ];

    for (const command of commands) {
      const { out, err } = await runConops(command, { env: { CONOPS_MANIFESTS: folder.dir } });
      expect(out + err, command.join(" ")).to.not.equal("");
      expect(CONTROLS.test(out + err), command.join(" ")).to.equal(false);
    }
  });

  it("goes on with -w, row by row, and ends quietly when nobody reads any more", async () => {
    const watch = startConops(["get", "-w"], { env: { CONOPS_MANIFESTS: folder.dir } });
    await until("the first table", () => watch.printed().out.includes("\nshop   True    Synced"));
    await folder.write("shop.status.yaml", statusFile(statusDocument("shop", { phase: "Degraded" })));
    await until("the changed row", () => watch.printed().out.includes("\nshop   True    Degraded"));
    const { out } = watch.printed();
    watch.process.stdout.destroy();
    await folder.write("shop.status.yaml", statusFile(statusDocument("shop", { phase: "Error" })));

    const { code, err } = await watch.finished;

    expect(out.match(/NAME/g)).to.have.length(1);
    expect({ code, err }).to.deep.equal({ code: 0, err: "" });
  });

  it("says what is deleted with -w, and ends by its signal, as every program", async () => {
    const watch = startConops(["get", "-w"], { env: { CONOPS_MANIFESTS: folder.dir } });
    await until("the first table", () => watch.printed().out.includes("shop"));
    await folder.remove("shop.yaml");
    await folder.remove("shop.status.yaml");
    await until("the deletion", () => watch.printed().err.includes("shop is deleted.\n"));

    watch.process.kill("SIGINT");

    const [code, signal] = (await once(watch.process, "exit")) as [number | null, NodeJS.Signals | null];
    expect({ code, signal }).to.deep.equal({ code: null, signal: "SIGINT" });
  });
});
