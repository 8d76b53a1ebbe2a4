// `make run`: the controller on `manifests/`, with the example's repository beside it, and a word on what to try.
// Ctrl-C (or SIGTERM) ends the controller, then the Git server; the exit code is the controller's.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import http from "node:http";
import { constants } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { createExampleRepository, serveExampleRepository } from "./example-repository.mjs";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const folder = path.join(root, ".conops", "example");
const manifest = path.join(root, "manifests", "hello.yaml");
const statusFile = path.join(root, "manifests", "hello.status.yaml");
const PAGE_LIMIT_MS = 120_000;

const hasExample = existsSync(manifest);
let daemon;
if (hasExample) {
  mkdirSync(folder, { recursive: true });
  createExampleRepository({ folder, template: path.join(root, "scripts", "example") });
  try {
    daemon = await serveExampleRepository({ folder });
  } catch (error) {
    process.stderr.write(`make run: cannot serve the example's repository: ${error.message}\n`);
    process.exit(1);
  }
  say(
    "",
    "Starting ConOps on manifests/. In it is one Application, hello.yaml: ConOps follows the Git",
    "repository that it names, and brings that repository's Compose project up on this machine.",
    "",
  );
} else {
  say("", "Starting ConOps on manifests/ (`git checkout manifests/hello.yaml` brings the example back).", "");
}

// The folders are the defaults, so that `scripts/conops run` and every other command find the same ones.
const parameters = ["run", "--manifests", "manifests", "--data-dir", ".conops", "--log-format", "pretty"];
// In a session of its own: Ctrl-C reaches this process alone, which passes it on once.
const controller = spawn(path.join(root, "scripts", "conops"), [...parameters, ...process.argv.slice(2)], {
  cwd: root,
  stdio: ["ignore", "inherit", "inherit"],
  detached: true,
});
const controllerEnded = new Promise((resolve) =>
  controller.once("exit", (code, signal) => resolve({ code, signal })),
);
const stopping = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => {
    if (stopping.signal.aborted) {
      controller.kill("SIGKILL");
      return;
    }
    stopping.abort();
    controller.kill("SIGTERM");
  });
}

if (hasExample) void explainOncePageAnswers();
const { code, signal } = await controllerEnded;
daemon?.kill("SIGTERM");
if (stopping.signal.aborted && code === 0) {
  say(
    "",
    "ConOps has stopped. What it deployed keeps running; `make run` takes it up again, `make clean-example` removes it.",
  );
}
if (signal !== null && !stopping.signal.aborted) {
  say(
    "",
    `ConOps was ended by ${signal}. What it deployed keeps running; \`make run\` takes it up where it was.`,
  );
}
process.exit(code ?? 128 + constants.signals[signal]);

async function explainOncePageAnswers() {
  const started = Date.now();
  while (!stopping.signal.aborted && Date.now() - started < PAGE_LIMIT_MS) {
    const url = pageUrl();
    // A page and a status that an earlier run left say nothing of this one.
    if ((await isReady()) && (await answers(url)) && isSynced()) {
      explain(url, Math.round((Date.now() - started) / 1000));
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 250).unref());
  }
  if (stopping.signal.aborted) return;
  say(
    "",
    "The example does not run yet. What ConOps sees, and why:",
    "  cat manifests/hello.status.yaml",
    "  scripts/conops describe hello",
    "",
  );
}

/** Whether the controller leads, and has looked around; unknown, hence taken for true, without its HTTP port. */
function isReady() {
  const given = process.argv.findIndex((parameter) => parameter === "--http");
  const address =
    (given === -1 ? undefined : process.argv[given + 1]) || process.env.CONOPS_HTTP || "127.0.0.1:9464";
  return address === "off" ? true : answers(`http://${address}/readyz`);
}

/** The manifest may have been edited since: its PORT decides. */
function pageUrl() {
  let port = "8088";
  try {
    port = /name:\s*PORT\s*,\s*value:\s*["']?(\d+)/.exec(readFileSync(manifest, "utf8"))?.[1] ?? port;
  } catch {
    // Deleted meanwhile: then nothing answers.
  }
  return `http://127.0.0.1:${port}/`;
}

/** Whether ConOps says so too: another program might answer on that port. */
function isSynced() {
  try {
    return /^ {2}phase: Synced$/m.test(readFileSync(statusFile, "utf8"));
  } catch {
    return false;
  }
}

function answers(url) {
  return new Promise((resolve) => {
    const request = http.get(url, { timeout: 1000, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.once("timeout", () => request.destroy());
    request.once("error", () => resolve(false));
  });
}

function explain(url, seconds) {
  const port = Number(new URL(url).port);
  const next = port === 8088 ? 8089 : 8088;
  say(
    "",
    `  The example runs: ${url}${seconds > 1 ? `  (after ${seconds} s)` : ""}`,
    "",
    "    manifests/hello.yaml          what you want",
    "    manifests/hello.status.yaml   what ConOps sees, and what it did about it",
    "    .conops/example/hello         your clone of the repository that it follows",
    "",
    "  Try in another terminal, in this folder, and reload the page:",
    "",
    "    push a commit        echo '<h1>Hello again</h1>' > .conops/example/hello/site/index.html",
    "                         git -C .conops/example/hello commit -am 'Say hello again'",
    "                         git -C .conops/example/hello push       (it is deployed within 5 s)",
    "    kill the container   docker kill hello-web-1       (it comes back in a second or two)",
    `    edit the manifest    sed -i 's/${port}/${next}/' manifests/hello.yaml       (the page moves to port ${next})`,
    "    delete it            rm manifests/hello.yaml       (the project goes; `git checkout manifests` brings it back)",
    "    look                 scripts/conops get applications; scripts/conops describe hello",
    "",
    "  Ctrl-C stops ConOps, and leaves the example running.",
    "",
  );
}

function say(...lines) {
  process.stdout.write(`${lines.join("\n")}\n`);
}
