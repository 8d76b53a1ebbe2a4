import { expect } from "chai";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { ReconcileError } from "../../../controller/api/errors.ts";
import { createExecutableFinder, type Executable } from "../../../controller/compose/executable.ts";
import { systemClock } from "../../../controller/lib/clock.ts";

const never = new AbortController().signal;

describe("createExecutableFinder()", () => {
  let root: string;
  beforeEach(() => (root = mkdtempSync(join(tmpdir(), "conops-plugin-"))));
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const program = (path: string, version: string): string => {
    const file = join(root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `#!/bin/sh\necho "$0 $*" >> ${join(root, "calls")}\necho ${version}\n`);
    chmodSync(file, 0o755);
    return file;
  };
  const finder = (own: Record<string, string> = {}): ((signal: AbortSignal) => Promise<Executable>) =>
    createExecutableFinder({
      clock: systemClock,
      own: { HOME: join(root, "home"), ...own },
      environment: { PATH: join(root, "bin") },
      cwd: () => Promise.resolve(root),
      systemDirs: [join(root, "system-a"), join(root, "system-b")],
    });
  const fault = async (): Promise<string> => {
    const error: unknown = await finder()(never).catch((thrown: unknown) => thrown);
    if (!(error instanceof ReconcileError)) throw error;
    expect([error.reason, error.terminal]).to.deep.equal(["RenderFailed", false]);
    return error.message;
  };

  it("takes the user's plugin before the system's, as Docker does, and its version", async () => {
    program("system-b/docker-compose", "v2.30.0");
    program("system-a/docker-compose", "v2.31.0");
    const users = program("home/.docker/cli-plugins/docker-compose", "2.40.3-3");

    expect(await finder()(never)).to.deep.equal({ command: users, prefix: [], version: "2.40.3-3" });
  });

  it("looks where DOCKER_CONFIG says", async () => {
    const command = program("cfg/cli-plugins/docker-compose", "2.40.3");

    expect((await finder({ DOCKER_CONFIG: join(root, "cfg") })(never)).command).to.equal(command);
  });

  it("falls back to `docker compose`", async () => {
    const command = program("bin/docker", "v2.29.1");

    expect(await finder()(never)).to.deep.equal({ command, prefix: ["compose"], version: "2.29.1" });
  });

  it("reads the version once, and again when the file is another one", async () => {
    program("system-a/docker-compose", "2.30.0");
    const find = finder();
    await find(never);
    await find(never);
    expect(readFileSync(join(root, "calls"), "utf8").trim().split("\n").length).to.equal(1);

    program("system-a/docker-compose", "2.31.10");

    expect((await find(never)).version).to.equal("2.31.10");
  });

  it("says what to install when there is none, or it is too old", async () => {
    const install =
      'install Docker Compose 2.20 or newer: the package "docker-compose-plugin" of Docker, or "docker-compose" 2 of the distribution';
    expect(await fault()).to.equal(`Cannot run Docker Compose: it is not installed; ${install}`);

    const old = program("system-a/docker-compose", "2.19.1");
    expect(await fault()).to.equal(`Cannot run Docker Compose: "${old}" is version 2.19.1; ${install}`);

    program("system-a/docker-compose", "nonsense");
    expect(await fault()).to.equal(
      `Cannot run Docker Compose: "${old}" does not tell its version; ${install}`,
    );
  });
});
