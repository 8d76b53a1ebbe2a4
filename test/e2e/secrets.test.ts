import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { stringify } from "yaml";
import { requireEngine, until } from "../support/engine.ts";
import { startSmartHttp, type SmartHttpServer } from "../support/git-servers.ts";
import { createSshKey, startSshServer } from "../support/ssh-server.ts";
import { createWorld, sleeper, type Inspected, type World } from "../support/world.ts";

const PASSWORD = "swordfish-4711";

describe("a Secret in the registry", () => {
  let world: World;

  beforeEach(async () => {
    await requireEngine();
    world = await createWorld();
  });
  afterEach(() => world.close());

  async function keep(
    name: string,
    type: string,
    stringData: Readonly<Record<string, string>>,
  ): Promise<void> {
    const secret = {
      apiVersion: "conops.dev/v1alpha1",
      kind: "Secret",
      metadata: { name },
      type,
      stringData,
    };
    await writeFile(join(world.manifests, `${name}.yaml`), stringify(secret));
  }
  async function web(name: string): Promise<Inspected | undefined> {
    return (await world.containers(`${world.prefix}-${name}`)).find(
      ({ State }) => State.Status === "running",
    );
  }

  it("gives a variable its value, and a changed value recreates the container that has it", async () => {
    const repo = await world.repo("shop");
    const first = await repo.commit({
      "compose.yaml": sleeper("web", ["environment: {DB_PASSWORD: '${DB_PASSWORD}'}"]),
    });
    const env = [{ name: "DB_PASSWORD", valueFrom: { secretKeyRef: { name: "db", key: "password" } } }];
    await world.start();
    await world.manifest("shop", { compose: { env } });
    await world.untilStatus("shop", "it waits for the Secret", ({ conditions }) =>
      conditions.some(({ type, reason }) => type === "Ready" && reason === "SecretInvalid"),
    );

    await keep("db", "Opaque", { password: "one$two'three" });
    await world.untilReady("shop", first);
    const before = await web("shop");
    expect(before?.Config.Env).to.include("DB_PASSWORD=one$two'three");

    await keep("db", "Opaque", { password: "another" });
    await until("the new value is there", async () =>
      (await web("shop"))?.Config.Env.includes("DB_PASSWORD=another"),
    );
    const after = await world.untilReady("shop", first);
    expect(after.sync.trigger).to.equal("SecretChanged");

    await rm(join(world.manifests, "db.yaml"));
    await world.untilStatus("shop", "the Secret is missed", ({ conditions }) =>
      conditions.some(({ type, reason }) => type === "Ready" && reason === "SecretInvalid"),
    );
    const running = await web("shop");
    await world.docker("rm", "-f", running?.Id ?? "");
    await until("it is healed from its record", async () =>
      (await web("shop"))?.Config.Env.includes("DB_PASSWORD=another"),
    );
    await keep("db", "Opaque", { password: "another" });
    await world.untilReady("shop", first);
  });

  describe("as the credential of a private repository", () => {
    let server: SmartHttpServer;

    beforeEach(async () => {
      const wanted = `Basic ${Buffer.from(`git:${PASSWORD}`).toString("base64")}`;
      server = await startSmartHttp(world.repos, {
        before({ headers }, response) {
          if (headers.authorization === wanted) return false;
          response.writeHead(401, { "www-authenticate": 'Basic realm="git"' }).end();
          return true;
        },
      });
    });
    afterEach(() => server.close());

    it("opens it over http on this machine, says when it is refused, and is taken anew at once", async () => {
      const repo = await world.repo("shop");
      const first = await repo.commit({ "compose.yaml": sleeper("web") });
      await keep("token", "kubernetes.io/basic-auth", { password: "wrong" });
      await world.start();
      await world.manifest("shop", {
        source: { repoURL: server.url("shop/.git"), secretRef: { name: "token" }, interval: "1h" },
      });
      const refused = await world.untilStatus("shop", "it is refused", ({ conditions }) =>
        conditions.some(({ type, reason }) => type === "SourceReady" && reason === "AuthenticationFailed"),
      );
      expect(JSON.stringify(refused)).not.to.contain("wrong");

      await keep("token", "kubernetes.io/basic-auth", { password: PASSWORD });

      await world.untilReady("shop", first);
    });
  });

  it("opens a repository over ssh with a key that never touches the disk, from a host that is known", async () => {
    const key = await createSshKey();
    const sshd = await startSshServer({ authorized: [key] });
    try {
      const repo = await world.repo("shop");
      const first = await repo.commit({ "compose.yaml": sleeper("web") });
      await keep("key", "kubernetes.io/ssh-auth", { "ssh-privatekey": key.privateKey });
      await world.start();
      const source = { repoURL: sshd.url(join(repo.dir, ".git")), secretRef: { name: "key" } };
      await world.manifest("shop", { source });
      await world.untilStatus("shop", "the host is not known", ({ conditions }) =>
        conditions.some(({ type, reason }) => type === "SourceReady" && reason === "HostKeyUnknown"),
      );

      await keep("key", "kubernetes.io/ssh-auth", {
        "ssh-privatekey": key.privateKey,
        known_hosts: sshd.knownHosts,
      });

      await world.untilReady("shop", first);
      const second = await repo.commit({ "compose.yaml": sleeper("web", ["environment: {A: b}"]) });
      await world.untilReady("shop", second);
    } finally {
      await sshd.close();
    }
  });
});
