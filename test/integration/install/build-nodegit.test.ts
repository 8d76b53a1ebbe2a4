import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { expect } from "chai";
import { ROOT, runScript, temporaryFolder } from "./run-script.ts";

const BUILT = path.join(ROOT, "node_modules", "nodegit", "build", "Release", "nodegit.node");

describe("scripts/build-nodegit.mjs", () => {
  let folder: string;
  let remove: () => void;
  let binary: string;

  /** A checkout with nodegit installed but not built, whose compilation is `compilation`. */
  beforeEach(() => {
    ({ folder, remove } = temporaryFolder());
    const packages = path.join(folder, "node_modules");
    const nodegit = path.join(packages, "nodegit");
    mkdirSync(path.join(nodegit, "lifecycleScripts"), { recursive: true });
    for (const name of readdirSync(path.join(ROOT, "node_modules"))) {
      if (name !== "nodegit") symlinkSync(path.join(ROOT, "node_modules", name), path.join(packages, name));
    }
    for (const name of ["package.json", "lib", "node_modules"]) {
      const from = path.join(ROOT, "node_modules", "nodegit", name);
      if (existsSync(from)) cpSync(from, path.join(nodegit, name), { recursive: true });
    }
    mkdirSync(path.join(folder, "scripts"));
    for (const name of ["build-nodegit.mjs", "nodegit-build-needs.sh", "apt.sh"]) {
      cpSync(path.join(ROOT, "scripts", name), path.join(folder, "scripts", name));
    }
    binary = path.join(nodegit, "build", "Release", "nodegit.node");
    compilation('throw new Error("nothing was to be compiled");');
  });

  afterEach(() => remove());

  function compilation(source: string): void {
    writeFileSync(path.join(folder, "node_modules", "nodegit", "lifecycleScripts", "install.js"), source);
  }

  function placeBinary(): string {
    return `
      const fs = require("node:fs");
      fs.mkdirSync("build/Release", { recursive: true });
      fs.copyFileSync(${JSON.stringify(BUILT)}, "build/Release/nodegit.node");
      fs.writeFileSync("environment.json", JSON.stringify(process.env));`;
  }

  function build(env: NodeJS.ProcessEnv = {}) {
    return runScript(process.execPath, [path.join(folder, "scripts", "build-nodegit.mjs")], {
      cwd: folder,
      env: { XDG_CACHE_HOME: path.join(folder, "cache"), ...env },
    });
  }

  function cached(): string {
    const cache = path.join(folder, "cache", "conops", "nodegit");
    const names = readdirSync(cache).filter((name) => name.endsWith(".node"));
    expect(names).to.have.length(1);
    return path.join(cache, String(names[0]));
  }

  it("compiles once, and a second checkout takes the result from the cache", async () => {
    compilation(placeBinary());
    const first = await build();
    compilation('throw new Error("nothing was to be compiled");');
    rmSync(binary);

    const second = await build();

    expect([first.code, second.code]).to.deep.equal([0, 0]);
    expect(second.stderr).to.include("taken from the cache");
    expect(readFileSync(binary).equals(readFileSync(BUILT))).to.equal(true);
  });

  it("does and says nothing when nodegit loads already", async () => {
    cpSync(BUILT, binary);

    const { code, stdout, stderr } = await build();

    expect({ code, stdout, stderr }).to.deep.equal({ code: 0, stdout: "", stderr: "" });
  });

  it("compiles from the headers of exactly this Node, without any configuration of npm", async () => {
    compilation(placeBinary());

    const { code } = await build({ npm_config_nodedir: "/nonexistent", npm_config_userconfig: "/dev/null" });

    expect(code).to.equal(0);
    const environment = JSON.parse(
      readFileSync(path.join(folder, "node_modules", "nodegit", "environment.json"), "utf8"),
    ) as Record<string, string>;
    expect(environment["BUILD_ONLY"]).to.equal("1");
    const version = path.join(String(environment["npm_config_nodedir"]), "include", "node", "node_version.h");
    const [major] = process.versions.node.split(".");
    expect(readFileSync(version, "utf8")).to.match(new RegExp(`NODE_MAJOR_VERSION ${major}\\b`));
  });

  it("compiles anew when the cached build does not load, and mends the cache", async () => {
    compilation(placeBinary());
    await build();
    writeFileSync(cached(), "not a library");
    writeFileSync(binary, "not a library");

    const { code, stderr } = await build();

    expect(code).to.equal(0);
    expect(stderr).to.include("compiled anew");
    expect(readFileSync(cached()).equals(readFileSync(BUILT))).to.equal(true);
  });

  it("fails and says why when what was compiled cannot be loaded, and keeps it out of the cache", async () => {
    compilation(`
      const fs = require("node:fs");
      fs.mkdirSync("build/Release", { recursive: true });
      fs.writeFileSync("build/Release/nodegit.node", "not a library");`);

    const { code, stderr } = await build();

    expect(code).to.equal(1);
    expect(stderr).to.match(
      /was compiled, but cannot be loaded by Node .*: .*(invalid ELF|too short|not a)/i,
    );
    // Headers may be there: a machine without them gets them from its package archive.
    const cache = path.join(folder, "cache", "conops", "nodegit");
    const kept = existsSync(cache) ? readdirSync(cache).filter((name) => name.endsWith(".node")) : [];
    expect(kept).to.deep.equal([]);
  });

  it("fails with the compiler's words when the compilation fails", async () => {
    compilation('console.error("foo.c:1: fatal error: bar.h: No such file"); process.exit(1);');

    const { code, stderr } = await build();

    expect(code).to.equal(1);
    expect(stderr).to.include("foo.c:1: fatal error: bar.h: No such file");
  });
});
