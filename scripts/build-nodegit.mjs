// Makes nodegit ready for the Node that runs this script, in the cheapest way that works:
// already built and loads: nothing; in the cache of an earlier build on this machine: a copy; else compiled, and cached.
// However it came, it is proved in a process of its own before it counts.
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { availableParallelism, homedir, tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const nodegit = path.join(root, "node_modules", "nodegit");
const binary = path.join(nodegit, "build", "Release", "nodegit.node");
const cacheHome = process.env.XDG_CACHE_HOME || path.join(homedir(), ".cache");
const cache = path.join(cacheHome, "conops", "nodegit");

await main();

async function main() {
  if (!existsSync(nodegit)) fail("is not installed: run `make build`");
  const cached = path.join(cache, `${cacheKey()}.node`);
  if (loadFault() === "") return existsSync(cached) || keep(cached);

  if (existsSync(cached)) {
    place(cached, binary);
    if (loadFault() === "") return say("taken from the cache of an earlier build");
    say("the cached build does not load here, so it is compiled anew");
  }

  const started = Date.now();
  await compile();
  const fault = loadFault();
  if (fault !== "") fail(`was compiled, but cannot be loaded by Node ${process.version}: ${fault}`);
  keep(cached);
  say(`compiled in ${Math.round((Date.now() - started) / 1000)} s`);
}

/** Loads nodegit in another process, since a wrong binary can end the one that loads it. Empty when it works. */
function loadFault() {
  if (!existsSync(binary)) return "it is not built";
  // Bits 2 and 4: HTTPS and SSH. A build without the headers of OpenSSL succeeds, and lacks them.
  const probe = `
    const { Libgit2 } = require(${JSON.stringify(nodegit)});
    if ((Libgit2.features() & 6) !== 6) throw new Error("it was built without HTTPS or SSH");`;
  const child = spawnSync(process.execPath, ["-e", probe], { encoding: "utf8", timeout: 60_000 });
  if (child.status === 0) return "";
  const reason = /^(?:\w*Error: )(.+)$/m.exec(child.stderr)?.[1];
  return (
    reason ??
    (child.signal ? `ended by ${child.signal}` : child.stderr.trim().split("\n").at(-1) || "no reason given")
  );
}

/** What a build depends on: nodegit's version, Node's ABI, the processor, and the C library. */
function cacheKey() {
  const { version } = JSON.parse(readFileSync(path.join(nodegit, "package.json"), "utf8"));
  const glibc = process.report?.getReport().header.glibcVersionRuntime;
  const libc = process.platform === "linux" ? (glibc ? `glibc${glibc}` : "musl") : "libc";
  return [version, `abi${process.versions.modules}`, process.platform, process.arch, libc].join("-");
}

/** Whole or not at all, also when several checkouts do it at once. */
function place(from, to) {
  mkdirSync(path.dirname(to), { recursive: true });
  const temporary = `${to}.${process.pid}`;
  copyFileSync(from, temporary);
  renameSync(temporary, to);
}

function keep(cached) {
  try {
    place(binary, cached);
  } catch (error) {
    say(`not kept in the cache: ${error.message}`);
  }
}

async function compile() {
  say("compiling it, once for this machine: some 5 minutes on two cores");
  const environment = {
    ...process.env,
    ...buildNeeds(),
    BUILD_ONLY: "1",
    JOBS: process.env.JOBS || String(availableParallelism()),
  };
  const headers = nodeHeaders();
  if (headers !== "") environment.npm_config_nodedir = headers;
  if (has("ccache")) {
    environment.CC ||= "ccache cc";
    environment.CXX ||= "ccache c++";
  }
  // An unfinished build of another Node would be taken up again, with its headers.
  rmSync(path.join(nodegit, "build"), { recursive: true, force: true });
  const child = spawn(process.execPath, ["lifecycleScripts/install.js"], {
    cwd: nodegit,
    env: environment,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = [];
  let compiled = 0;
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => {
      output.push(line);
      if (/^\s*(CC|CXX)\(target\)/.test(line) && ++compiled % 60 === 0) say(`${compiled} of about 440 files`);
    });
  }
  const code = await new Promise((resolve) => child.once("close", resolve));
  if (code === 0 && existsSync(binary)) return;
  const errors = output.filter((line) => /\b(error|ERR!?|fatal)\b/i.test(line)).slice(0, 10);
  fail(`cannot be compiled:\n${[...errors, "...", ...output.slice(-15)].join("\n")}`);
}

/** Compiler, make, python3 and the headers of libraries: installed or fetched where they are missing. */
function buildNeeds() {
  if (process.platform === "win32") return {};
  const child = spawnSync(
    path.join(root, "scripts", "nodegit-build-needs.sh"),
    [path.join(cache, `headers-${process.arch}`)],
    {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  if (child.status !== 0) process.exit(1);
  const lines = child.stdout.split("\n").filter((line) => line.includes("="));
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );
}

/** The folder that holds include/node of exactly this Node. Empty: node-gyp has to fetch them by itself. */
function nodeHeaders() {
  const holds = (folder) => {
    try {
      const text = readFileSync(path.join(folder, "include", "node", "node_version.h"), "utf8");
      const part = (name) => new RegExp(`#define NODE_${name}_VERSION (\\d+)`).exec(text)?.[1];
      return `${part("MAJOR")}.${part("MINOR")}.${part("PATCH")}` === process.versions.node;
    } catch {
      return false;
    }
  };
  const own = path.resolve(process.execPath, "..", "..");
  if (holds(own)) return own;
  const kept = path.join(cache, `node-${process.versions.node}-${process.arch}`);
  if (holds(kept)) return kept;
  const name = `node-${process.platform}-${process.arch}@${process.versions.node}`;
  const temporary = mkdtempSync(path.join(tmpdir(), "conops-node-headers-"));
  try {
    say(`fetching the headers of Node ${process.versions.node} (npm package ${name})`);
    execFileSync("npm", ["pack", name, "--silent"], { cwd: temporary, stdio: ["ignore", "pipe", "pipe"] });
    execFileSync("sh", ["-c", "tar xzf *.tgz package/include"], { cwd: temporary });
    mkdirSync(cache, { recursive: true });
    rmSync(kept, { recursive: true, force: true });
    execFileSync("cp", ["-R", path.join(temporary, "package"), kept]);
    if (holds(kept)) return kept;
  } catch {
    // The next line says what happens instead.
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
  say(
    `no headers of Node ${process.versions.node} in ${own} nor on the registry: node-gyp tries to fetch them from Node's own site`,
  );
  return "";
}

function has(program) {
  return spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;
}

function say(message) {
  process.stderr.write(`nodegit: ${message}\n`);
}

function fail(message) {
  say(message);
  process.exit(1);
}
