import { existsSync, mkdirSync, symlinkSync, writeFileSync, chmodSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect } from "chai";
import { ROOT, runScript, temporaryFolder } from "./run-script.ts";

const SCRIPT = path.join(ROOT, "scripts", "ensure-test-servers.sh");
/** Somebody who is not root; undefined where the tests are not root themselves. */
const NOBODY = process.getuid?.() === 0 ? 65_534 : undefined;
/** What the script itself runs. */
const TOOLS = ["bash", "dirname", "id", "cat"];

describe("scripts/ensure-test-servers.sh", () => {
  let folder: string;
  let remove: () => void;

  beforeEach(() => {
    ({ folder, remove } = temporaryFolder());
    chmodSync(folder, 0o755);
    mkdirSync(path.join(folder, "bin"));
    writeFileSync(path.join(folder, "deeds"), "", { mode: 0o666 });
    chmodSync(path.join(folder, "deeds"), 0o666);
    for (const name of ["apt-get", "dpkg-deb", "systemctl"]) {
      const body = `#!/bin/sh\necho "${name} $*" >>"${folder}/deeds"; exit 1\n`;
      writeFileSync(path.join(folder, "bin", name), body, { mode: 0o755 });
    }
  });

  afterEach(() => remove());

  function ensure(searched: string, uid?: number) {
    const env = { PATH: searched, HOME: folder, XDG_CACHE_HOME: "" };
    return runScript("bash", [SCRIPT], { env, ...(uid !== undefined && { uid }) });
  }

  const deeds = (): string => readFileSync(path.join(folder, "deeds"), "utf8");

  it("does and says nothing where everything is there", async () => {
    const result = await ensure(`${folder}/bin:${process.env["PATH"]}`);

    expect({ ...result, deeds: deeds() }).to.deep.include({ code: 0, stdout: "", stderr: "", deeds: "" });
    expect(existsSync(path.join(folder, ".cache"))).to.equal(false);
  });

  it("without root names what is missing, and does nothing", async () => {
    for (const tool of [...TOOLS, "git"]) {
      const found = (process.env["PATH"] ?? "")
        .split(":")
        .map((dir) => path.join(dir, tool))
        .find((file) => existsSync(file));
      symlinkSync(found ?? expect.fail(`no ${tool}`), path.join(folder, "bin", tool));
    }

    const { code, stderr } = await ensure(`${folder}/bin`, NOBODY);

    expect({ code, deeds: deeds() }).to.deep.equal({ code: 1, deeds: "" });
    expect(stderr).to.match(/openssh-client openssl docker-registry perl-base missing/);
    expect(stderr).to.include("as root");
  });
});
