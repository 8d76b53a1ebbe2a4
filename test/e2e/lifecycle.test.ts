import { chmod, lstat, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { conditionOf, reasonOf } from "../support/conditions.ts";
import { docker, requireEngine, until } from "../support/engine.ts";
import { startBlackHole, startSmartHttp } from "../support/git-servers.ts";
import { stays } from "../support/reading.ts";
import { together } from "../support/together.ts";
import { createWorld, sleeper, type Controller, type World } from "../support/world.ts";

describe("the life of a controller", () => {
  const worlds: World[] = [];

  before(() => requireEngine());

  describe("that is told to stop", () => {
    together({
      async "ends with 0 when an `up` that runs can end within the limit, and goes on from there"() {
        const world = await newWorld();
        await (await world.repo("slow")).commit({ "compose.yaml": waiting() });
        const first = await world.start();
        await world.manifest("slow", {});
        await upRuns(first, world, "slow");
        const stopped = first.stop();
        await until("it stops", () => first.log().includes("controller stops"));
        expect(await processesOf(world)).not.to.deep.equal([]);
        await release(world, "slow");
        expect(await stopped).to.equal(0);
        expect(await processesOf(world)).to.deep.equal([]);
        expect((await world.record("slow"))?.applied?.gate).to.equal("pending");
        expect((await world.containers(projectOf(world, "slow"))).length).to.equal(2);

        const second = await world.start();
        await world.untilReady("slow", undefined, 60_000);
        expect(second.log()).not.to.contain('"operation":"up"');
        await second.stop();
      },

      async "ends an `up` that takes longer than the limit, leaves no process, and converges at the next start"() {
        const world = await newWorld();
        await (await world.repo("slower")).commit({ "compose.yaml": waiting() });
        const first = await world.start({ args: ["--shutdown-timeout", "2s"] });
        await world.manifest("slower", {});
        await upRuns(first, world, "slower");
        const at = performance.now();
        expect(await first.stop()).to.equal(0);
        expect(performance.now() - at)
          .to.be.greaterThan(1500)
          .and.lessThan(12_000);
        expect(await processesOf(world)).to.deep.equal([]);

        const second = await world.start();
        await upRuns(second, world, "slower");
        await release(world, "slower");
        await world.untilReady("slower", undefined, 60_000);
        await second.stop();
      },

      async "ends at once while it builds, pulls or fetches"() {
        const world = await newWorld();
        const registry = await startBlackHole();
        // Tells its refs, and never sends what they point at.
        const git = await startSmartHttp(world.repos, { before: ({ method }) => method === "POST" });
        try {
          const building = await world.repo("building");
          await building.commit(build(world, 60));
          const pulling = await world.repo("pulling");
          await pulling.commit({
            "compose.yaml": sleeper().replace("conops-test/busybox:1", `127.0.0.1:${registry.port}/some:1`),
          });
          const fetching = await world.repo("fetching");
          await fetching.commit({ "compose.yaml": sleeper() });
          const controller = await world.start();
          await world.manifest("building", {});
          await world.manifest("pulling", {});
          await world.manifest("fetching", { source: { repoURL: git.url("fetching") } });
          await until("it builds", () => /"command":"build"/.test(controller.log()), 60_000);
          await until("it pulls", () => registry.connections() > 0, 60_000);
          await until("it fetches", () => git.requests.some((request) => request.startsWith("POST")), 60_000);
          const at = performance.now();
          expect(await controller.stop()).to.equal(0);
          expect(performance.now() - at).to.be.lessThan(8000);
          expect(await processesOf(world)).to.deep.equal([]);
          for (const name of ["building", "pulling", "fetching"]) {
            expect((await world.record(name))?.attempt?.result).to.equal("running");
          }
        } finally {
          await Promise.all([registry.close(), git.close()]);
        }
      },
    });
    after(closeWorlds);
  });

  describe("whose manifests change", () => {
    together({
      async "breaks a build off when the manifest is deleted"() {
        const world = await newWorld();
        await (await world.repo("unwanted")).commit(build(world, 90));
        const controller = await world.start();
        await world.manifest("unwanted", {});
        await until("it builds", () => /"command":"build"/.test(controller.log()), 60_000);
        await rm(join(world.manifests, "unwanted.yaml"));
        await until(
          "it is forgotten",
          async () =>
            (await world.status("unwanted")) === undefined && (await world.record("unwanted")) === undefined,
          15_000,
        );
        expect(await world.containers(projectOf(world, "unwanted"))).to.deep.equal([]);
        expect(await readdir(join(world.data, "staging"))).to.deep.equal([]);
      },

      async "holds a mass deletion until it is confirmed, and keeps what it holds running"() {
        const world = await newWorld();
        const names = ["a", "b", "c"];
        for (const name of names) {
          await (await world.repo(name)).commit({ "compose.yaml": sleeper() });
          await world.manifest(name, {});
        }
        await world.start();
        await Promise.all(names.map((name) => world.untilReady(name, undefined, 60_000)));
        for (const name of names) await rm(join(world.manifests, `${name}.yaml`));
        for (const name of names) {
          const status = await world.untilStatus(
            name,
            "it is held",
            (now) => reasonOf(now, "Ready") === "DeletionHeld",
          );
          expect(conditionOf(status, "Ready").message).to.contain("conops confirm-deletion");
        }
        await heals(world, "a");
        // What returns is as it was.
        await world.manifest("b", {});
        await world.untilReady("b");
        for (const name of ["a", "c"])
          expect(await world.condition(name, "Ready")).to.equal("False DeletionHeld");
        const confirmed = await world.cli("confirm-deletion", "--all");
        expect(confirmed.code, confirmed.stderr).to.equal(0);
        expect(confirmed.stdout).to.contain("a: deletion confirmed").and.to.contain("c: deletion confirmed");
        for (const name of ["a", "c"]) {
          await until(`"${name}" is gone`, async () => (await world.status(name)) === undefined, 30_000);
          expect(await world.containers(projectOf(world, name))).to.deep.equal([]);
        }
        expect(await world.condition("b", "Ready")).to.equal("True Synced");
        expect((await world.containers(projectOf(world, "b"))).length).to.equal(1);
      },

      async "keeps what runs when its manifest becomes invalid, and says where"() {
        const world = await newWorld();
        await (await world.repo("edited")).commit({ "compose.yaml": sleeper() });
        await world.start();
        await world.manifest("edited", {});
        await world.untilReady("edited", undefined, 60_000);
        const path = join(world.manifests, "edited.yaml");
        const good = await readFile(path, "utf8");
        await writeFile(path, good.replace("interval:", "intervall:"));
        const status = await world.untilStatus(
          "edited",
          "the fault is told",
          (now) => reasonOf(now, "Ready") === "InvalidManifest",
        );
        expect(conditionOf(status, "Ready").message).to.match(
          /edited\.yaml:\d+:\d+: spec\.source\.intervall: .*did you mean "interval"/,
        );
        await heals(world, "edited");
        for (const text of ["", "# commented out\n", "kind: ConfigMap\n", "a: [", "\0\u0001"]) {
          await writeFile(path, text);
          await until(`${JSON.stringify(text)} is taken for an edit`, async () => {
            const now = await world.status("edited");
            return now !== undefined && conditionOf(now, "Ready").status === "False";
          });
        }
        await heals(world, "edited");
        expect(await world.condition("edited", "Ready")).to.equal("False InvalidManifest");
        await writeFile(path, good);
        await world.untilReady("edited");
      },

      async "shows every metric of its documentation, and no other"() {
        const world = await newWorld();
        await (await world.repo("app")).commit({ "compose.yaml": sleeper() });
        const controller = await world.start();
        await world.manifest("app", {});
        await world.untilReady("app", undefined, 60_000);
        const text = await readFile(new URL("../../docs/metrics.md", import.meta.url), "utf8");
        const documented = [...text.matchAll(/^\| `([a-z0-9_]+)` \| (gauge|counter|histogram) \|/gm)].map(
          ([, name, type]) => `${name} ${type}`,
        );
        const shown = [...(await metricsOf(controller)).matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(
          ([, name, type]) => `${name} ${type}`,
        );
        expect(documented).not.to.deep.equal([]);
        expect(shown.toSorted()).to.deep.equal(documented.toSorted());
        const metrics = await metricsOf(controller);
        for (const series of [
          `conops_app_info{name="app",phase="Synced",project="${projectOf(world, "app")}"} 1`,
          'conops_app_condition{name="app",type="Ready",status="True"} 1',
          'conops_sync_total{name="app",result="Succeeded",trigger="NewRevision"} 1',
          'conops_compose_runs_total{command="up",result="success"} 1',
          "conops_engine_up 1",
          'leader_election_master_status{name="conops"} 1',
        ])
          expect(metrics).to.contain(series);
        await rm(join(world.manifests, "app.yaml"));
        await until("its series are gone", async () => !(await metricsOf(controller)).includes('name="app"'));
      },
    });
    after(closeWorlds);
  });

  describe("that was killed during an `up`", () => {
    together({
      async "waits for an `up` that outlived its controller: never two at once"() {
        const world = await newWorld();
        const spy = await spyOnCompose(world);
        const repo = await world.repo("survived");
        await repo.commit({ "compose.yaml": waiting() });
        const first = await world.start({ env: spy.env });
        await world.manifest("survived", {});
        await upRuns(first, world, "survived");
        await first.kill();
        expect(await processesOf(world)).not.to.deep.equal([]);
        // Something new to apply, so that the second one has every reason to hurry.
        const head = await repo.commit({ "compose.yaml": waiting("blue") });
        const second = await world.start({ env: spy.env });
        await world.untilStatus("survived", "the commit is seen", ({ source }) => source?.revision === head);
        await stays("only the survivor is at work", 3000, async () => ups(await spy.calls()) === 1);
        await release(world, "survived");
        await world.untilReady("survived", head, 90_000);
        expect(overlaps(await spy.calls())).to.deep.equal([]);
        expect(ups(await spy.calls())).to.equal(2);
        expect((await world.record("survived"))?.process).to.equal(undefined);
        await second.stop();
        expect(await processesOf(world)).to.deep.equal([]);
      },

      async "keeps the uid of a manifest that returns before anything was destroyed, and gives a new one later"() {
        const world = await newWorld();
        const name = "back";
        const repo = await world.repo(name);
        await repo.commit({ "compose.yaml": waiting() });
        const first = await world.start();
        await world.manifest(name, {});
        await upRuns(first, world, name);
        const uid = (await world.document(name))?.metadata.uid;
        expect(uid).to.be.a("string");
        await first.kill();
        // The deletion is known, and waits for the `up` that outlived the first controller.
        await rm(join(world.manifests, `${name}.yaml`));
        await world.start();
        await world.untilStatus(name, "it is being deleted", ({ phase }) => phase === "Deleting");
        await world.manifest(name, {});
        await world.untilStatus(name, "it is wanted again", ({ phase }) => phase !== "Deleting");
        await release(world, name);
        const status = await world.untilReady(name, undefined, 60_000);
        expect((await world.document(name))?.metadata.uid).to.equal(uid);
        expect(status.phase).to.equal("Synced");

        // Now something that takes its time to stop, so that the destruction has begun.
        const stubborn = sleeper("web", ["stop_grace_period: 5s"]).replace("trap exit TERM", "trap : TERM");
        await world.untilReady(name, await repo.commit({ "compose.yaml": stubborn }), 60_000);
        await rm(join(world.manifests, `${name}.yaml`));
        await until(
          "the destruction has begun",
          async () => (await world.record(name))?.deletion?.destructive,
        );
        await world.manifest(name, {});
        await until(
          "it lives again, as another",
          async () => {
            const document = await world.document(name);
            return (
              document?.metadata.uid !== undefined &&
              document.metadata.uid !== uid &&
              reasonOf(document.status, "Ready") === "Synced"
            );
          },
          60_000,
        );
      },
    });
    after(closeWorlds);
  });

  describe("that is not the first", () => {
    afterEach(closeWorlds);

    it("restarts with everything converged: no Compose, nothing written, Ready at once; and writes nothing while idle", async () => {
      const world = await newWorld();
      const spy = await spyOnCompose(world);
      const names = ["one", "two", "three", "four", "five"];
      for (const name of names) {
        const repo = await world.repo(name);
        await repo.commit({ "compose.yaml": sleeper("web", ["volumes: [./www:/www]"]), "www/page": name });
        await world.manifest(name, {});
      }
      const first = await world.start({ env: spy.env });
      await Promise.all(names.map((name) => world.untilReady(name, undefined, 60_000)));
      expect(await first.stop()).to.equal(0);
      expect(await spy.calls()).not.to.deep.equal([]);
      await spy.forget();
      const before = await filesOf(world.manifests, world.data);
      const containers = await Promise.all(names.map((name) => world.containers(projectOf(world, name))));

      const second = await world.start({ env: spy.env });
      await until("all five were looked at", async () => {
        const metrics = await metricsOf(second);
        return names.every((name) => metrics.includes(`conops_app_info{name="${name}",phase="Synced"`));
      });
      await until("all five sources were asked", async () => {
        const metrics = await metricsOf(second);
        return names.every((name) =>
          metrics.includes(`conops_source_last_check_timestamp_seconds{name="${name}"}`),
        );
      });
      const started = await filesOf(world.manifests, world.data);
      const differing = differences(before, started);
      expect(
        differing.filter((path) => !/\/(?:git-home|staging|compose)(?:\/|$)|\/\.conops\.lock$/.test(path)),
      ).to.deep.equal([]);
      for (const name of names) expect(await world.condition(name, "Ready")).to.equal("True Synced");

      await new Promise((resolve) => setTimeout(resolve, 10_000));
      expect(differences(started, await filesOf(world.manifests, world.data))).to.deep.equal([]);
      expect(await spy.calls()).to.deep.equal([]);
      expect(second.log()).not.to.contain("docker compose ended");
      const now = await Promise.all(names.map((name) => world.containers(projectOf(world, name))));
      expect(now.flat().map(({ Id, State }) => [Id, State.StartedAt])).to.deep.equal(
        containers.flat().map(({ Id, State }) => [Id, State.StartedAt]),
      );
      expect(await second.stop()).to.equal(0);
    });

    it("waits as a standby, and takes over when the first one is killed, also on its address", async () => {
      const world = await newWorld();
      await (await world.repo("app")).commit({ "compose.yaml": sleeper() });
      const first = await world.start();
      await world.manifest("app", {});
      await world.untilReady("app", undefined, 60_000);
      const second = await world.start({ ready: false });
      await until("the second one is a standby", async () => (await readyz(second.http)) === "503 standby");
      expect(await metricsOf(second)).to.contain('leader_election_master_status{name="conops"} 0');
      expect(await (await fetch(`${second.http}/healthz`)).text()).to.equal("ok");
      await first.kill();
      let at = performance.now();
      await until("the second one takes over", async () => (await readyz(second.http)).startsWith("200"));
      expect(performance.now() - at).to.be.lessThan(2000);
      await heals(world, "app");

      // A third one, at the address of the second: without HTTP until that is free.
      const third = await world.start({ ready: false, args: ["--http", new URL(second.http).host] });
      await until("the third one waits", () => third.log().includes("standby without HTTP"));
      expect(await readyz(second.http)).to.equal("200 ok");
      await second.kill();
      at = performance.now();
      await until("the third one has the address", async () => (await readyz(second.http)).startsWith("200"));
      expect(performance.now() - at).to.be.lessThan(2000);
      await heals(world, "app");
      // A standby that is stopped before it led goes quietly.
      const fourth = await world.start({ ready: false });
      await until("the fourth one is a standby", async () => (await readyz(fourth.http)) === "503 standby");
      expect(await fourth.stop()).to.equal(0);
      expect(await third.stop()).to.equal(0);
      expect(await processesOf(world)).to.deep.equal([]);
    });
  });

  async function closeWorlds(): Promise<void> {
    for (const world of worlds.splice(0)) await world.close();
  }

  async function newWorld(): Promise<World> {
    const world = await createWorld();
    worlds.push(world);
    return world;
  }
});

function projectOf(world: World, name: string): string {
  return `${world.prefix}-${name}`;
}

/** `up` is under way until a command in the database has ended: until `release`. */
function waiting(color = "red"): string {
  return [
    "services:",
    "  db:",
    "    image: conops-test/busybox:1",
    '    command: ["sh", "-c", "trap exit TERM; while :; do sleep 0.2; done"]',
    '    post_start: [{command: ["sh", "-c", "while [ ! -f /tmp/ok ]; do sleep 0.2; done"]}]',
    "  web:",
    "    image: conops-test/busybox:1",
    '    command: ["sh", "-c", "trap exit TERM; while :; do sleep 0.2; done"]',
    `    environment: {COLOR: ${color}}`,
    "    depends_on: [db]",
    "",
  ].join("\n");
}

/** Lets that command end. */
async function release(world: World, name: string): Promise<void> {
  await world.docker("exec", `${projectOf(world, name)}-db-1`, "touch", "/tmp/ok");
}

/** A service whose image takes so many seconds to be made, and never comes from a cache. */
function build(world: World, seconds: number): Record<string, string> {
  return {
    "compose.yaml":
      'services:\n  web:\n    build: {context: ., network: none}\n    command: ["sleep", "3600"]\n',
    Dockerfile: `FROM conops-test/busybox:1\nRUN sleep ${seconds} && echo ${world.prefix} > /made\n`,
  };
}

/** Waits until `docker compose up` waits for the database. */
async function upRuns(controller: Controller, world: World, name: string): Promise<void> {
  await until(
    "`up` has started the database",
    async () =>
      controller.log().includes('"command":"up"') &&
      (await world.containers(projectOf(world, name))).some(({ State }) => State.Status === "running"),
    60_000,
  );
}

async function heals(world: World, name: string): Promise<void> {
  const before = (await world.containers(projectOf(world, name))).map(({ Id }) => Id);
  await world.docker("rm", "-f", ...before);
  await until(`"${name}" is healed`, async () =>
    (await world.containers(projectOf(world, name))).some(
      ({ Id, State }) => !before.includes(Id) && State.Status === "running",
    ),
  );
}

async function readyz(http: string): Promise<string> {
  return fetch(`${http}/readyz`).then(
    async (answer) => `${answer.status} ${(await answer.text()).trim()}`,
    () => "",
  );
}

async function metricsOf(controller: Controller): Promise<string> {
  return (await fetch(`${controller.http}/metrics`)).text();
}

/** path → inode, size and time of the last change, of every file. */
async function filesOf(...folders: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  for (const folder of folders) {
    for (const name of await readdir(folder, { recursive: true })) {
      const path = join(folder, name);
      const found = await lstat(path, { bigint: true }).catch(() => undefined);
      if (found === undefined) continue;
      const { ino, size, mtimeNs } = found;
      files.set(path, found.isDirectory() ? `folder ${ino} ${mtimeNs}` : `${ino} ${size} ${mtimeNs}`);
    }
  }
  return files;
}

function differences(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): readonly string[] {
  return [...new Set([...a.keys(), ...b.keys()])].filter((path) => a.get(path) !== b.get(path)).toSorted();
}

/** Every process that names the data directory: in its command, its environment or as its folder. */
async function processesOf(world: World): Promise<readonly string[]> {
  const found: string[] = [];
  for (const pid of await readdir("/proc")) {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) continue;
    const read = (name: string): Promise<string> => readFile(`/proc/${pid}/${name}`, "utf8").catch(() => "");
    const command = await read("cmdline");
    if (command === "") continue; // a zombie, or a thread of the kernel
    if (`${command} ${await read("environ")}`.includes(world.data)) found.push(command.replaceAll("\0", " "));
  }
  return found;
}

interface Spy {
  /** Puts a program before Compose that writes down when it begins and ends. */
  readonly env: Record<string, string>;
  calls(): Promise<readonly string[]>;
  forget(): Promise<void>;
}

async function spyOnCompose(world: World): Promise<Spy> {
  const template = '{{range .ClientInfo.Plugins}}{{if eq .Name "compose"}}{{.Path}}{{end}}{{end}}';
  const compose = (await docker(["info", "--format", template])).trim();
  const folder = join(world.root, "spy");
  const file = join(folder, "calls");
  await mkdir(folder);
  await writeFile(
    join(folder, "docker-compose"),
    `#!/bin/sh\necho "begin $$ $* " >> ${file}\n${compose} "$@"\ncode=$?\necho "end $$" >> ${file}\nexit $code\n`,
  );
  await chmod(join(folder, "docker-compose"), 0o755);
  await writeFile(file, "");
  return {
    env: { DOCKER_CLI_PLUGIN_EXTRA_DIRS: folder },
    calls: async () => (await readFile(file, "utf8")).split("\n").filter((line) => line !== ""),
    forget: () => writeFile(file, ""),
  };
}

function ups(calls: readonly string[]): number {
  return calls.filter((line) => line.startsWith("begin ") && line.includes(" up ")).length;
}

/** Every `up` that began while another one had not ended. */
function overlaps(calls: readonly string[]): readonly string[] {
  const found: string[] = [];
  let running: string | undefined;
  for (const line of calls) {
    const [what, pid] = line.split(" ");
    if (what === "begin" && / up /.test(line)) {
      if (running !== undefined) found.push(line);
      running = pid;
    } else if (what === "end" && pid === running) running = undefined;
  }
  return found;
}
