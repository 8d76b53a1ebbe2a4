// Runs suites one after the other and closes with the sum: run-tests.mjs [--tests FOLDER] SUITE... [-- MOCHA ARGUMENT...]
// A suite is a folder below `test/`. The exit code is 0 only if something ran and nothing failed. A suite without tests, and
// one that breaks off, counts as a failure: a test that did not run has not passed.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

/** Files that run at a time. Tests on real parts mostly wait, each file in a world of its own. */
const JOBS = { unit: 2, integration: 2, e2e: 2, leak: 2, truth: 2 };
/** How long one test may take, unless it says otherwise. */
const TIMEOUTS_MS = { unit: 5_000, integration: 60_000, e2e: 180_000, leak: 180_000, truth: 300_000 };

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const end = process.argv.indexOf("--");
const mochaArguments = end === -1 ? [] : process.argv.slice(end + 1);
const { values, positionals: suites } = parseArgs({
  args: process.argv.slice(2, end === -1 ? undefined : end),
  options: { tests: { type: "string", default: path.join(root, "test") } },
  allowPositionals: true,
});

const counts = mkdtempSync(path.join(tmpdir(), "conops-tests-"));
process.once("exit", () => rmSync(counts, { recursive: true, force: true }));
let passed = 0;
let failed = 0;
for (const suite of suites) {
  const result = await runSuite(suite);
  passed += result.passed;
  failed += result.failed;
}
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;

async function runSuite(suite) {
  const files = testFiles(path.join(values.tests, suite));
  if (files.length === 0) {
    process.stderr.write(`the suite ${suite} has no tests\n`);
    return { passed: 0, failed: 1 };
  }
  process.stdout.write(`\n== ${suite}\n`);
  const jobs = files.length > 1 ? (JOBS[suite.split("/")[0]] ?? 1) : 1;
  const countsFile = path.join(counts, `${suite.replaceAll("/", "-")}.json`);
  const child = spawn(
    process.execPath,
    [
      path.join(root, "node_modules", "mocha", "bin", "mocha.js"),
      "--no-config",
      "--node-option=import=tsx",
      `--timeout=${TIMEOUTS_MS[suite.split("/")[0]] ?? TIMEOUTS_MS.e2e}`,
      "--forbid-only",
      "--forbid-pending",
      `--reporter=${path.join(root, "scripts", "mocha-reporter.cjs")}`,
      ...(jobs > 1 ? ["--parallel", `--jobs=${jobs}`] : []),
      ...mochaArguments,
      ...files,
    ],
    { cwd: root, stdio: ["ignore", "inherit", "inherit"], env: { ...process.env, MOCHA_COUNTS: countsFile } },
  );
  const code = await new Promise((resolve) => child.once("exit", (exitCode) => resolve(exitCode)));
  const counted = existsSync(countsFile)
    ? JSON.parse(readFileSync(countsFile, "utf8"))
    : { passed: 0, failed: 0 };
  if (counted.failed > 0 || (code === 0 && counted.passed > 0)) return counted;
  process.stderr.write(`the suite ${suite} broke off\n`);
  return { passed: counted.passed, failed: 1 };
}

function testFiles(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith(".test.ts"))
    .map((name) => path.join(folder, name))
    .toSorted();
}
