/** A real sshd on a free port of loopback, with keys and settings of its own, that serves Git and nothing else. */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { accepts, freePort } from "./git-servers.ts";

const run = promisify(execFile);

/** As `ssh-keygen -t TYPE -b BITS` has them. */
export interface KeyKind {
  readonly type: "ed25519" | "ecdsa" | "rsa";
  readonly bits?: number;
  /** PEM and PKCS8 instead of OpenSSH's own format. */
  readonly format?: "PEM" | "PKCS8";
  readonly passphrase?: string;
}

export interface SshKey {
  readonly privateKey: string;
  /** One line: type, key and comment. */
  readonly publicKey: string;
}

export interface SshServerOptions {
  /** Who may log in: lines of authorized_keys. */
  readonly authorized: readonly SshKey[];
  /** Default: one of type ed25519. */
  readonly hostKeys?: readonly SshKey[];
  /** Further lines of sshd_config. */
  readonly config?: readonly string[];
  /** Default: a free one. */
  readonly port?: number;
}

export interface SshServer {
  readonly port: number;
  /** The host's keys as lines of known_hosts for exactly this host and port. */
  readonly knownHosts: string;
  /** `ssh://USER@127.0.0.1:PORT/DIR`; by default the user who runs the tests, who alone can log in. */
  url(dir: string, user?: string): string;
  /** What sshd has said so far. */
  log(): string;
  close(): Promise<void>;
}

export async function createSshKey(kind: KeyKind = { type: "ed25519" }): Promise<SshKey> {
  const { type, bits, format, passphrase = "" } = kind;
  const dir = await mkdtemp(join(tmpdir(), "conops-key-"));
  const file = join(dir, "key");
  const how = [
    ...(bits === undefined ? [] : ["-b", String(bits)]),
    ...(format === undefined ? [] : ["-m", format]),
  ];
  try {
    await run("ssh-keygen", ["-q", "-t", type, ...how, "-N", passphrase, "-C", "conops-test", "-f", file]);
    return { privateKey: await readFile(file, "utf8"), publicKey: await readFile(`${file}.pub`, "utf8") };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

export async function startSshServer(options: SshServerOptions): Promise<SshServer> {
  const hostKeys = options.hostKeys ?? [await createSshKey()];
  const port = options.port ?? (await freePort());
  const dir = await mkdtemp(join(tmpdir(), "conops-sshd-"));
  const user = userInfo().username;
  const hostKeyFiles = hostKeys.map((_, index) => join(dir, `host-key-${index}`));
  for (const [index, file] of hostKeyFiles.entries()) {
    await writeFile(file, hostKeys[index]?.privateKey ?? "", { mode: 0o600 });
  }
  await writeFile(
    join(dir, "authorized_keys"),
    options.authorized.map(({ publicKey }) => publicKey).join(""),
  );
  await writeFile(
    join(dir, "sshd_config"),
    [
      ...(options.config ?? []),
      `ListenAddress 127.0.0.1:${port}`,
      ...hostKeyFiles.map((file) => `HostKey ${file}`),
      `AuthorizedKeysFile ${join(dir, "authorized_keys")}`,
      "StrictModes no",
      "PidFile none",
      "UsePAM no",
      "PermitRootLogin yes",
      "AuthenticationMethods publickey",
      "MaxStartups 200",
      "LogLevel VERBOSE",
      "SetEnv GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null",
      'ForceCommand git-shell -c "$SSH_ORIGINAL_COMMAND"',
      "",
    ].join("\n"),
  );
  // sshd wants this folder where it can change users; only root can, and only root can make it.
  if (userInfo().uid === 0) await mkdir("/run/sshd", { recursive: true, mode: 0o755 });
  const child = spawn("/usr/sbin/sshd", ["-D", "-e", "-f", join(dir, "sshd_config")], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
  const ended = once(child, "exit");
  while (!(await accepts(port))) {
    if (child.exitCode !== null) throw new Error(`sshd ended with exit code ${child.exitCode}: ${said}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return {
    port,
    knownHosts: hostKeys.map((key) => knownHostsLine(key, port)).join(""),
    url: (path, name = user) => `ssh://${name}@127.0.0.1:${port}${path}`,
    log: () => said,
    async close() {
      child.kill("SIGTERM");
      await ended;
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** The key as a line of known_hosts for this port of loopback. */
export function knownHostsLine({ publicKey }: SshKey, port: number): string {
  const [type = "", key = ""] = publicKey.split(" ");
  return `[127.0.0.1]:${port} ${type} ${key}\n`;
}
