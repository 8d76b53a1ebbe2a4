import { expect } from "chai";
import { createHash } from "node:crypto";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { lstat, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import type { ApplicationDiff } from "../../controller/api/diff.ts";
import { composeOf, createDeployments, type Deployments } from "../support/deployments.ts";
import { requireEngine, until } from "../support/engine.ts";
import { createWorld, type Controller, type World } from "../support/world.ts";

const PROGRAM = new URL("../../scripts/conops", import.meta.url).pathname;
const MANUAL = { sync: { automated: false, selfHeal: false } };

describe("conops diff", function () {
  this.timeout(180_000);
  let world: World;
  let deployments: Deployments;
  let controller: Controller;
  let temporary: string;

  beforeEach(async () => {
    await requireEngine();
    world = await createWorld();
    deployments = createDeployments(world);
    temporary = await mkdtemp(join(tmpdir(), "ct-diff-"));
    controller = await world.start();
  });
  afterEach(async () => {
    await world.close();
    await rm(temporary, { recursive: true });
  });

  const diff = async (...args: readonly string[]): Promise<ApplicationDiff> => {
    const { stdout, stderr } = await world.cli("diff", ...args, "-o", "json");
    if (stdout === "") throw new Error(stderr);
    return JSON.parse(stdout) as ApplicationDiff;
  };
  /** With temporary folders of its own: other tests make some, too. */
  const start = (...args: readonly string[]) =>
    spawn(PROGRAM, args, {
      env: {
        ...process.env,
        CONOPS_MANIFESTS: world.manifests,
        CONOPS_DATA_DIR: world.data,
        TMPDIR: temporary,
      },
      stdio: ["pipe", "ignore", "ignore"],
    });
  const codeOf = async (child: ReturnType<typeof start>): Promise<number | null> => {
    const [code] = (await once(child, "exit")) as [number | null];
    return code;
  };
  const told = ({ changes }: ApplicationDiff): readonly string[] => changes.map(({ text }) => text);
  const deploy = async (
    name: string,
    services: Readonly<Record<string, object>>,
    spec = {},
  ): Promise<void> => {
    await deployments.deploy(name, services, spec);
    await world.manifest(name, { ...MANUAL, ...spec });
    await world.untilStatus(name, "it is taken in", ({ observedGeneration }) => observedGeneration === 2);
  };

  it("says nothing and exits with 0 where nothing differs, and with 1 where something does", async () => {
    await deploy("shop", { web: { environment: { TAG: "1" } } });

    const same = await world.cli("diff", "shop");
    const revision = await deployments.push("shop", { web: { environment: { TAG: "2" } } });
    const other = await world.cli("diff", "shop");

    expect([same.code, other.code], same.stderr + other.stderr).to.deep.equal([0, 1]);
    expect(same.stdout).to.include("  no differences\n");
    expect(other.stdout).to.match(new RegExp(`^shop: [0-9a-f]{10} → ${revision.slice(0, 10)} "`));
    expect(other.stdout).to.include('\n  ~ service "web" is recreated\n      environment.TAG "1" → "2"\n');
  });

  it("exits with 2 for whatever goes wrong, in the words of a sync", async () => {
    await deploy("shop", { web: {} });
    const repo = await world.repo("shop");
    await repo.commit({ "compose.yaml": "services: {web: {imagee: x}}\n" });
    await writeFile(join(world.manifests, "wrong.yaml"), "kind: Nonsense\napiVersion: conops.dev/v1alpha1\n");

    const results = await Promise.all([
      world.cli("diff", "shop"),
      world.cli("diff", "nobody"),
      world.cli("diff"),
      world.cli("diff", "-f", join(world.manifests, "wrong.yaml")),
      world.cli("diff", "shop", "--revision", "no-such-branch"),
      world.cli("sync", "shop", "--dry-run", "--docker-host", "unix:///nowhere.sock"),
    ]);

    expect(results.map(({ code }) => code)).to.deep.equal([2, 2, 2, 2, 2, 2]);
    expect(results[0].stderr).to.include("imagee");
    expect(results[1].stderr).to.equal(
      `Error: Cannot find Application "nobody" in ${JSON.stringify(world.manifests)}\n`,
    );
    expect(results[4].stderr).to.include('the branch "no-such-branch"');
    expect(results.map(({ stdout }) => stdout).join("")).to.equal("");
  });

  it("compares a manifest that is not in the folder yet, with the Secrets beside it", async () => {
    await world
      .repo("shop")
      .then((repo) => repo.commit({ "compose.yaml": composeOf({ web: { environment: { PW: "${PW}" } } }) }));
    await world.manifest("shop", {
      compose: { env: [{ name: "PW", valueFrom: { secretKeyRef: { name: "pw", key: "pw" } } }] },
    });
    const file = join(temporary, "shop.yaml");
    await rename(join(world.manifests, "shop.yaml"), file);
    const secret = {
      apiVersion: "conops.dev/v1alpha1",
      kind: "Secret",
      metadata: { name: "pw" },
      type: "Opaque",
      stringData: { pw: "correct-horse" },
    };
    const text = `${await readFile(file, "utf8")}---\n${stringify(secret)}`;
    await writeFile(file, text);

    const found = await diff("-f", file);
    const child = start("diff", "-f", "-");
    child.stdin.end(text);
    const code = await codeOf(child);

    expect(found.metadata.name).to.equal("shop");
    expect(found.from).to.equal(undefined);
    expect(told(found)).to.include('service "web" is created: it is not there');
    expect(code).to.equal(1);
    expect(await world.containers(deployments.project("shop"))).to.deep.equal([]);
  });

  it("compares an edit of a manifest that is there, and another revision", async () => {
    await deploy("shop", { web: { environment: { TAG: "1" } } });
    const repo = await world.repo("shop");
    await repo.branch("next");
    const next = await repo.commit({ "compose.yaml": composeOf({ web: { environment: { TAG: "next" } } }) });
    const manifest = parse(await readFile(join(world.manifests, "shop.yaml"), "utf8")) as {
      spec: { source: object };
    };
    const file = join(temporary, "edited.yaml");
    await writeFile(
      file,
      stringify({
        ...manifest,
        spec: { ...manifest.spec, source: { ...manifest.spec.source, revision: { branch: "next" } } },
      }),
    );

    const [edited, branch, commit, short] = [
      await diff("-f", file),
      await diff("shop", "--revision", "next"),
      await diff("shop", "--revision", next),
      await diff("shop", "--revision", next.slice(0, 9)),
    ];

    for (const found of [edited, branch, commit, short]) {
      expect(found.to.revision).to.equal(next);
      expect(told(found)).to.deep.equal(['service "web" is recreated: environment.TAG "1" → "next"']);
    }
    expect(branch.to.ref).to.equal("refs/heads/next");
    expect((await diff("shop")).differs).to.equal(false);
  });

  it("works while no controller runs, and while the remote is down: then with what was seen last", async () => {
    await deploy("shop", { web: { environment: { TAG: "1" } } });
    await deployments.push("shop", { web: { environment: { TAG: "2" } } });
    const seen = await (await world.repo("shop")).head();
    await world.untilStatus("shop", "the commit is seen", ({ source }) => source?.revision === seen);
    await controller.stop();

    const stopped = await diff("shop");
    await rename(join(world.repos, "shop"), join(world.repos, "away"));
    const down = await diff("shop");

    expect(told(stopped)).to.deep.equal(['service "web" is recreated: environment.TAG "1" → "2"']);
    expect(down.notes[0]).to.match(
      /^the remote cannot be read, .*which was never fetched: what is applied is compared$/,
    );
    expect(down.differs).to.equal(false);
    expect((await world.cli("diff", "shop", "--revision", "next")).code).to.equal(2);
  });

  it("never prints the value of a Secret, and says that it changed", async () => {
    const keep = (value: string): Promise<void> =>
      writeFile(
        join(world.manifests, "pw.yaml"),
        stringify({
          apiVersion: "conops.dev/v1alpha1",
          kind: "Secret",
          metadata: { name: "pw" },
          type: "Opaque",
          stringData: { pw: value },
        }),
      );
    await keep("correct-horse");
    const spec = {
      compose: { env: [{ name: "PW", valueFrom: { secretKeyRef: { name: "pw", key: "pw" } } }] },
    };
    await deploy("shop", { web: { environment: { PW: "${PW}" }, labels: { pw: "x ${PW} y" } } }, spec);
    await keep("battery-staple");

    const found = await world.cli("diff", "shop", "-o", "json");
    const text = await world.cli("sync", "shop", "--dry-run");

    expect(found.code, found.stderr).to.equal(1);
    expect(told(JSON.parse(found.stdout) as ApplicationDiff)).to.deep.equal([
      'service "web" is recreated: environment.PW changed (***), labels.pw changed ("x *** y")',
    ]);
    for (const said of [found, text]) expect(said.stdout + said.stderr).to.not.match(/horse|staple/);
  });

  it("changes nothing: no file, no container, no image; also in the middle of a sync", async () => {
    const slow = { depends_on: { wait: { condition: "service_healthy" } } };
    const wait = { healthcheck: { test: ["CMD", "test", "-f", "/ready"], interval: "1s", retries: 100 } };
    await deploy("shop", { web: { environment: { TAG: "1" } } });
    await deploy("other", { web: {} });
    await deployments.push("shop", { web: { environment: { TAG: "2" } } });
    await deployments.push("other", { web: { ...slow, environment: { TAG: "2" } }, wait });
    await world.cli("sync", "other");
    await until(
      "the sync waits",
      async () => (await world.containers(deployments.project("other"))).length > 1,
    );
    controller.process.kill("SIGSTOP");
    const state = async (): Promise<unknown> => ({
      data: await hashOfTree(world.data),
      manifests: await hashOfTree(world.manifests),
      repos: await hashOfTree(world.repos),
      containers: await world.docker(
        "ps",
        "-a",
        "--no-trunc",
        "--filter",
        `name=${world.prefix}`,
        "--format",
        "{{.ID}} {{.State}}",
      ),
      networks: await world.docker(
        "network",
        "ls",
        "--filter",
        `name=${world.prefix}`,
        "--format",
        "{{.ID}}",
      ),
      volumes: await world.docker(
        "volume",
        "ls",
        "--filter",
        `name=${world.prefix}`,
        "--format",
        "{{.Name}}",
      ),
    });
    const before = await state();

    const codes = await Promise.all(
      [
        ["diff", "shop"],
        ["diff", "other"],
        ["sync", "shop", "--dry-run"],
      ].map((args) => codeOf(start(...args))),
    );

    expect(codes).to.deep.equal([1, 1, 1]);
    expect(await state()).to.deep.equal(before);
    expect(await readdir(temporary)).to.deep.equal([]);
    controller.process.kill("SIGCONT");
  });

  it("leaves nothing behind when it is broken off", async () => {
    await deploy("shop", { web: {} });
    const child = start("diff", "shop");
    await until("it has begun", async () => (await readdir(temporary)).length > 0);

    child.kill("SIGINT");
    const code = await codeOf(child);

    expect(code).to.equal(130);
    expect(await readdir(temporary)).to.deep.equal([]);
  });
});

/** Over every path, mode and content below. */
async function hashOfTree(dir: string): Promise<string> {
  const hash = createHash("sha256");
  for (const path of (await readdir(dir, { recursive: true })).toSorted()) {
    const found = await lstat(join(dir, path));
    hash.update(`${path} ${found.mode} ${found.mtimeMs}\n`);
    if (found.isFile()) hash.update(await readFile(join(dir, path)));
  }
  return hash.digest("hex");
}
