import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { expect } from "chai";

const PROGRAM = fileURLToPath(new URL("hardened-process.ts", import.meta.url));
const TSX = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
const SECRET = "hunter2-hunter2-hunter2";

interface Shown {
  readonly taken: string;
  readonly again: string;
  readonly empty: string;
  readonly environ: string;
  readonly limits: string;
  readonly childLimits: string;
  readonly childEnviron: string;
}

describe("a process that knows secrets", function () {
  this.timeout(20_000);
  let folder: string;
  before(async () => (folder = await mkdtemp(join(tmpdir(), "conops-hardened-"))));
  after(() => rm(folder, { recursive: true, force: true }));

  /** Runs it where a core dump of any size would be written into `folder`. */
  function run(...args: readonly string[]): Promise<{ readonly shown: Shown; readonly signal: unknown }> {
    const command = `ulimit -S -c "$(ulimit -H -c)"; exec "$@"`;
    const env = {
      PATH: process.env["PATH"],
      FIRST: "first",
      SECRET_VARIABLE: SECRET,
      EMPTY_VARIABLE: "",
      LAST: "last",
    };
    return new Promise((resolve) => {
      execFile(
        "sh",
        ["-c", command, "sh", process.execPath, "--import", TSX, PROGRAM, ...args],
        { cwd: folder, env },
        (error, out) => resolve({ shown: JSON.parse(out) as Shown, signal: error?.signal }),
      );
    });
  }

  it("takes a variable out of its own environment, and out of what the system shows of it", async () => {
    const { shown } = await run();

    expect(shown.taken).to.equal(SECRET);
    expect(shown.again).to.equal("gone");
    expect(shown.empty).to.equal("none");
    expect(shown.environ).to.not.contain("hunter2");
    expect(shown.childEnviron).to.not.contain("SECRET_VARIABLE");
    // And nothing of what stands beside it.
    expect(shown.environ).to.contain("FIRST=first").and.contain("LAST=last");
    expect(shown.childEnviron).to.contain("FIRST=first").and.contain("LAST=last");
  });

  it("writes no memory to a disk, and neither do its children", async () => {
    const { shown, signal } = await run("crash");

    expect(signal).to.equal("SIGABRT");
    expect(await readdir(folder)).to.deep.equal([]);
    for (const limits of [shown.limits, shown.childLimits]) {
      expect(limits).to.match(/^Max core file size +[01] +[01] +bytes/m);
    }
  });
});
