import { execFile } from "node:child_process";
import { createHash, generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sshString } from "../../controller/lib/ssh-wire.ts";
import { gitEnvironment, type TempRepo } from "./git-repo.ts";

/** A pair of SSH keys in files, made by ssh-keygen. */
export interface SshKey {
  readonly path: string;
  /** `ssh-ed25519 AAAA...`, without the comment. */
  readonly line: string;
  readonly fingerprint: string;
}

export interface SigningBench {
  readonly dir: string;
  sshKey(type: "ed25519" | "ecdsa" | "rsa", bits?: number): Promise<SshKey>;
  /** A signature by `ssh-keygen -Y sign`, armored. */
  sshSign(key: SshKey, bytes: Uint8Array, namespace?: string, hash?: string): Promise<string>;
  /** What `ssh-keygen -Y verify` says of it, at a time. */
  sshVerify(question: SshQuestion): Promise<boolean>;
  /** What `git verify-commit` or `git verify-tag` says, with these signers and with the keys of the bench's GnuPG. */
  gitVerify(repo: TempRepo, what: "commit" | "tag", id: string, allowedSigners?: string): Promise<boolean>;
  /** A key of GnuPG; its fingerprint. */
  pgpKey(options: PgpKeyOptions): Promise<string>;
  pgpExport(...fingerprints: readonly string[]): Promise<string>;
  gpg(args: readonly string[], input?: string | Uint8Array): Promise<string>;
  /** The environment in which git signs with the keys of this bench. */
  readonly env: NodeJS.ProcessEnv;
  remove(): Promise<void>;
}

export interface SshQuestion {
  readonly allowedSigners: string;
  readonly signature: string;
  readonly bytes: Uint8Array;
  readonly principal: string;
  readonly namespace?: string;
  readonly signedAt?: number;
}

export interface PgpKeyOptions {
  readonly name: string;
  readonly algorithm?: string;
  /** As GnuPG takes it: `seconds=1`, `2d`; `0` for ever. */
  readonly expires?: string;
}

