import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A busybox of two megabytes whose command sleeps for ever. Every engine for tests holds it. */
export const TEST_IMAGE = "conops-test/busybox:1";

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Throws, naming the command that helps, where no engine answers or the tests' image is missing. Call it in `before`:
 * tests that need the engine fail without one, they do not skip.
 */
export async function requireEngine(env: Environment = process.env): Promise<void> {
  try {
    await docker(["image", "inspect", TEST_IMAGE], env);
  } catch (error) {
    const host = env["DOCKER_HOST"] ?? "unix:///var/run/docker.sock";
    const cause = error instanceof Error && "stderr" in error ? String(error.stderr).trim() : String(error);
    throw new Error(
      `This test needs a Docker engine at "${host}" with the image ${TEST_IMAGE}: run \`make engine\` (${cause})`,
      { cause: error },
    );
  }
}

/** A Compose project's name that no other test uses. */
export function uniqueProject(): string {
  return `ct-${randomBytes(4).toString("hex")}`;
}

/** Runs the docker command to its end, at most two minutes; the standard output. Rejects with its last words. */
export async function docker(args: readonly string[], env: Environment = process.env): Promise<string> {
  const { stdout } = await run("docker", [...args], {
    env: { ...env },
    timeout: 120_000,
    killSignal: "SIGKILL",
    maxBuffer: 64 << 20,
  });
  return stdout;
}

/**
 * Brings a project up by the real `docker compose up -d` from a file of this text, in a folder that is gone afterwards.
 * Answers once Compose does; `args` are further arguments of `up`.
 */
export async function composeUp(
  project: string,
  yamlText: string,
  options: { readonly env?: Environment; readonly args?: readonly string[] } = {},
): Promise<void> {
  const { env, args = [] } = options;
  const folder = await mkdtemp(join(tmpdir(), "ct-compose-"));
  try {
    const file = join(folder, "compose.yaml");
    await writeFile(file, yamlText);
    await docker(["compose", "-p", project, "-f", file, "up", "-d", ...args], env);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Removes whatever carries the project's label: containers (one-offs too), networks, volumes. Never fails for what is gone. */
export async function cleanupProject(project: string, env: Environment = process.env): Promise<void> {
  const label = `label=com.docker.compose.project=${project}`;
  for (const [list, remove] of [
    [
      ["ps", "-aq"],
      ["rm", "-f", "-v"],
    ],
    [
      ["network", "ls", "-q"],
      ["network", "rm"],
    ],
    [
      ["volume", "ls", "-q"],
      ["volume", "rm", "-f"],
    ],
  ] as const) {
    const found = (await docker([...list, "--filter", label], env)).split("\n").filter((id) => id !== "");
    if (found.length === 0) continue;
    await docker([...remove, ...found], env).catch((error: unknown) => {
      if (!/no such|not found|already in progress/i.test(String(error))) throw error;
    });
  }
}

/** Resolves with the first truthy answer of `ask`; rejects after `limitMs`, saying what was waited for. */
export async function until<T>(
  what: string,
  ask: () => T | Promise<T>,
  limitMs = 20_000,
): Promise<NonNullable<T>> {
  const end = performance.now() + limitMs;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (performance.now() > end) throw new Error(`Waited ${limitMs / 1000} s in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
