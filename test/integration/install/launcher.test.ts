import { copyFileSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect } from "chai";
import { ROOT, runScript, temporaryFolder } from "./run-script.ts";

describe("scripts/conops", () => {
  let folder: string;
  let remove: () => void;
  let launcher: string;

  beforeEach(() => {
    ({ folder, remove } = temporaryFolder());
    launcher = path.join(folder, "scripts", "conops");
    for (const name of ["scripts", "node_modules", "dist/controller", "bin", "far"]) {
      mkdirSync(path.join(folder, name), { recursive: true });
    }
    copyFileSync(path.join(ROOT, "scripts", "conops"), launcher);
    writeFileSync(path.join(folder, "package.json"), '{"type":"module"}');
  });

  afterEach(() => remove());

  function program(source: string): void {
    writeFileSync(path.join(folder, "dist", "controller", "main.js"), source);
  }

  it("becomes the program: the pid and the exit code are its own", async () => {
    program("console.log(process.pid); process.exitCode = 7;");

    const { pid, code, stdout } = await runScript(launcher, []);

    expect({ pid: stdout.trim(), code }).to.deep.equal({ pid: String(pid), code: 7 });
  });

  it("starts the program without core dumps, and lets it forbid them for good", async () => {
    program(
      'import { readFileSync } from "node:fs"; console.log(readFileSync("/proc/self/limits", "utf8").match(/core file size +(\\S+)/)[1]);',
    );

    const { stdout } = await runScript(launcher, []);

    expect(stdout.trim()).to.equal("0");
  });

  it("hands every argument on as it stands", async () => {
    program("console.log(JSON.stringify(process.argv.slice(2)));");

    const { stdout } = await runScript(launcher, ["get", "a b", "", "*", "--x=$HOME"]);

    expect(JSON.parse(stdout)).to.deep.equal(["get", "a b", "", "*", "--x=$HOME"]);
  });

  it("lets signals reach the program", async () => {
    program('process.on("SIGTERM", () => process.exit(3)); setInterval(() => {}, 1000); console.log("up");');

    const { code } = await runScript(launcher, [], { onOutput: (_, kill) => kill("SIGTERM") });

    expect(code).to.equal(3);
  });

  it("ends by the signal that ended the program", async () => {
    program('setInterval(() => {}, 1000); console.log("up");');

    const { signal } = await runScript(launcher, [], { onOutput: (_, kill) => kill("SIGKILL") });

    expect(signal).to.equal("SIGKILL");
  });

  it("works through a chain of symbolic links, from any folder, and leaves the working directory alone", async () => {
    program("console.log(process.cwd());");
    symlinkSync("../scripts/conops", path.join(folder, "bin", "relative"));
    symlinkSync(path.join(folder, "bin", "relative"), path.join(folder, "far", "conops"));

    const { code, stdout } = await runScript("../far/conops", [], { cwd: path.join(folder, "bin") });

    expect({ code, cwd: stdout.trim() }).to.deep.equal({ code: 0, cwd: path.join(folder, "bin") });
  });

  for (const { missing } of [{ missing: "dist" }, { missing: "node_modules" }]) {
    it(`without ${missing} exits 1 and names make build`, async () => {
      program("");
      rmSync(path.join(folder, missing), { recursive: true });

      const { code, stderr } = await runScript(launcher, ["get"]);

      expect(code).to.equal(1);
      expect(stderr).to.include("make build");
    });
  }
});
