import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { stringify } from "yaml";
import { conditionOf } from "../support/conditions.ts";
import { FOR_EVER } from "../support/deployments.ts";
import { requireEngine, TEST_IMAGE, until } from "../support/engine.ts";
import type { TempRepo } from "../support/git-repo.ts";
import { healings } from "../support/reading.ts";
import { createWorld, type Inspected, type World } from "../support/world.ts";

const LABEL = "conops.dev/on-file-change";

/** One service for each way in which a file of the repository reaches a container, and one that uses none. */
function services(content = "1", builds = true): string {
  const web = { image: TEST_IMAGE, command: FOR_EVER, stop_grace_period: "1s" };
  return stringify({
    services: {
      file: { ...web, volumes: ["./conf/file:/file:ro"] },
      folder: { ...web, volumes: ["./conf/folder:/folder:ro"] },
      config: { ...web, configs: [{ source: "file", target: "/file" }] },
      content: { ...web, configs: [{ source: "content", target: "/file" }] },
      secret: { ...web, secrets: ["file"] },
      env: { ...web, env_file: ["./conf/env"] },
      ...(builds && { built: { ...web, image: undefined, build: "./app" } }),
      other: { ...web, depends_on: ["file", "folder"] },
    },
    configs: { file: { file: "./conf/config" }, content: { content } },
    secrets: { file: { file: "./conf/secret" } },
  });
}

