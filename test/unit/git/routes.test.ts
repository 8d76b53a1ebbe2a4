import { expect } from "chai";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { GitCredential } from "../../../controller/api/credential.ts";
import { ReconcileError } from "../../../controller/api/errors.ts";
import type { Reason } from "../../../controller/api/reasons.ts";
import { remoteOf } from "../../../controller/git/remote-url.ts";
import { createRoutes, type Route } from "../../../controller/git/routes.ts";
import { silentLog, type Log } from "../../../controller/lib/log.ts";

const KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nbm90IGEga2V5\n-----END OPENSSH PRIVATE KEY-----\n";
const HOST_KEY = "AAAAC3NzaC1lZDI1NTE5AAAAIAfuCHKVTjquxvt6CM6tdG4SLp1Btn/nOeHHE5UOzRdf";
const OTHER_KEY = "AAAAC3NzaC1lZDI1NTE5AAAAIIVIC02vnjFyL+I4RHfvIGNtOgJMe769VTF1VR4EB3ZB";

const ssh: GitCredential = { kind: "ssh", privateKey: KEY };
const basic: GitCredential = { kind: "basic", username: "ada", password: "pass-MARK" };
const bearer: GitCredential = { kind: "bearer", token: "token-MARK" };

function to(url: string, credential?: GitCredential, knownHostsFile?: string): Promise<Route> {
  const routes = createRoutes({ log: silentLog, ...(knownHostsFile !== undefined && { knownHostsFile }) });
  return routes.to(remoteOf(url, credential === undefined ? undefined : "s", credential));
}

async function refusal(work: Promise<unknown>): Promise<{ reason: Reason; message: string }> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof ReconcileError)) throw error;
    expect(error.message).to.match(/^Cannot read "[^\n]+$/);
    expect(error.message).to.not.match(/MARK/);
    return { reason: error.reason, message: error.message };
  }
  throw new Error("it was not refused");
}

