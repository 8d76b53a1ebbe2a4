import { execFile } from "node:child_process";
import { setMaxListeners } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import type { GitCredential } from "../../../controller/api/credential.ts";
import { ReconcileError } from "../../../controller/api/errors.ts";
import type { Reason } from "../../../controller/api/reasons.ts";
import type { Git } from "../../../controller/git/git.ts";
import { createGit, type GitOptions } from "../../../controller/git/pool.ts";
import { remoteOf } from "../../../controller/git/remote-url.ts";
import { systemClock } from "../../../controller/lib/clock.ts";
import { silentLog } from "../../../controller/lib/log.ts";
import { createTempRepo, type TempRepo } from "../../support/git-repo.ts";
import { startBlackHole } from "../../support/git-servers.ts";
import {
  createSshKey,
  knownHostsLine,
  startSshServer,
  type KeyKind,
  type SshKey,
  type SshServer,
  type SshServerOptions,
} from "../../support/ssh-server.ts";

type SshCredential = Extract<GitCredential, { kind: "ssh" }>;

const { signal } = new AbortController();
setMaxListeners(0, signal);

const KINDS: readonly KeyKind[] = [
  { type: "ed25519" },
  { type: "ed25519", passphrase: "correct horse" },
  { type: "ecdsa", bits: 256 },
  { type: "ecdsa", bits: 384 },
  { type: "ecdsa", bits: 521, passphrase: "correct horse" },
  { type: "ecdsa", bits: 256, format: "PEM" },
  { type: "rsa", bits: 2048 },
  { type: "rsa", bits: 3072, passphrase: "correct horse" },
  { type: "rsa", bits: 2048, format: "PEM" },
  { type: "rsa", bits: 2048, format: "PEM", passphrase: "correct horse" },
  { type: "rsa", bits: 2048, format: "PKCS8" },
  { type: "rsa", bits: 2048, format: "PKCS8", passphrase: "correct horse" },
];

