import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { stringify } from "yaml";
import type { ApplicationStatus } from "../../controller/api/status.ts";
import { requireEngine, until } from "../support/engine.ts";
import { createWorld, sleeper, type World } from "../support/world.ts";

const refusal = ({ conditions }: ApplicationStatus): string => {
  const ready = conditions.find(({ type }) => type === "Ready");
  return `${ready?.status} ${ready?.reason}: ${ready?.message}`;
};

describe("a policy of the controller", () => {
  let world: World;
  beforeEach(async () => {
    await requireEngine();
    world = await createWorld();
  });
  afterEach(() => world.close());

  const idsOf = async (name: string): Promise<readonly string[]> =>
    (await world.containers(`${world.prefix}-${name}`)).map(({ Id }) => Id);
  const refused = (name: string, revision: string): Promise<ApplicationStatus> =>
    world.untilStatus(
      name,
      "it is refused",
      ({ sync, violations }) => sync.attempted?.revision === revision && violations !== undefined,
    );
  const writePolicy = async (spec: object): Promise<string> => {
    const path = join(world.root, "policy.yaml");
    const metadata = { name: "house" };
    await writeFile(path, stringify({ apiVersion: "conops.dev/v1alpha1", kind: "Policy", metadata, spec }));
    return path;
  };

  it("stops what reaches the host before anything changed, says all of it, and lets the commit that mends it", async () => {
    const repo = await world.repo("shop");
    const good = await repo.commit({ "compose.yaml": sleeper("web") });
    await world.start({ args: ["--policy", "restricted"] });
    await world.manifest("shop", {});
    await world.untilReady("shop", good);
    const before = await idsOf("shop");

    const bad = await repo.commit({
      "compose.yaml": sleeper("web", [
        "privileged: true",
        "environment: {NEW: '1'}",
        "volumes: ['/var/run/docker.sock:/s']",
      ]),
      "new-file": "x",
    });
    const status = await refused("shop", bad);

    expect(refusal(status)).to.equal(
      "False PolicyViolation: Cannot use the Compose project: services.web.privileged: privileged containers are not allowed (rule privileged); and 1 more",
    );
    expect(status.phase).to.equal("Degraded");
    expect(status.violations).to.deep.equal([
      {
        rule: "privileged",
        service: "web",
        field: "services.web.privileged",
        message: "services.web.privileged: privileged containers are not allowed",
      },
      {
        rule: "docker-socket",
        service: "web",
        field: "services.web.volumes",
        message: 'services.web.volumes: "/var/run/docker.sock" is the socket of an engine',
      },
    ]);
    expect(await idsOf("shop")).to.deep.equal(before);
    const gone = await readFile(join(world.data, "checkouts/shop/new-file")).catch(() => "not there");
    expect(gone).to.equal("not there");
    const { stdout } = await world.cli("describe", "shop");
    expect(stdout).to.match(
      /^Refused by policy:\n.*RULE.*\n.*privileged.*\n.*docker-socket.*"\/var\/run\/docker.sock"/m,
    );

    const mended = await repo.commit({ "compose.yaml": sleeper("web", ["environment: {NEW: '2'}"]) });
    const after = await world.untilReady("shop", mended);
    expect(after.violations).to.equal(undefined);
    expect(await idsOf("shop")).not.to.deep.equal(before);
  });

  it("is tried again when it has changed at a restart, and heals what an older one allowed", async () => {
    const repo = await world.repo("agent");
    const first = await repo.commit({ "compose.yaml": sleeper("web", ["pid: host"]) });
    const path = await writePolicy({ exceptions: [{ applications: ["other"], rules: ["host-namespaces"] }] });
    let controller = await world.start({ args: ["--policy", path] });
    await world.manifest("agent", {});
    const status = await refused("agent", first);
    expect(refusal(status)).to.equal(
      "False PolicyViolation: Cannot use the Compose project: services.web.pid: the pid namespace of the host is not allowed (rule host-namespaces)",
    );
    expect(await idsOf("agent")).to.deep.equal([]);
    const beforehand = await world.cli("diff", "agent", "--policy", "restricted");
    expect(beforehand.code).to.equal(2);
    expect(beforehand.stderr).to.include("services.web.pid: the pid namespace of the host is not allowed");
    expect((await world.cli("diff", "agent")).code).to.equal(1);

    await controller.stop();
    controller = await world.start({ args: ["--policy", path] });
    expect((await world.status("agent"))?.history).to.deep.equal(status.history);
    await controller.stop();

    await writePolicy({ exceptions: [{ applications: ["ag*"], rules: ["host-namespaces"] }] });
    controller = await world.start({ env: { CONOPS_POLICY: path } });
    await world.untilReady("agent", first);
    const [running = ""] = await idsOf("agent");
    await controller.stop();

    controller = await world.start({ args: ["--policy", "restricted"] });
    await world.docker("rm", "-f", running);
    await world.untilStatus(
      "agent",
      "it is healed",
      ({ phase, drift }) => phase === "Synced" && drift.length === 0,
    );
    await until("it is made anew", async () => {
      const ids = await idsOf("agent");
      return ids.length === 1 && ids[0] !== running;
    });
    await world.untilReady("agent", first);

    const second = await repo.commit({
      "compose.yaml": sleeper("web", ["pid: host", "environment: {A: '1'}"]),
    });
    expect(refusal(await refused("agent", second))).to.match(/^False PolicyViolation: /);
    expect((await idsOf("agent")).length).to.equal(1);
  });

  it("that cannot be read in full keeps the controller from starting", async () => {
    const path = await writePolicy({ privileged: false, hostPath: [] });
    const controller = await world.start({ args: ["--policy", path], ready: false });

    expect(await controller.ended()).to.equal(2);
    expect(controller.log()).to.include(
      `for --policy: ${path}:7:3: spec.hostPath: unknown field "hostPath", did you mean "hostPaths"?`,
    );
  });
});
