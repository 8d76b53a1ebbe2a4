/** The logins of the user who runs ConOps: what `docker login` left in his `config.json`, or in the program that it names. */
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import { runProcess } from "../lib/run-process.ts";
import type { RegistryAuth, RegistryAuths } from "./docker-config.ts";
import { authHeader, loginAddress, loginFor } from "./registry-auth.ts";

export interface OwnLoginsOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly log: Log;
}

interface DockerConfig {
  readonly auths?: RegistryAuths;
  readonly credsStore?: string;
  readonly credHelpers?: Readonly<Record<string, string>>;
}

const HELPER_LIMIT_MS = 10_000;
const MAX_ANSWER_BYTES = 64 << 10;
/** How helpers say that what they hold is a token. */
const TOKEN_USER = "<token>";

/** Registry → the header X-Registry-Auth; empty for none. What cannot be read is no login. */
export function createOwnLogins({
  env,
  clock,
  log,
}: OwnLoginsOptions): (registry: string) => Promise<string> {
  return async (registry) => {
    try {
      const config = await readConfig(env);
      const helper = config.credHelpers?.[loginAddress(registry)] ?? config.credsStore;
      const login = helper ? await askHelper(helper, registry) : loginFor(config.auths ?? {}, registry);
      return authHeader(login, registry);
    } catch {
      // Why not may quote what the file or the helper holds.
      log.debug("the logins of Docker's own config.json cannot be used");
      return "";
    }
  };

  async function askHelper(helper: string, registry: string): Promise<RegistryAuth | undefined> {
    if (!/^[\w.-]+$/.test(helper)) return undefined;
    const { exitCode, stdout } = await runProcess(clock, {
      command: `docker-credential-${helper}`,
      args: ["get"],
      cwd: tmpdir(),
      env: Object.fromEntries(
        Object.entries(env).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
      ),
      stdin: loginAddress(registry),
      limit: { kind: "total", ms: HELPER_LIMIT_MS },
      graceMs: 1000,
      output: { kind: "pipe" },
      captureStdoutBytes: MAX_ANSWER_BYTES,
      signal: new AbortController().signal,
    });
    if (exitCode !== 0) return undefined; // it knows of none
    const { Username: username = "", Secret: secret = "" } = JSON.parse(stdout) as Record<string, string>;
    return username === TOKEN_USER ? { identitytoken: secret } : { username, password: secret };
  }
}

async function readConfig(env: OwnLoginsOptions["env"]): Promise<DockerConfig> {
  const folder = env["DOCKER_CONFIG"] || join(env["HOME"] ?? "/", ".docker");
  const text = await readFile(join(folder, "config.json"), "utf8").catch(() => "{}");
  return JSON.parse(text) as DockerConfig;
}
