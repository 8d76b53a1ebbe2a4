import { rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect } from "chai";
import type { Failpoint } from "../../controller/lib/failpoint.ts";
import { requireEngine, TEST_IMAGE, until } from "../support/engine.ts";
import { createLeakWorld, type LeakWorld } from "../support/leak-world.ts";

const DOCKER = "kubernetes.io/dockerconfigjson";
const SLEEP = ["sh", "-c", "trap exit TERM; while :; do sleep 0.2; done"];
const FAILPOINTS: readonly Failpoint[] = [
  "pulled",
  "rendering-recorded",
  "up-spawned",
  "up-started",
  "applied-recorded",
];

describe("values of a controller that is killed leak nowhere", () => {
  let leak: LeakWorld;

  beforeEach(async () => {
    await requireEngine();
    leak = await createLeakWorld();
  });
  afterEach(() => leak.close());

  it("in any phase of a sync, and of a deletion", async () => {
    const { world, markers } = leak;
    const value = (): Record<string, string> => ({ PW: markers.make("app/value") });
    const service = {
      build: { context: ".", args: { PW: "${PW}" } },
      image: `${world.prefix}-built`,
      command: SLEEP,
      environment: { PW: "${PW}" },
      secrets: ["sec"],
    };
    const files = {
      "compose.yaml": JSON.stringify({ services: { web: service }, secrets: { sec: { environment: "PW" } } }),
      Dockerfile: `FROM ${TEST_IMAGE}\nARG PW\nRUN echo "it is $PW"\n`,
    };
    const sha = await leak.application("app", { files, values: value() });
    try {
      for (const failpoint of FAILPOINTS) {
        await leak.secret("app-values", value());
        const killed = await leak.start({ env: { CONOPS_FAILPOINT: failpoint }, ready: false });
        expect(await killed.ended(), failpoint).to.equal("SIGKILL");
        // The Secret itself may still be plain: sealing it is another visit.
        await leak.expectNoLeak({ plainFiles: [join(world.manifests, "app-values.yaml")] });
      }
      const controller = await leak.start();
      await world.untilReady("app", sha);
      await leak.expectNoLeak();
      await controller.kill();
      const torn = await leak.start({ env: { CONOPS_FAILPOINT: "torn-down" } });
      for (const name of ["app", "app-values"]) await rm(join(world.manifests, `${name}.yaml`));
      expect(await torn.ended()).to.equal("SIGKILL");
      await leak.expectNoLeak();
      await leak.start();
      await until("it is gone", async () => (await world.record("app")) === undefined);
      await leak.expectNoLeak();
    } finally {
      await world.killAll();
      for (const { Id } of await world.containers(`${world.prefix}-app`)) await world.docker("rm", "-f", Id);
      await world.docker("image", "rm", "--force", `${world.prefix}-built`);
    }
  });

  describe("with logins of registries", () => {
    let registry: Server;
    let host: string;

    beforeEach(async () => {
      // Sends back what it is sent, or never answers.
      registry = createServer(({ headers, url = "" }, response) => {
        const { authorization } = headers;
        if (url.includes("hangs")) return;
        if (authorization === undefined) {
          response.writeHead(401, { "www-authenticate": 'Basic realm="registry"' }).end("{}");
          return;
        }
        const decoded = Buffer.from(authorization.replace(/^\w+ /, ""), "base64").toString();
        const message = `no ${authorization}, which is ${decoded}`;
        response.writeHead(url === "/v2/" ? 200 : 403, { "content-type": "application/json" });
        response.end(JSON.stringify({ errors: [{ code: "DENIED", message, detail: message }] }));
      }).listen(0, "127.0.0.1");
      await once(registry, "listening");
      host = `127.0.0.1:${(registry.address() as AddressInfo).port}`;
    });
    afterEach(() => {
      registry.close();
      registry.closeAllConnections();
    });

    it("that a registry sends back, in pulls and builds, and in a pull that never ends", async () => {
      const { world, markers } = leak;
      const basic = (name: string): string =>
        JSON.stringify({
          auths: { [host]: { auth: Buffer.from(`ada:${markers.make(name)}`).toString("base64") } },
        });
      const token = JSON.stringify({ auths: { [host]: { registrytoken: markers.make("token", "plain") } } });
      for (const [name, config, service] of [
        ["pulls", basic("pulls"), { image: `${host}/pulls:1` }],
        ["token", token, { image: `${host}/token:1` }],
        ["builds", basic("builds"), { build: ".", image: `${world.prefix}-never` }],
        ["hangs", basic("hangs"), { image: `${host}/hangs:1` }],
      ] as const) {
        await leak.secret(`${name}-login`, { ".dockerconfigjson": config }, DOCKER);
        const repo = await world.repo(name);
        await repo.commit({
          "compose.yaml": JSON.stringify({ services: { web: service } }),
          Dockerfile: `FROM ${host}/base:1\n`,
        });
        await world.manifest(name, { compose: { imagePullSecrets: [{ name: `${name}-login` }] } });
      }
      const controller = await leak.start({ args: ["--concurrency", "8"] });
      for (const [name, reason] of [
        ["pulls", "PullFailed"],
        ["token", "PullFailed"],
        ["builds", "BuildFailed"],
      ] as const) {
        await world.untilStatus(name, `"${name}" is ${reason}`, ({ conditions }) =>
          conditions.some((condition) => condition.reason === reason),
        );
      }
      await until("the other pull runs", async () => (await world.status("hangs"))?.phase === "Syncing");
      await controller.kill();
      for (const name of ["pulls", "token", "builds", "hangs"]) {
        await world.manifest(name, { suspend: true });
      }

      // What the killed one left is gone before anything else is done.
      await leak.start();
      await world.untilStatus("hangs", "it is suspended", ({ phase }) => phase === "Suspended");
      await leak.expectNoLeak();
    });
  });
});