describe("files of the repository", function () {
  this.timeout(180_000);
  let world: World;

  before(async () => {
    await requireEngine();
    world = await createWorld();
  });
  after(() => world.close());
  afterEach(() => world.killAll());

  const serviceOf = ({ Config }: Inspected): string => Config.Labels["com.docker.compose.service"] ?? "";
  const project = (name: string): string => `${world.prefix}-${name}`;

  /** service → the life of its container: id and start. */
  async function lives(name: string): Promise<ReadonlyMap<string, { id: string; startedAt: string }>> {
    const containers = await world.containers(project(name));
    return new Map(containers.map((one) => [serviceOf(one), { id: one.Id, startedAt: one.State.StartedAt }]));
  }

  async function made(
    name: string,
    act: () => Promise<unknown>,
  ): Promise<{ anew: readonly string[]; restarted: readonly string[] }> {
    const before = await lives(name);
    await act();
    const after = await lives(name);
    const anew = [...after].filter(([service, { id }]) => before.get(service)?.id !== id);
    const restarted = [...after].filter(
      ([service, { id, startedAt }]) =>
        before.get(service)?.id === id && before.get(service)?.startedAt !== startedAt,
    );
    const names = (found: typeof anew): readonly string[] => found.map(([service]) => service).toSorted();
    return { anew: names(anew), restarted: names(restarted) };
  }

  async function push(repo: TempRepo, name: string, files: Readonly<Record<string, string>>): Promise<void> {
    await world.untilReady(name, await repo.commit(files), 60_000);
  }

  async function read(name: string, service: string, path: string): Promise<string> {
    return world.docker("exec", (await lives(name)).get(service)?.id ?? "", "cat", path);
  }

  const FILES = {
    "conf/file": "1",
    "conf/folder/a": "1",
    "conf/config": "1",
    "conf/secret": "1",
    "conf/env": "A=1\n",
    "app/Dockerfile": `FROM ${TEST_IMAGE}\nCOPY file /file\nCMD ["sh", "-c", "trap exit TERM; while :; do sleep 0.2; done"]\n`,
    "app/file": "1",
    README: "1",
  };

  it("make exactly those services anew that use what has changed, and only them", async () => {
    await world.start();
    const repo = await world.repo("each");
    await repo.commit({ "compose.yaml": services(), ...FILES });
    await world.manifest("each", {});
    await world.untilReady("each", undefined, 60_000);

    const cases: readonly (readonly [string, Readonly<Record<string, string>>, readonly string[]])[] = [
      ["a bound file", { "conf/file": "2" }, ["file"]],
      ["a file in a bound folder", { "conf/folder/a": "2" }, ["folder"]],
      ["a new file in a bound folder", { "conf/folder/b": "1" }, ["folder"]],
      ["a config's file", { "conf/config": "2" }, ["config"]],
      ["a config's content", { "compose.yaml": services("2") }, ["content"]],
      ["a secret's file", { "conf/secret": "2" }, ["secret"]],
      ["an env_file", { "conf/env": "A=2\n" }, ["env"]],
      ["a build context", { "app/file": "2" }, ["built"]],
      ["a Dockerfile", { "app/Dockerfile": `${FILES["app/Dockerfile"]}ENV X=1\n` }, ["built"]],
      ["a file that none uses", { README: "2" }, []],
      ["two of them", { "conf/file": "3", "conf/secret": "3" }, ["file", "secret"]],
    ];
    for (const [what, files, anew] of cases) {
      const found = await made("each", () => push(repo, "each", files));
      expect({ what, ...found }).to.deep.equal({ what, anew, restarted: [] });
    }
    expect(await read("each", "file", "/file")).to.equal("3");
    expect(await read("each", "folder", "/folder/a")).to.equal("2");
    expect(await read("each", "config", "/file")).to.equal("2");
    expect(await read("each", "content", "/file")).to.equal("2");
    expect(await read("each", "secret", "/run/secrets/file")).to.equal("3");
    expect(await read("each", "built", "/file")).to.equal("2");
    const status = await world.status("each");
    expect(status?.history.filter(({ trigger }) => trigger === "Drift")).to.deep.equal([]);
  });

  it("reach a service as its label says: by a restart, by a signal, or not at all", async () => {
    const controller = await world.start();
    const repo = await world.repo("labelled");
    const tells = [
      "sh",
      "-c",
      "trap 'cat /folder/a >> /told' HUP; trap exit TERM; while :; do sleep 0.1; done",
    ];
    const web = {
      image: TEST_IMAGE,
      command: tells,
      volumes: ["./conf/folder:/folder:ro", "./conf/file:/file:ro"],
    };
    const labelled = (label: string) => ({ ...web, labels: { [LABEL]: label } });
    const compose = (signal = "signal=HUP"): string =>
      stringify({
        services: { quiet: labelled("ignore"), started: labelled("restart"), told: labelled(signal), web },
      });
    await repo.commit({ "compose.yaml": compose(), "conf/folder/a": "1\n", "conf/file": "1" });
    await world.manifest("labelled", {});
    await world.untilReady("labelled");

    expect(await made("labelled", () => push(repo, "labelled", { "conf/folder/a": "2\n" }))).to.deep.equal({
      anew: ["web"],
      restarted: ["started"],
    });
    await until("the program has read its files again", async () =>
      read("labelled", "told", "/told").then(
        (text) => text === "2\n",
        () => false,
      ),
    );

    expect(await made("labelled", () => push(repo, "labelled", { "conf/file": "2" }))).to.deep.equal({
      anew: ["web"],
      restarted: ["started", "told"],
    });
    expect(await read("labelled", "told", "/file")).to.equal("2");
    expect(await read("labelled", "quiet", "/file")).to.equal("1");
    const said = controller.lines().filter(({ msg }) => msg === "mounted files changed");
    expect(said.map(({ why }) => why)).to.include(
      "FilesChanged: was given another conf/file; a signal is enough only for files in a folder that is mounted: it is restarted",
    );
    const quiet = (await world.status("labelled"))?.health.services.find(({ name }) => name === "quiet");
    expect(quiet?.message).to.equal(
      `has another conf/folder, conf/file than Git, by its label ${LABEL}: ignore`,
    );

    const calm = await made("labelled", async () => {
      await controller.stop();
      await world.start();
      await world.untilReady("labelled");
    });
    expect(calm).to.deep.equal({ anew: [], restarted: [] });

    const before = await lives("labelled");
    await repo.commit({ "compose.yaml": compose("signal=HUB"), "conf/file": "3" });
    const refused = await world.untilStatus("labelled", "the label is refused", ({ conditions }) =>
      conditions.some(({ reason }) => reason === "InvalidCompose"),
    );
    expect(conditionOf(refused, "Ready").message).to.contain(
      `services.told.labels: ${LABEL}: "signal=HUB" names no signal; did you mean "signal=HUP"?`,
    );
    expect(await lives("labelled")).to.deep.equal(before);
  });

  it("come into effect when the controller is killed between the up and making a service anew", async () => {
    await world.start();
    const repo = await world.repo("killed");
    await repo.commit({ "compose.yaml": services("1", false), ...FILES });
    await world.manifest("killed", {});
    await world.untilReady("killed");
    await world.killAll();
    const doomed = await world.start({ env: { CONOPS_FAILPOINT: "up-finished:killed" }, ready: false });
    const head = await repo.commit({ "conf/file": "2" });

    const found = await made("killed", async () => {
      expect(await doomed.ended()).to.equal("SIGKILL");
      expect(await read("killed", "file", "/file")).to.equal("1");
      await world.start();
      await world.untilReady("killed", head);
    });

    expect(found).to.deep.equal({ anew: ["file"], restarted: [] });
    expect(await read("killed", "file", "/file")).to.equal("2");
  });

  it("that were changed on this host are shown, never overwritten, and hold up nothing that runs", async () => {
    await world.start();
    const repo = await world.repo("changed");
    await repo.commit({ "compose.yaml": services("1", false), ...FILES });
    await world.manifest("changed", {});
    await world.untilReady("changed");
    const file = join(world.data, "checkouts/changed/conf/folder/a");
    await writeFile(file, "mine");
    const before = await lives("changed");
    const head = await repo.commit({ "conf/folder/a": "2" });

    const status = await world.untilStatus("changed", "the change is shown", ({ drift }) => drift.length > 0);
    expect(status.drift.map(({ since: _since, ...fact }) => fact)).to.deep.equal([
      {
        service: "folder",
        kind: "LocalChange",
        expected: '"conf/folder/a" as in Git',
        actual: '"conf/folder/a": it was changed on disk since ConOps wrote it',
      },
    ]);
    expect(conditionOf(status, "Ready").reason).to.equal("CheckoutConflict");
    expect(conditionOf(status, "Healthy").status).to.equal("True");
    expect(await lives("changed")).to.deep.equal(before);
    await world.docker("kill", before.get("other")?.id ?? "");
    await world.untilStatus("changed", "it heals all the same", (now) => healings(now).length === 1);

    await rename(file, `${file}.mine`);
    const ready = await world.untilReady("changed", head, 60_000);
    expect(ready.drift).to.deep.equal([]);
    expect(await read("changed", "folder", "/folder/a")).to.equal("2");
  });
});
