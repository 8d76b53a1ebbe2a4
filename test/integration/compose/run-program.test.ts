import { expect } from "chai";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isAlive, type ProcessIdentity, waitForEnd } from "../../../controller/lib/process-identity.ts";

describe("a program whose controller is killed", () => {
  it("dies with it, with all of its group, when it changes nothing that must be finished", async () => {
    const folder = mkdtempSync(join(tmpdir(), "conops-death-"));
    const fixture = fileURLToPath(new URL("fixtures/run-program.ts", import.meta.url));
    const controller = spawn(process.execPath, ["--import", "tsx", fixture, folder], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(controller.stdout, "data");
    const identity = JSON.parse(readFileSync(join(folder, "identity.json"), "utf8")) as ProcessIdentity;
    expect(isAlive(identity)).to.equal(true);

    controller.kill("SIGKILL");

    expect(await waitForEnd(identity, 10_000, new AbortController().signal)).to.equal(true);
    rmSync(folder, { recursive: true, force: true });
  });
});
