import { createHmac } from "node:crypto";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { stringify } from "yaml";
import { requireEngine, until } from "../support/engine.ts";
import { createWorld, sleeper, type Controller, type World } from "../support/world.ts";

const TOKEN = "a-token-of-the-hook";

describe("a Receiver in the registry", () => {
  let world: World;

  beforeEach(async () => {
    await requireEngine();
    world = await createWorld();
  });
  afterEach(() => world.close());

  async function declare(name: string, document: object): Promise<void> {
    await writeFile(
      join(world.manifests, `${name}.yaml`),
      stringify({ apiVersion: "conops.dev/v1alpha1", metadata: { name }, ...document }),
    );
  }
  async function deliver(controller: Controller, body: object, token = TOKEN): Promise<number> {
    const text = JSON.stringify(body);
    const signature = createHmac("sha256", token).update(text).digest("hex");
    const response = await fetch(`${controller.http}/hooks/github`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "x-github-event": "push",
        "x-hub-signature-256": `sha256=${signature}`,
      },
      body: text,
    });
    return response.status;
  }

  it("has a push deployed at once, though nobody polls; a stranger has nothing looked at", async () => {
    const repo = await world.repo("shop");
    const first = await repo.commit({ "compose.yaml": sleeper("web") });
    const controller = await world.start();
    await world.manifest("shop", { source: { interval: "1h" } });
    await world.untilReady("shop", first);
    await declare("github", {
      kind: "Receiver",
      spec: { type: "github", secretRef: { name: "hook" }, matchRepository: true },
    });
    const push = (sha: string): object => ({
      ref: "refs/heads/main",
      after: sha,
      repository: { clone_url: world.server.url("shop"), full_name: "shop" },
    });
    await until("it is known", async () => (await deliver(controller, push(first))) === 401);

    await declare("hook", { kind: "Secret", stringData: { token: TOKEN } });
    await until("its Secret is known", async () => (await deliver(controller, push(first))) === 202);
    const second = await repo.commit({ "compose.yaml": sleeper("web", ["environment: {A: b}"]) });
    expect(await deliver(controller, push(second), "another token")).to.equal(401);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect((await world.status("shop"))?.sync.applied?.revision).to.equal(first);

    expect(await deliver(controller, push(second))).to.equal(202);
    await world.untilReady("shop", second);
    const metrics = await (await fetch(`${controller.http}/metrics`)).text();
    expect(metrics).to.match(/conops_receiver_deliveries_total\{name="github",result="accepted"\} [1-9]/);
    expect(controller.log()).not.to.contain(TOKEN);

    await rm(join(world.manifests, "github.yaml"));
    await until("it is gone", async () => (await deliver(controller, push(second))) === 404);
    const after = await (await fetch(`${controller.http}/metrics`)).text();
    expect(after).not.to.contain('conops_receiver_deliveries_total{name="github"');
  });
});
