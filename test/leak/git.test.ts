import { createPrivateKey } from "node:crypto";
import { rm, writeFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { expect } from "chai";
import type { Reason } from "../../controller/api/reasons.ts";
import { requireEngine } from "../support/engine.ts";
import { startSmartHttp, type SmartHttpServer } from "../support/git-servers.ts";
import { createLeakWorld, type LeakWorld } from "../support/leak-world.ts";
import { createSshKey, startSshServer, type SshKey } from "../support/ssh-server.ts";
import { createAuthority } from "../support/tls.ts";
import { sleeper, type Controller } from "../support/world.ts";

const BASIC = "kubernetes.io/basic-auth";
const BEARER = "conops.dev/bearer-token";
const SSH = "kubernetes.io/ssh-auth";
const headerOf = ({ headers }: IncomingMessage): string => headers.authorization ?? "";
const decodedOf = (request: IncomingMessage): string =>
  Buffer.from(headerOf(request).replace(/^\w+ /, ""), "base64").toString("latin1");

describe("credentials of Git leak nowhere", () => {
  let leak: LeakWorld;
  let servers: { close(): Promise<void> }[];

  beforeEach(async () => {
    await requireEngine();
    leak = await createLeakWorld();
    servers = [];
  });
  afterEach(async () => {
    for (const server of servers) await server.close();
    await leak.close();
  });

  const start = (args: readonly string[] = []): Promise<Controller> =>
    leak.start({ args: ["--concurrency", "16", ...args] });
  const untilSource = (name: string, reason: Reason): Promise<unknown> =>
    leak.world.untilStatus(name, `the source of "${name}" is ${reason}`, ({ conditions }) =>
      conditions.some((each) => each.type === "SourceReady" && each.reason === reason),
    );

  async function follow(
    name: string,
    repoURL: string,
    type: string,
    fields: Readonly<Record<string, string>>,
  ): Promise<void> {
    await leak.secret(`${name}-git`, fields, type);
    await leak.world.manifest(name, { source: { repoURL, secretRef: { name: `${name}-git` } } });
  }

  async function serve(
    answer: (request: IncomingMessage, response: ServerResponse) => boolean,
    tls?: { readonly key: string; readonly cert: string },
  ): Promise<SmartHttpServer> {
    const server = await startSmartHttp(leak.world.repos, {
      before: answer,
      ...(tls && { tls }),
    });
    servers.push(server);
    return server;
  }

  it("over http, whether a server takes them, refuses them, sends them back or elsewhere", async () => {
    const { world, markers } = leak;
    const repo = await world.repo("shop");
    const sha = await repo.commit({ "compose.yaml": sleeper() });
    const strangers: string[] = [];
    const stranger = await serve((request) => {
      strangers.push(...request.rawHeaders, request.url ?? "");
      return false;
    });
    // Another name is another host. (Another port is not: whoever redirects there has the credential already.)
    const elsewhere = stranger.url("shop").replace("127.0.0.1", "localhost");
    const password = markers.make("password");
    const token = markers.make("token", "plain");
    const accepted = [`Basic ${Buffer.from(`ada:${password}`).toString("base64")}`, `Bearer ${token}`];
    const server = await serve((request, response) => {
      const header = headerOf(request);
      const [, behaviour = "", rest = ""] = /^\/(\w+)(\/.*)$/.exec(request.url ?? "") ?? [];
      if (header === "") response.writeHead(401, { "www-authenticate": 'Basic realm="git"' }).end();
      else if (behaviour === "refuses")
        response
          .writeHead(401, { "www-authenticate": `Basic realm="no ${header}"` })
          .end(`no ${header} ${decodedOf(request)}`);
      else if (behaviour === "forbids")
        response.writeHead(403, `no ${header}`).end(`no ${decodedOf(request)}`);
      else if (behaviour === "breaks") response.writeHead(500, `no ${header}`).end(header);
      else if (behaviour === "babbles")
        response.writeHead(200, { "content-type": `text/${encodeURIComponent(header)}` }).end(header);
      else if (behaviour === "lies")
        response
          .writeHead(200, { "content-type": "application/x-git-upload-pack-advertisement" })
          .end(
            `001e# service=git-upload-pack\n0000${(header.length + 9).toString(16).padStart(4, "0")}ERR ${header}\n`,
          );
      else if (behaviour === "moves")
        response.writeHead(302, { location: `${elsewhere}/.git${rest.slice(rest.indexOf("/info"))}` }).end();
      else if (behaviour === "tells")
        response.writeHead(302, { location: `${elsewhere}/${encodeURIComponent(header)}${rest}` }).end();
      else if (accepted.includes(header)) {
        request.url = rest;
        return false;
      } else response.writeHead(401, { "www-authenticate": 'Basic realm="git"' }).end(header);
      return true;
    });
    await start();

    const url = (behaviour: string): string => server.url(`${behaviour}/shop/.git`);
    await follow("basic", url("takes"), BASIC, { username: "ada", password });
    await follow("bearer", url("takes"), BEARER, { token });
    const behaviours = ["refuses", "forbids", "breaks", "babbles", "lies", "moves", "tells"];
    for (const behaviour of behaviours) {
      await follow(`b-${behaviour}`, url(behaviour), BASIC, {
        username: "ada",
        password: markers.make(behaviour),
      });
      await follow(`t-${behaviour}`, url(behaviour), BEARER, { token: markers.make(behaviour, "plain") });
    }
    const outer = await world.repo("outer");
    await outer.commit({
      "compose.yaml": sleeper(),
      ".gitmodules": `[submodule "sub"]\n\tpath = sub\n\turl = ${url("refuses")}\n`,
    });
    await outer.git("update-index", "--add", "--cacheinfo", `160000,${sha},sub`);
    await outer.git("commit", "--quiet", "-m", "A submodule");
    await leak.secret("outer-sub", { password: markers.make("submodule") }, BASIC);
    const submoduleSecretRefs = [{ host: `127.0.0.1:${server.port}`, secretRef: { name: "outer-sub" } }];
    await world.manifest("outer", { source: { submodules: true, submoduleSecretRefs } });
    const plain = markers.make("a password in a URL", "plain");
    await world.manifest("url", {
      source: { repoURL: `http://ada:${plain}@127.0.0.1:${server.port}/takes/shop` },
    });
    for (const name of ["basic", "bearer"]) await world.untilReady(name, sha);
    for (const behaviour of behaviours) {
      for (const kind of ["b", "t"]) {
        await world.untilStatus(`${kind}-${behaviour}`, "its source was asked", ({ conditions }) =>
          conditions.some(
            ({ type, status, reason }) =>
              type === "SourceReady" && (status === "True" || reason !== "SourceNotChecked"),
          ),
        );
      }
    }
    const { conditions } = await world.untilStatus("outer", "its submodule is refused", (status) =>
      status.conditions.some(({ type, reason }) => type === "Ready" && reason === "AuthenticationFailed"),
    );
    expect(JSON.stringify(conditions)).to.contain("/refuses/shop");
    await world.untilStatus("url", "it is refused", ({ phase }) => phase === "Error");

    await leak.expectNoLeak({ plainFiles: [join(world.manifests, "url.yaml")] });
    expect(strangers).to.deep.equal([]);

    // A wrong one in the place of the right one, and none at all.
    await leak.secret("basic-git", { username: "ada", password: markers.make("wrong") }, BASIC);
    await untilSource("basic", "AuthenticationFailed");
    await rm(join(world.manifests, "bearer-git.yaml"));
    await world.untilStatus("bearer", "its Secret is missed", ({ conditions }) =>
      conditions.some(({ reason }) => reason === "SecretInvalid"),
    );
    await leak.expectNoLeak({ plainFiles: [join(world.manifests, "url.yaml")] });
  });

  it("over TLS that cannot be believed", async () => {
    const { world, markers } = leak;
    await (await world.repo("shop")).commit({ "compose.yaml": sleeper() });
    const authority = await createAuthority();
    const wrongName = await serve(() => false, await authority.issue("DNS:elsewhere.example.com"));
    const unknown = await serve(() => false, await (await createAuthority("nobody")).issue("IP:127.0.0.1"));
    await writeFile(join(world.root, "ca.pem"), authority.cert);
    await start(["--git-ca-file", join(world.root, "ca.pem")]);
    await follow("unknown", unknown.url("shop/.git"), BASIC, { password: markers.make("unknown") });
    const named = wrongName.url("shop/.git").replace("127.0.0.1", "localhost");
    await follow("named", named, BEARER, { token: markers.make("named", "plain") });

    await untilSource("unknown", "CertificateInvalid");
    await untilSource("named", "CertificateInvalid");
    expect([...unknown.requests, ...wrongName.requests]).to.deep.equal([]);
    await leak.expectNoLeak();
  });

  it("over SSH, with keys of every kind, right and wrong passphrases, and hosts that nobody knows", async () => {
    const { world, markers } = leak;
    const repo = await world.repo("shop");
    const sha = await repo.commit({ "compose.yaml": sleeper() });
    const passphrase = markers.make("passphrase");
    const keys = {
      pem: await createSshKey({ type: "ecdsa", bits: 256, format: "PEM" }),
      locked: await createSshKey({ type: "ed25519", passphrase }),
      own: await createSshKey({ type: "ed25519" }),
      stranger: await createSshKey({ type: "rsa", bits: 2048, format: "PKCS8" }),
    };
    for (const [name, key] of Object.entries(keys)) forbidKey(name, key);
    const sshd = await startSshServer({ authorized: [keys.pem, keys.locked, keys.own] });
    servers.push(sshd);
    const url = sshd.url(join(repo.dir, ".git"));
    await start();
    const known = { known_hosts: sshd.knownHosts };
    await follow("pem", url, SSH, { "ssh-privatekey": keys.pem.privateKey, ...known });
    await follow("locked", url, SSH, { "ssh-privatekey": keys.locked.privateKey, passphrase, ...known });
    await follow("unknown", url, SSH, { "ssh-privatekey": keys.own.privateKey });
    await follow("stranger", url, SSH, { "ssh-privatekey": keys.stranger.privateKey, ...known });
    await follow("wrong", url, SSH, {
      "ssh-privatekey": keys.locked.privateKey,
      passphrase: markers.make("wrong passphrase"),
      ...known,
    });
    await follow("broken", url, SSH, { "ssh-privatekey": keys.own.privateKey.slice(0, -90), ...known });

    for (const name of ["pem", "locked"]) await world.untilReady(name, sha);
    await untilSource("unknown", "HostKeyUnknown");
    await untilSource("stranger", "AuthenticationFailed");
    await world.untilStatus("wrong", "its passphrase is wrong", ({ conditions }) =>
      conditions.some(({ reason }) =>
        ["CredentialUnusable", "AuthenticationFailed", "SecretInvalid"].includes(reason),
      ),
    );
    await world.untilStatus("broken", "its key is broken", ({ conditions }) =>
      conditions.some(({ reason }) => ["CredentialUnusable", "SecretInvalid"].includes(reason)),
    );
    await leak.expectNoLeak();
  });

  /** The lines of the private part, and of a key that is not encrypted, what makes it private. */
  function forbidKey(name: string, { privateKey, publicKey }: SshKey): void {
    const lines = privateKey.split("\n").filter((line) => line !== "" && !line.startsWith("-----"));
    // The first lines tell the kind and the public part, which is no secret.
    for (const line of lines.slice(-3)) {
      if (line.length >= 20 && !publicKey.includes(line))
        leak.markers.forbid(`the ${name} key`, line.slice(0, 20));
    }
    if (privateKey.includes("OPENSSH")) return;
    const jwk = createPrivateKey(privateKey).export({ format: "jwk" });
    leak.markers.forbid(`the ${name} key`, Buffer.from(jwk.d ?? "", "base64url").subarray(4, 24));
  }
});