/** A folder with keys of SSH and GnuPG, and the programs that sign and verify with them. */
export async function createSigningBench(): Promise<SigningBench> {
  // GnuPG's sockets do not fit into a longer path.
  const dir = await mkdtemp(join(tmpdir(), "conops-sign-"));
  const gnupgHome = join(dir, "gnupg");
  await mkdir(gnupgHome, { mode: 0o700 });
  const env = { ...gitEnvironment(), HOME: dir, GNUPGHOME: gnupgHome };
  const run = (file: string, args: readonly string[], input?: string | Uint8Array): Promise<string> =>
    runProgram(file, args, { cwd: dir, env, ...(input !== undefined && { input }) });
  let count = 0;
  const newFile = async (name: string, content: string | Uint8Array): Promise<string> => {
    const path = join(dir, `${name}-${++count}`);
    await writeFile(path, content);
    return path;
  };
  const gpg = (args: readonly string[], input?: string | Uint8Array): Promise<string> =>
    run("gpg", ["--batch", "--yes", "--pinentry-mode", "loopback", "--passphrase", "", ...args], input);

  return {
    dir,
    env,
    gpg,
    async sshKey(type, bits) {
      const path = join(dir, `key-${type}-${++count}`);
      const size = bits === undefined ? [] : ["-b", String(bits)];
      await run("ssh-keygen", ["-q", "-t", type, ...size, "-N", "", "-C", "", "-f", path]);
      const line = (await readFile(`${path}.pub`, "utf8")).trim().split(" ").slice(0, 2).join(" ");
      const fingerprint = (await run("ssh-keygen", ["-l", "-f", path])).split(" ")[1] ?? "";
      return { path, line, fingerprint };
    },
    async sshSign(key, bytes, namespace = "git", hash = "sha512") {
      const args = ["-Y", "sign", "-q", "-f", key.path, "-n", namespace, "-O", `hashalg=${hash}`];
      return run("ssh-keygen", args, bytes);
    },
    async sshVerify({ allowedSigners, signature, bytes, principal, namespace = "git", signedAt }) {
      const time = signedAt === undefined ? [] : [`-Overify-time=${sshTime(signedAt)}`];
      const signers = await newFile("signers", allowedSigners);
      const signed = await newFile("signature", signature);
      const args = ["-Y", "verify", "-f", signers, "-I", principal, "-n", namespace, "-s", signed, ...time];
      return run("ssh-keygen", args, bytes).then(
        () => true,
        () => false,
      );
    },
    async gitVerify(repo, what, id, allowedSigners = "") {
      const signers = await newFile("signers", allowedSigners);
      const args = ["-c", `gpg.ssh.allowedSignersFile=${signers}`, `verify-${what}`, id];
      return runProgram("git", args, { cwd: repo.dir, env }).then(
        () => true,
        () => false,
      );
    },
    async pgpKey({ name, algorithm = "ed25519", expires = "0" }) {
      const user = `${name} <${name.toLowerCase()}@example.com>`;
      await gpg(["--quick-generate-key", user, algorithm, "sign", expires]);
      const listed = await gpg(["--list-keys", "--with-colons", user]);
      const fingerprints = [...listed.matchAll(/^fpr:+([0-9A-F]{40}):/gm)].map((match) => match[1] ?? "");
      return fingerprints.at(-1) ?? "";
    },
    pgpExport: (...fingerprints) => gpg(["--armor", "--export", ...fingerprints]),
    async remove() {
      await run("gpgconf", ["--kill", "all"]).catch(() => undefined);
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** A key such as a security key holds, in software: what it signs must be believed by ssh-keygen, which has no need of one. */
export function createSecurityKey(kind: "ed25519" | "ecdsa"): {
  readonly line: string;
  sign(bytes: Uint8Array, options?: { readonly flags?: number; readonly namespace?: string }): string;
} {
  const application = "ssh:";
  const pair =
    kind === "ed25519"
      ? generateKeyPairSync("ed25519")
      : generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const jwk = pair.publicKey.export({ format: "jwk" });
  const x = Buffer.from(jwk.x ?? "", "base64url");
  const y = Buffer.from(jwk.y ?? "", "base64url");
  const type = kind === "ed25519" ? "sk-ssh-ed25519@openssh.com" : "sk-ecdsa-sha2-nistp256@openssh.com";
  const parts =
    kind === "ed25519"
      ? [type, x, application]
      : [type, "nistp256", Buffer.concat([Buffer.from([4]), x, y]), application];
  const blob = Buffer.concat(parts.map(sshString));

  return {
    line: `${type} ${blob.toString("base64")}`,
    sign(bytes, { flags = 1, namespace = "git" } = {}) {
      const digest = createHash("sha512").update(bytes).digest();
      const signed = Buffer.concat([
        Buffer.from("SSHSIG"),
        ...[namespace, "", "sha512", digest].map(sshString),
      ]);
      const state = Buffer.from([flags, 0, 0, 0, 7]);
      const attested = Buffer.concat([sha256(application), state, sha256(signed)]);
      const inner = Buffer.concat([sshString(type), sshString(signRaw(pair.privateKey, attested)), state]);
      return armorSshSignature({ blob, namespace, signature: inner });
    },
  };
}

export interface SshSignatureParts {
  readonly blob: Uint8Array;
  readonly namespace?: string;
  readonly reserved?: string;
  readonly hash?: string;
  readonly signature: Uint8Array;
  readonly version?: number;
}

/** A signature of OpenSSH put together by hand, however wrong. */
export function armorSshSignature(parts: SshSignatureParts): string {
  const { blob, namespace = "git", reserved = "", hash = "sha512", signature, version = 1 } = parts;
  const bytes = Buffer.concat([
    Buffer.from("SSHSIG"),
    Buffer.from([0, 0, 0, version]),
    ...[blob, namespace, reserved, hash, signature].map(sshString),
  ]);
  return armor(bytes);
}

export function armor(bytes: Uint8Array): string {
  const lines =
    Buffer.from(bytes)
      .toString("base64")
      .match(/.{1,70}/g) ?? [];
  return `-----BEGIN SSH SIGNATURE-----\n${lines.join("\n")}\n-----END SSH SIGNATURE-----\n`;
}

function signRaw(key: KeyObject, bytes: Buffer): Buffer {
  if (key.asymmetricKeyType === "ed25519") return sign(null, bytes, key);
  const raw = sign("sha256", bytes, { key, dsaEncoding: "ieee-p1363" });
  return Buffer.concat([sshString(toMpint(raw.subarray(0, 32))), sshString(toMpint(raw.subarray(32)))]);
}

function toMpint(bytes: Buffer): Buffer {
  let at = 0;
  while (at < bytes.length && bytes[at] === 0) at++;
  const rest = bytes.subarray(at);
  return (rest[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), rest]) : rest;
}

function sha256(bytes: string | Buffer): Buffer {
  return createHash("sha256").update(bytes).digest();
}

/** As ssh-keygen takes a time, in this machine's zone. */
function sshTime(seconds: number): string {
  const date = new Date(seconds * 1000);
  const two = (value: number): string => String(value).padStart(2, "0");
  return [
    date.getFullYear(),
    date.getMonth() + 1,
    date.getDate(),
    date.getHours(),
    date.getMinutes(),
    date.getSeconds(),
  ]
    .map(two)
    .join("");
}

interface RunOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly input?: string | Uint8Array;
}

/** The output as it is; rejects with what the program said. */
export function runProgram(
  file: string,
  args: readonly string[],
  { input, ...options }: RunOptions,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      file,
      [...args],
      { ...options, encoding: "utf8", maxBuffer: 1e8 },
      (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(new Error(`${file} ${args.join(" ")}: ${stderr.trim()}`, { cause: error }));
      },
    );
    child.stdin?.on("error", () => undefined); // it may end without reading all
    child.stdin?.end(input);
  });
}
