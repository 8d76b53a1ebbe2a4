import { expect } from "chai";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const source = new URL("../../../controller/lib/failpoint.ts", import.meta.url).href;

/** A process of its own that passes two failpoints; what it said and what ended it. */
function passFailpoints(armed: string): { readonly signal: string | null; readonly said: string } {
  const script = `
    import { failpoint } from ${JSON.stringify(source)};
    console.log("begun");
    failpoint("staged", "shop");
    console.log("staged");
    failpoint("pulled", "shop");
    console.log("pulled");
  `;
  const { signal, stdout } = spawnSync(
    process.execPath,
    ["--import", "tsx", "--input-type=module", "--eval", script],
    {
      cwd: fileURLToPath(new URL("../../..", import.meta.url)),
      env: { PATH: process.env["PATH"], CONOPS_FAILPOINT: armed },
      encoding: "utf8",
      timeout: 20_000,
    },
  );
  return { signal, said: stdout.trim().split("\n").join(" ") };
}

describe("failpoint()", function () {
  this.timeout(30_000);

  for (const { armed, signal, said } of [
    { armed: "pulled", signal: "SIGKILL", said: "begun staged" },
    { armed: "staged:shop", signal: "SIGKILL", said: "begun" },
    { armed: "staged:blog", signal: null, said: "begun staged pulled" },
  ]) {
    it(`armed as ${armed}: ${signal === null ? "passes" : "ends the process there"}`, () => {
      expect(passFailpoints(armed)).to.deep.equal({ signal, said });
    });
  }
});
