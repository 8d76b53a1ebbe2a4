// The Git repository of the example, made from `scripts/example/` and served on loopback, as a Git server elsewhere would.
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import net from "node:net";
import path from "node:path";

/** Where the committed `manifests/hello.yaml` expects the repository. */
export const EXAMPLE_GIT_PORT = 9419;

/**
 * Makes `hello.git`, and a clone of it, `hello`, for the person to work in. What is there already stays as it is, commits
 * and all. The first commit is the same on every machine.
 */
export function createExampleRepository({ folder, template }) {
  const bare = path.join(folder, "hello.git");
  const clone = path.join(folder, "hello");
  if (!existsSync(path.join(bare, "refs", "heads", "main"))) {
    rmSync(bare, { recursive: true, force: true });
    rmSync(clone, { recursive: true, force: true });
    mkdirSync(bare, { recursive: true });
    git(folder, "init", "--quiet", "--bare", "--initial-branch=main", bare);
    git(folder, "clone", "--quiet", bare, clone);
    identify(clone);
    git(clone, "checkout", "--quiet", "-b", "main");
    cpSync(template, clone, { recursive: true });
    git(clone, "add", "--all");
    git(clone, "commit", "--quiet", "--message", "Say hello");
    git(clone, "push", "--quiet", "--set-upstream", "origin", "main");
  }
  if (!existsSync(clone)) {
    git(folder, "clone", "--quiet", bare, clone);
    identify(clone);
  }
  return { bare, clone };
}

/**
 * Serves the bare repositories below `folder` at `git://127.0.0.1:PORT/`, for as long as the returned process runs.
 * One that an earlier run left behind for this folder, killed before it could end it, is ended first. Throws when the port is
 * taken by anything else.
 */
export async function serveExampleRepository({ folder, port = EXAMPLE_GIT_PORT }) {
  await endLeftover(folder, port);
  if (await answers(port))
    throw new Error(`port ${port} of this machine is taken, and the example's manifest names it`);
  const program = path.join(git(folder, "--exec-path").trim(), "git-daemon");
  if (!existsSync(program))
    throw new Error("git-daemon is missing: it is a part of Git (Fedora: dnf install git-daemon)");
  const daemon = spawn(
    program,
    [
      "--reuseaddr",
      "--listen=127.0.0.1",
      `--port=${port}`,
      "--export-all",
      "--informative-errors",
      `--base-path=${folder}`,
      path.join(folder, "hello.git"),
    ],
    // Out of reach of Ctrl-C: it is ended after the controller, not before.
    {
      stdio: ["ignore", "ignore", openSync(path.join(folder, "git-daemon.log"), "w")],
      detached: true,
      env: cleanEnvironment(),
    },
  );
  const ended = new Promise((_, reject) => {
    daemon.once("error", reject);
    daemon.once("exit", (code) => reject(new Error(`git-daemon ended with code ${code}`)));
  });
  const ready = (async () => {
    for (let tries = 0; tries < 100; tries++) {
      if (await answers(port)) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`git-daemon does not answer; its words are in ${path.join(folder, "git-daemon.log")}`);
  })();
  if (daemon.pid !== undefined) writeFileSync(pidFile(folder), String(daemon.pid));
  // Whichever loses the race must not count as unhandled.
  ended.catch(() => {});
  await Promise.race([ready, ended]);
  return daemon;
}

function pidFile(folder) {
  return path.join(folder, "git-daemon.pid");
}

async function endLeftover(folder, port) {
  let pid;
  try {
    pid = Number(readFileSync(pidFile(folder), "utf8"));
  } catch {
    return;
  }
  const { parent, command } = processOf(pid);
  // The number may be another program's by now.
  if (!command.includes(`--base-path=${folder} `)) return;
  if (processOf(parent).command.includes("run-example.mjs")) {
    throw new Error(`it is being served already, by a \`make run\` with pid ${parent}`);
  }
  process.kill(pid, "SIGTERM");
  for (let tries = 0; tries < 40 && (await answers(port)); tries++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Empty for a process that is gone. */
function processOf(pid) {
  const { stdout } = spawnSync("ps", ["-o", "ppid=,command=", "-p", String(pid)], { encoding: "utf8" });
  const [, parent, command] = /^\s*(\d+)\s+(.*)$/m.exec(stdout ?? "") ?? [];
  return { parent: Number(parent), command: command ?? "" };
}

function identify(clone) {
  git(clone, "config", "user.name", "Hello Example");
  git(clone, "config", "user.email", "hello@example.invalid");
  git(clone, "config", "commit.gpgSign", "false");
}

function git(folder, ...parameters) {
  return execFileSync("git", parameters, {
    cwd: folder,
    encoding: "utf8",
    env: cleanEnvironment(),
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** Without what a caller's own Git says (a hook sets GIT_DIR), and with fixed dates for the first commit. */
function cleanEnvironment() {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith("GIT_"));
  return {
    ...Object.fromEntries(kept),
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_AUTHOR_DATE: "2026-01-01T00:00:00Z",
    GIT_COMMITTER_DATE: "2026-01-01T00:00:00Z",
  };
}

function answers(port) {
  return new Promise((resolve) => {
    const socket = net.connect({ host: "127.0.0.1", port });
    const settle = (answer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", () => settle(true));
    socket.once("error", () => settle(false));
  });
}