describe("Git over SSH", function () {
  this.timeout(60_000);
  let base: string;
  let repo: TempRepo;
  let sha: string;
  let server: SshServer;
  let git: Git;
  let keys: ReadonlyMap<KeyKind, SshKey>;
  let key: SshKey;
  let stranger: SshKey;
  let closers: (() => Promise<void>)[] = [];
  let count = 0;

  before(async () => {
    base = await mkdtemp(join(tmpdir(), "conops-ssh-"));
    repo = await createTempRepo({ dir: join(base, "repo") });
    sha = await repo.commit({ a: "1" });
    const made = await Promise.all(KINDS.map(async (kind) => [kind, await createSshKey(kind)] as const));
    keys = new Map(made);
    key = made[0]?.[1] ?? expect.fail("no key");
    stranger = await createSshKey();
    server = await startSshServer({ authorized: [...keys.values()] });
    git = newGit();
  });
  afterEach(async () => {
    for (const close of closers.splice(0)) await close();
  });
  after(async () => {
    await git.close();
    await server.close();
    await rm(base, { recursive: true, force: true });
  });

  function newGit(options: Partial<GitOptions> = {}): Git {
    return createGit({
      dataDir: join(base, `data-${++count}`),
      clock: systemClock,
      log: silentLog,
      ...options,
    });
  }

  async function open(options: Omit<SshServerOptions, "authorized">): Promise<SshServer> {
    const opened = await startSshServer({ authorized: [key], ...options });
    closers.push(() => opened.close());
    return opened;
  }

  function credential(different: Partial<SshCredential> = {}): SshCredential {
    return { kind: "ssh", privateKey: key.privateKey, knownHosts: server.knownHosts, ...different };
  }

  function list(different: Partial<SshCredential> = {}, url = server.url(repo.dir), by = git) {
    return by.listRefs(remoteOf(url, "deploy-key", credential(different)), signal);
  }

  for (const kind of KINDS) {
    const { type, bits = "", format = "OpenSSH", passphrase } = kind;
    it(`reads with a key of type ${type} ${bits} in ${format} format${passphrase ? ", with its passphrase" : ""}`, async () => {
      const { privateKey } = keys.get(kind) ?? expect.fail("no key");

      const { head } = await list({ privateKey, ...(passphrase !== undefined && { passphrase }) });

      expect(head).to.deep.equal({ ref: "refs/heads/main", sha });
    });
  }

  it("reads with a key that came with the line ends of Windows, and without the last one", async () => {
    const privateKey = key.privateKey.trim().replaceAll("\n", "\r\n");

    expect((await list({ privateKey })).head?.sha).to.equal(sha);
  });

  it("fetches and checks out", async () => {
    const remote = remoteOf(server.url(repo.dir), "deploy-key", credential());
    const dir = join(base, "out");

    const staged = await git.stage({ remote, sha, ref: "refs/heads/main", dir }, signal);

    expect(staged.commit.sha).to.equal(sha);
    expect(await readFile(join(dir, "a"), "utf8")).to.equal("1");
  });

  it("answers thirty at a time", async () => {
    const answers = await Promise.all(Array.from({ length: 30 }, () => list()));

    expect(answers.map(({ head }) => head?.sha)).to.deep.equal(Array(30).fill(sha));
  });

  it("logs in as git where the URL names nobody", async () => {
    const url = `ssh://127.0.0.1:${server.port}${repo.dir}`;

    const { reason, message } = await failure(list({}, url));

    expect(reason).to.equal("AuthenticationFailed");
    expect(message).to.contain('refuses the Secret\'s key for the user "git"');
    expect(server.log()).to.match(/(?:invalid|illegal) user git /i);
  });

  interface Refusal {
    readonly name: string;
    readonly different: () => Partial<SshCredential>;
    readonly reason: Reason;
    readonly says: RegExp;
  }
  const protectedKey = (): string => keys.get(KINDS[1] ?? expect.fail())?.privateKey ?? expect.fail();
  const protectedPem = (): string => keys.get(KINDS[9] ?? expect.fail())?.privateKey ?? expect.fail();
  const refusals: readonly Refusal[] = [
    {
      name: "a key that the host does not know",
      different: () => ({ privateKey: stranger.privateKey }),
      reason: "AuthenticationFailed",
      says: /the host refuses the Secret's key for the user "[^"]+": its public half must be known there/,
    },
    {
      name: "a wrong passphrase",
      different: () => ({ privateKey: protectedKey(), passphrase: "wrong horse" }),
      reason: "CredentialUnusable",
      says: /the passphrase in the Secret is wrong/,
    },
    {
      name: "a wrong passphrase of a PEM key",
      different: () => ({ privateKey: protectedPem(), passphrase: "wrong horse" }),
      reason: "CredentialUnusable",
      says: /the passphrase in the Secret is wrong/,
    },
    {
      name: "a passphrase that is missing",
      different: () => ({ privateKey: protectedKey() }),
      reason: "CredentialUnusable",
      says: /the private key is damaged, locked by a passphrase/,
    },
    {
      name: "a key that lost a line",
      different: () => ({
        privateKey: key.privateKey
          .split("\n")
          .filter((_, line) => line !== 2)
          .join("\n"),
      }),
      reason: "CredentialUnusable",
      says: /the private key is damaged/,
    },
    {
      name: "a key of garbage",
      different: () => ({
        privateKey: "-----BEGIN OPENSSH PRIVATE KEY-----\nZ2FyYmFnZQ==\n-----END OPENSSH PRIVATE KEY-----\n",
      }),
      reason: "CredentialUnusable",
      says: /the private key is damaged/,
    },
    {
      name: "an RSA key of garbage",
      different: () => ({
        privateKey: "-----BEGIN RSA PRIVATE KEY-----\nZ2FyYmFnZQ==\n-----END RSA PRIVATE KEY-----\n",
      }),
      reason: "CredentialUnusable",
      says: /the private key is damaged/,
    },
  ];
  for (const { name, different, reason, says } of refusals) {
    it(`refuses ${name} with ${reason}, in the same words each time`, async () => {
      const once = await failure(list(different()));
      const again = await failure(list(different()));

      expect(once.reason).to.equal(reason);
      expect(once.message).to.match(says);
      expect(again).to.deep.equal(once);
    });
  }

  it("says that a repository is not there", async () => {
    const { reason, message } = await failure(list({}, server.url(join(base, "none"))));

    expect(reason).to.equal("RepositoryNotFound");
    expect(message).to.contain("or none that the Secret's credential may read");
  });

  for (const { name, config } of [
    { name: "ciphers", config: "Ciphers aes256-gcm@openssh.com,chacha20-poly1305@openssh.com" },
    { name: "MACs", config: "MACs hmac-sha2-256-etm@openssh.com" },
    { name: "key exchanges", config: "KexAlgorithms sntrup761x25519-sha512@openssh.com" },
  ]) {
    it(`says so where a host allows none of our ${name}`, async () => {
      const strict = await open({ config: [config] });

      const { message } = await failure(list({ knownHosts: strict.knownHosts }, strict.url(repo.dir)));

      expect(message).to.contain("share no SSH algorithm");
    });
  }

  describe("and the key of the host", () => {
    it("is refused unseen where nobody knows it: there is no connection", async () => {
      const hole = await startBlackHole();
      closers.push(() => hole.close());
      const url = `ssh://127.0.0.1:${hole.port}/r`;

      const { reason, message } = await failure(list({ knownHosts: server.knownHosts }, url));

      expect(reason).to.equal("HostKeyUnknown");
      expect(message).to.contain(`run \`ssh-keyscan -p ${hole.port} 127.0.0.1\``);
      expect(hole.connections()).to.equal(0);
    });

    it("is not taken for the known one when it changed, and nothing is sent", async () => {
      const changed = await open({});
      const knownHosts = knownHostsLine(stranger, changed.port);

      const { reason, message } = await failure(list({ knownHosts }, changed.url(repo.dir)));

      expect(reason).to.equal("HostKeyChanged");
      expect(message).to.match(/THE HOST KEY OF 127\.0\.0\.1:\d+ HAS CHANGED/);
      expect(message).to.contain(`known_hosts in the Secret: ssh-ed25519 ${await fingerprint(stranger)}`);
      expect(changed.log()).to.not.match(/userauth|publickey|Accepted|user /i);
    });

    it("may be any of several", async () => {
      const [rsa, ecdsa] = await Promise.all([
        createSshKey({ type: "rsa" }),
        createSshKey({ type: "ecdsa" }),
      ]);
      const two = await open({ hostKeys: [rsa, ecdsa] });
      const url = two.url(repo.dir);

      for (const known of [[rsa], [ecdsa], [stranger, ecdsa], [ecdsa, stranger], [stranger, rsa]]) {
        const knownHosts = known.map((one) => knownHostsLine(one, two.port)).join("");
        expect((await list({ knownHosts }, url)).head?.sha).to.equal(sha);
      }
    });

    it("is another one, too, when the host has keys of other types only", async () => {
      const [rsa, ecdsa] = await Promise.all([
        createSshKey({ type: "rsa" }),
        createSshKey({ type: "ecdsa" }),
      ]);
      const two = await open({ hostKeys: [rsa, ecdsa] });
      const knownHosts = knownHostsLine(stranger, two.port);
      const remote = remoteOf(two.url(repo.dir), "deploy-key", credential({ knownHosts }));

      const listed = await failure(git.listRefs(remote, signal));
      const dir = join(base, "foreign");
      const staged = await failure(git.stage({ remote, sha, ref: "refs/heads/main", dir }, signal));

      for (const { reason, message } of [listed, staged]) {
        expect(reason).to.equal("HostKeyChanged");
        expect(message).to.contain("The host has keys of other types only: ssh-rsa, ecdsa-sha2-nistp256.");
      }
    });

    it("is found in a file as ssh-keyscan and ssh-keygen write it: hashed, among others, with comments", async () => {
      const file = join(base, "known_hosts");
      await writeFile(file, `# ours\ngithub.com ${stranger.publicKey}${server.knownHosts}`);
      await promisify(execFile)("ssh-keygen", ["-q", "-H", "-f", file]);
      const hashed = await readFile(file, "utf8");
      expect(hashed).to.match(/^\|1\|/m);
      expect(hashed).to.not.contain("127.0.0.1");
      const lines = [
        "garbage that would break libssh2",
        `@cert-authority *.example.com ${stranger.publicKey.trim()}`,
        ...hashed.split("\n"),
        "|1|broken",
      ];
      const knownHosts = lines.join("\r\n");

      expect((await list({ knownHosts })).head?.sha).to.equal(sha);
    });

    it("comes from the file of --known-hosts where the Secret names none, and from the Secret where both do", async () => {
      const right = join(base, "right");
      const wrong = join(base, "wrong");
      await writeFile(right, server.knownHosts);
      await writeFile(wrong, knownHostsLine(stranger, server.port));
      const withRight = newGit({ knownHostsFile: right });
      const withWrong = newGit({ knownHostsFile: wrong });
      closers.push(
        () => withRight.close(),
        () => withWrong.close(),
      );
      const none = { kind: "ssh", privateKey: key.privateKey } as const;
      const remote = (held: GitCredential) => remoteOf(server.url(repo.dir), "deploy-key", held);

      expect((await withRight.listRefs(remote(none), signal)).head?.sha).to.equal(sha);
      const changed = await failure(withWrong.listRefs(remote(none), signal));
      expect(changed.reason).to.equal("HostKeyChanged");
      expect(changed.message).to.contain("from the file of --known-hosts");
      expect((await withWrong.listRefs(remote(credential()), signal)).head?.sha).to.equal(sha);
      await writeFile(wrong, server.knownHosts);
      expect((await withWrong.listRefs(remote(none), signal)).head?.sha).to.equal(sha);
    });

    it("is refused when it is revoked, also where another source trusts it", async () => {
      const revoked = `@revoked * ${server.knownHosts.trim().split(" ").slice(1).join(" ")}\n`;

      const { reason, message } = await failure(list({ knownHosts: server.knownHosts + revoked }));

      expect(reason).to.equal("HostKeyUnknown");
      expect(message).to.contain("is revoked");
    });

    it("is believed for one port alone", async () => {
      const other = await open({});
      const bare = other.knownHosts.replace(`[127.0.0.1]:${other.port}`, "127.0.0.1");

      const { reason } = await failure(list({ knownHosts: bare }, other.url(repo.dir)));

      expect(reason).to.equal("HostKeyUnknown");
    });

    for (const workers of [1, 2]) {
      it(`is vouched for by no other Secret, however many ask at a time (${workers} to a kind)`, async () => {
        const hammered = newGit({ workers });
        closers.push(() => hammered.close());
        const other = await createSshKey();
        const secrets = [
          { name: "right", knownHosts: server.knownHosts },
          { name: "wrong", knownHosts: knownHostsLine(stranger, server.port) },
          { name: "also-wrong", knownHosts: knownHostsLine(other, server.port) },
        ];
        const ask = async (name: string, knownHosts: string, n: number): Promise<string> => {
          const remote = remoteOf(server.url(repo.dir), name, credential({ knownHosts }));
          const dir = join(base, `hammered-${workers}-${name}-${n}`);
          const work =
            n % 4 === 0
              ? hammered.stage({ remote, sha, ref: "refs/heads/main", dir }, signal)
              : hammered.listRefs(remote, signal);
          const end = await work.then(
            () => "works",
            (error: unknown) => (error instanceof ReconcileError ? error.reason : String(error)),
          );
          return `${name} ${end}`;
        };

        const ends = await Promise.all(
          Array.from({ length: 20 }, (_, n) =>
            secrets.map(({ name, knownHosts }) => ask(name, knownHosts, n)),
          ).flat(),
        );

        expect([...new Set(ends)].toSorted()).to.deep.equal([
          "also-wrong HostKeyChanged",
          "right works",
          "wrong HostKeyChanged",
        ]);
      });
    }
  });
});

async function failure(work: Promise<unknown>): Promise<{ reason: Reason; message: string }> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof ReconcileError)) throw error;
    return { reason: error.reason, message: error.message };
  }
  throw new Error("it did not fail");
}

async function fingerprint({ publicKey }: SshKey): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "conops-print-"));
  try {
    await writeFile(join(dir, "key.pub"), publicKey);
    const { stdout } = await promisify(execFile)("ssh-keygen", ["-l", "-f", join(dir, "key.pub")]);
    return stdout.split(" ")[1] ?? "";
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
