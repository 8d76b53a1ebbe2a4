import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect } from "chai";
import { ROOT, runScript, temporaryFolder } from "./run-script.ts";

const SCRIPT = path.join(ROOT, "scripts", "ensure-engine.sh");
/** Somebody who is not root; undefined where the tests are not root themselves. */
const NOBODY = process.getuid?.() === 0 ? 65_534 : undefined;

describe("scripts/ensure-engine.sh", () => {
  let folder: string;
  let remove: () => void;

  beforeEach(() => {
    ({ folder, remove } = temporaryFolder());
    chmodSync(folder, 0o755);
    mkdirSync(path.join(folder, "bin"));
    mkdirSync(path.join(folder, "home"), { mode: 0o777 });
    chmodSync(path.join(folder, "home"), 0o777);
    // Whoever installs or starts something leaves a line here.
    writeFileSync(path.join(folder, "deeds"), "", { mode: 0o666 });
    chmodSync(path.join(folder, "deeds"), 0o666);
  });

  afterEach(() => remove());

  function command(name: string, body: string): void {
    writeFileSync(path.join(folder, "bin", name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  }

  function recordDeeds(): void {
    for (const name of ["apt-get", "dockerd", "systemctl", "mount"]) {
      command(name, `echo "${name} $*" >>"${folder}/deeds"; exit 1`);
    }
  }

  function ensureEngine(uid?: number) {
    return runScript("bash", [SCRIPT], {
      env: {
        PATH: `${folder}/bin:${process.env["PATH"]}`,
        HOME: `${folder}/home`,
        DOCKER_HOST: "",
        XDG_CACHE_HOME: "",
      },
      ...(uid !== undefined && { uid }),
    });
  }

  function deeds(): string {
    return readFileSync(path.join(folder, "deeds"), "utf8");
  }

  it("does and says nothing where an engine answers", async () => {
    recordDeeds();

    const { code, stdout, stderr } = await ensureEngine();

    expect({ code, stdout, stderr, deeds: deeds() }).to.deep.equal({
      code: 0,
      stdout: "",
      stderr: "",
      deeds: "",
    });
    expect(existsSync(path.join(folder, "home", ".cache"))).to.equal(false);
  });

  it("without root says what to do about an engine that is down, and does nothing", async () => {
    recordDeeds();
    command("docker", 'case "$1" in version) exit 1 ;; compose) echo 2.40.3 ;; esac');

    const { code, stderr } = await ensureEngine(NOBODY);

    expect({ code, deeds: deeds() }).to.deep.equal({ code: 1, deeds: "" });
    expect(stderr).to.match(/group docker|start it/);
  });

  it("without root names the parts that are missing, and does nothing", async () => {
    recordDeeds();
    command("docker", 'case "$1" in version) echo 28.0.0 ;; compose) echo 1.29.2 ;; buildx) exit 1 ;; esac');

    const { code, stderr } = await ensureEngine(NOBODY);

    expect({ code, deeds: deeds() }).to.deep.equal({ code: 1, deeds: "" });
    expect(stderr).to.include("missing: compose buildx");
    expect(stderr).to.include("as root");
  });
});

describe("scripts/apt.sh", () => {
  let folder: string;
  let remove: () => void;

  beforeEach(() => {
    ({ folder, remove } = temporaryFolder());
    mkdirSync(path.join(folder, "bin"));
  });

  afterEach(() => remove());

  /** `apt_add libfoo-dev` on a machine where apt would do what `plan` says. */
  async function add(plan: string) {
    const deeds = path.join(folder, "deeds");
    writeFileSync(
      path.join(folder, "bin", "apt-get"),
      `#!/bin/sh\ncase " $* " in *" -s "*) printf '%s\\n' '${plan}' ;; *) echo "$*" >>"${deeds}" ;; esac\n`,
      { mode: 0o755 },
    );
    const { code, stderr } = await runScript(
      "bash",
      ["-c", '. "$0/scripts/apt.sh"; apt_add libfoo-dev', ROOT],
      {
        env: { PATH: `${folder}/bin:${process.env["PATH"]}`, XDG_CACHE_HOME: folder },
      },
    );
    return { code, stderr, installed: existsSync(deeds) ? readFileSync(deeds, "utf8") : "" };
  }

  it("adds packages when nothing else changes", async () => {
    const { code, installed } = await add("Inst libfoo-dev (1.2 Debian:12/stable [amd64])");

    expect(code).to.equal(0);
    expect(installed).to.match(/ install -y .*--no-upgrade --no-remove libfoo-dev$/m);
  });

  for (const { what, plan } of [
    { what: "upgrades a package", plan: "Inst libfoo1 [1.1] (1.2 Debian:12/stable [amd64])" },
    { what: "downgrades a package", plan: "Inst libfoo1 [1.3] (1.2 Debian:12/stable [amd64])" },
    { what: "removes a package", plan: "Remv libfoo1 [1.1]" },
  ]) {
    it(`refuses a plan that ${what}, and names it`, async () => {
      const { code, stderr, installed } = await add(plan);

      expect({ code, installed }).to.deep.equal({ code: 1, installed: "" });
      expect(stderr).to.include("libfoo1");
    });
  }
});