describe("createRoutes()", () => {
  it("sends nothing to a remote without a Secret", async () => {
    expect(await to("https://example.com/a.git")).to.deep.equal({
      url: "https://example.com/a.git",
      host: "example.com:443",
      access: {},
    });
    expect((await to("/srv/a b")).access).to.deep.equal({});
  });

  const headers: readonly {
    readonly name: string;
    readonly credential: GitCredential;
    readonly header: string;
  }[] = [
    { name: "a username and password", credential: basic, header: `Basic ${base64("ada:pass-MARK")}` },
    { name: "a token", credential: bearer, header: "Bearer token-MARK" },
    {
      name: "what was read from files, with their last line feeds",
      credential: { kind: "basic", username: "ada\n", password: "p:w\r\n" },
      header: `Basic ${base64("ada:p:w")}`,
    },
    {
      name: "a password beyond ASCII",
      credential: { kind: "basic", username: "ada", password: "pässwört" },
      header: `Basic ${base64("ada:pässwört")}`,
    },
    {
      name: "no username",
      credential: { kind: "basic", username: "", password: "t" },
      header: `Basic ${base64(":t")}`,
    },
  ];
  for (const { name, credential, header } of headers) {
    it(`makes one header of ${name}`, async () => {
      for (const url of [
        "https://example.com/a.git",
        "http://127.0.0.1:8080/a",
        "http://[::1]/a",
        "http://localhost/a",
      ]) {
        expect((await to(url, credential)).access).to.deep.equal({ header: `Authorization: ${header}` });
      }
    });
  }

  const unusable: readonly {
    readonly name: string;
    readonly url: string;
    readonly credential: GitCredential;
  }[] = [
    { name: "a password over http", url: "http://example.com/a.git", credential: basic },
    { name: "a token over http", url: "http://10.0.0.1/a.git", credential: bearer },
    {
      name: "a token over http to a host that only begins like loopback",
      url: "http://127.0.0.1.example.com/a",
      credential: bearer,
    },
    { name: "a token over git", url: "git://example.com/a.git", credential: bearer },
    { name: "a token for a local path", url: "/srv/a.git", credential: bearer },
    { name: "a key over https", url: "https://example.com/a.git", credential: ssh },
    { name: "a password over ssh", url: "ssh://git@github.com/a/b", credential: basic },
    { name: "a token over ssh", url: "git@github.com:a/b", credential: bearer },
    {
      name: "a token that holds a line break",
      url: "https://example.com/a",
      credential: { kind: "bearer", token: "a-MARK\r\nX: y" },
    },
    {
      name: "a token that holds a space",
      url: "https://example.com/a",
      credential: { kind: "bearer", token: "a MARK" },
    },
    { name: "an empty token", url: "https://example.com/a", credential: { kind: "bearer", token: "\n" } },
    {
      name: "a password that holds a line break",
      url: "https://example.com/a",
      credential: { ...basic, password: "MARK\nx" },
    },
    {
      name: "a username that holds a colon",
      url: "https://example.com/a",
      credential: { ...basic, username: "MARK:b" },
    },
  ];
  for (const { name, url, credential } of unusable) {
    it(`refuses ${name}`, async () => {
      expect((await refusal(to(url, credential))).reason).to.equal("CredentialUnusable");
    });
  }

  it("refuses ssh without a key, and says where that goes", async () => {
    const { reason, message } = await refusal(to("git@github.com:a/b"));

    expect(reason).to.equal("AuthenticationFailed");
    expect(message).to.contain("name a Secret of type kubernetes.io/ssh-auth in spec.source.secretRef");
  });

  for (const [url, expected, user] of [
    ["ssh://github.com/a/b.git", "ssh://git@github.com/a/b.git", "git"],
    ["ssh://deploy@github.com/a/b.git", "ssh://deploy@github.com/a/b.git", "deploy"],
    ["github.com:a/b.git", "git@github.com:a/b.git", "git"],
    ["deploy@github.com:a/b.git", "deploy@github.com:a/b.git", "deploy"],
    ["ssh://ssh.github.com:443/a/b@c", "ssh://git@ssh.github.com:443/a/b@c", "git"],
  ] as const) {
    it(`reaches ${url} as the user "${user}"`, async () => {
      const route = await to(url, { ...ssh, passphrase: "p" });

      expect(route.url).to.equal(expected);
      expect(route.access.key).to.deep.equal({ user, privateKey: KEY, passphrase: "p" });
    });
  }

  it("gives the worker the keys of that host and port, and no others", async () => {
    const knownHosts = `# ours\r\ngit.example.com,other ssh-ed25519 ${HOST_KEY} us\r\nother ssh-ed25519 ${OTHER_KEY}\r\n`;

    const { access, host } = await to("git@git.example.com:a", { ...ssh, knownHosts });

    expect(host).to.equal("git.example.com:22");
    expect(access.hostKeys).to.deep.equal({
      place: "[git.example.com]:22",
      lines: `[git.example.com]:22 ssh-ed25519 ${HOST_KEY}\n`,
    });
  });

  it("refuses a host that nobody knows, with the command that helps and the lines that do not", async () => {
    const { reason, message } = await refusal(
      to("ssh://git.example.com:2222/a", { ...ssh, knownHosts: `*.example.com ssh-ed25519 ${HOST_KEY}\n` }),
    );

    expect(reason).to.equal("HostKeyUnknown");
    expect(message).to.contain("run `ssh-keyscan -p 2222 git.example.com`");
    expect(message).to.contain("line 1 of known_hosts in the Secret is not used: patterns (*, ?, !)");
  });

  it("warns once of the lines of a Secret that are not used, and never of what they hold", async () => {
    const warnings: unknown[] = [];
    const routes = createRoutes({ log: { ...silentLog, warn: (_, fields) => void warnings.push(fields) } });
    const knownHosts = `MARK\na.example ssh-ed25519 ${HOST_KEY}\n`;

    for (let n = 0; n < 3; n++) await routes.to(remoteOf("git@a.example:x", "s", { ...ssh, knownHosts }));

    const message = "it is not of the form: HOST TYPE KEY";
    expect(warnings).to.deep.equal([{ url: "git@a.example:x", line: 1, message }]);
  });

  it("refuses a host whose keys are all revoked", async () => {
    const knownHosts = `a.example ssh-ed25519 ${HOST_KEY}\n@revoked * ssh-ed25519 ${HOST_KEY}\n`;

    const { reason, message } = await refusal(to("git@a.example:x", { ...ssh, knownHosts }));

    expect(reason).to.equal("HostKeyUnknown");
    expect(message).to.contain("every key of a.example in known_hosts in the Secret is revoked");
  });

  it("refuses to connect, and to look elsewhere, while the file of known hosts cannot be read", async () => {
    const { reason, message } = await refusal(to("git@github.com:a/b", ssh, "/nowhere/known_hosts"));

    expect(reason).to.equal("HostKeyUnknown");
    expect(message).to.contain('Cannot read the known hosts in "/nowhere/known_hosts"');
  });

  it("reads the file of known hosts again when it changed, and warns of its bad lines once", async () => {
    const dir = await mkdtemp(join(tmpdir(), "conops-routes-"));
    const file = join(dir, "known_hosts");
    const warnings: unknown[] = [];
    const log: Log = { ...silentLog, warn: (_, fields) => void warnings.push(fields) };
    const routes = createRoutes({ log, knownHostsFile: file });
    const lines = async (): Promise<string | undefined> =>
      (await routes.to(remoteOf("git@a.example:x", "s", ssh))).access.hostKeys?.lines;
    try {
      await writeFile(file, `garbage\na.example ssh-ed25519 ${HOST_KEY}\n`);
      expect(await lines()).to.contain(HOST_KEY);
      expect(await lines()).to.contain(HOST_KEY);
      await writeFile(file, `a.example ssh-ed25519 ${OTHER_KEY} new\n`);
      expect(await lines()).to.contain(OTHER_KEY);
    } finally {
      await rm(dir, { recursive: true, force: true });
    }

    expect(warnings).to.deep.equal([{ file, line: 1, message: "it is not of the form: HOST TYPE KEY" }]);
  });
});

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
