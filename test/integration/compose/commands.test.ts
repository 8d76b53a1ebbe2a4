import { expect } from "chai";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Rendering, RunResult } from "../../../controller/compose/compose.ts";
import { explain } from "../../../controller/compose/explain.ts";
import { isAlive, type ProcessIdentity, waitForEnd } from "../../../controller/lib/process-identity.ts";
import {
  type Container,
  createSandbox,
  docker,
  IMAGE,
  never,
  type Sandbox,
  sleeper,
  variable,
  yaml,
} from "./sandbox.ts";

const ONE_SHOT = { image: IMAGE, command: ["true"] };

describe("Compose's commands on a real engine", () => {
  let sandbox: Sandbox;
  beforeEach(() => (sandbox = createSandbox()));
  afterEach(() => sandbox.remove());

  const rendered = (project: unknown): Promise<Rendering> => {
    sandbox.write({ "compose.yaml": yaml(project) });
    return sandbox.render();
  };
  const succeed = async (running: Promise<RunResult>): Promise<RunResult> => {
    const result = await running;
    expect([result.ended, result.exitCode], result.output).to.deep.equal(["exited", 0]);
    return result;
  };
  const states = async (): Promise<Readonly<Record<string, string>>> =>
    Object.fromEntries((await sandbox.containers()).map(({ service, state }) => [service, state]));
  const of = (containers: readonly Container[], service: string): Container | undefined =>
    containers.find((container) => container.service === service);

  it("tells a version that it can work with", async () => {
    expect(/^[2-9]\.\d+/.test(await sandbox.compose.version(never))).to.equal(true);
  });

  describe("up", () => {
    it("leaves everything as it is the second time, with the same config hashes", async () => {
      const rendering = await rendered({
        services: {
          a: sleeper({
            environment: { PRICE: "5$$" },
            volumes: ["./data:/data", "kept:/kept"],
            env_file: ["a.env"],
          }),
          b: sleeper({ depends_on: ["a"], configs: ["c"], labels: { x: "y" } }),
        },
        configs: { c: { content: "$$HOME" } },
        volumes: { kept: {} },
      }).catch(() => {
        sandbox.write({ "a.env": "A=1" });
        return sandbox.render();
      });

      await succeed(sandbox.up(rendering));
      const first = await sandbox.containers();
      await succeed(sandbox.up(rendering));

      expect(await sandbox.containers()).to.deep.equal(first);
      expect(first.map(({ service, state }) => [service, state])).to.deep.equal([
        ["a", "running"],
        ["b", "running"],
      ]);
      expect(await docker("inspect", "--format", "{{json .Config.Env}}", first[0]?.id ?? "")).to.include(
        '"PRICE=5$"',
      );
    });

    it("starts the services of the profiles that were rendered", async () => {
      sandbox.write({
        "compose.yaml": yaml({
          services: { a: sleeper(), b: sleeper({ profiles: ["more"] }), c: sleeper({ profiles: ["less"] }) },
        }),
      });
      const rendering = await sandbox.render({ profiles: ["more"] });

      await succeed(sandbox.up(rendering));

      expect(await states()).to.deep.equal({ a: "running", b: "running" });
    });

    it("labels containers with the hashes that it tells beforehand", async () => {
      const rendering = await rendered({
        services: {
          a: sleeper({ environment: { PRICE: "5$$" }, volumes: ["./data:/data", "kept:/kept"] }),
          b: sleeper({ depends_on: ["a"], configs: ["c"], labels: { x: "y" }, deploy: { replicas: 2 } }),
          c: sleeper({ secrets: ["s"], profiles: ["p"] }),
        },
        configs: { c: { content: "$$HOME" } },
        secrets: { s: { environment: "PASSWORD" } },
        volumes: { kept: {} },
      });

      const hashes = await sandbox.compose.hashes(sandbox.project, rendering, { signal: never });
      await succeed(sandbox.up(rendering));

      const found = await sandbox.containers();
      expect(Object.fromEntries(found.map(({ service, hash }) => [service, hash]))).to.deep.equal(hashes);
      expect(found.map(({ service }) => service)).to.deep.equal(["a", "b", "b"]);
    });

    it("gives the containers secrets that come from the manifest's variables, which no label or field shows", async () => {
      sandbox.write({
        "compose.yaml": yaml({
          services: { a: sleeper({ secrets: ["s"] }) },
          secrets: { s: { environment: "PASSWORD" } },
        }),
      });
      const rendering = await sandbox.render({ env: [variable("PASSWORD", "pa$$word")] });

      await succeed(sandbox.up(rendering));
      const [container] = await sandbox.containers();

      expect(await docker("exec", container?.id ?? "", "cat", "/run/secrets/s")).to.equal("pa$$word");
      expect(await docker("inspect", container?.id ?? "")).not.to.include("pa$$word");
    });

    it("reads no .env at that moment", async () => {
      const rendering = await rendered({ services: { a: sleeper({ environment: ["LATER"] }) } });
      writeFileSync(
        join(sandbox.stableDir, ".env"),
        "LATER=1\nCOMPOSE_PROFILES=x\nCOMPOSE_PROJECT_NAME=evil",
      );

      await succeed(sandbox.up(rendering));
      const [container] = await sandbox.containers();

      expect(await docker("inspect", "--format", "{{json .Config.Env}}", container?.id ?? "")).not.to.include(
        "LATER=",
      );
    });

    it("named services with --remove-orphans: orphans go, nothing else of the project is touched", async () => {
      const full = {
        services: {
          a: sleeper({ depends_on: { job: { condition: "service_completed_successfully" } } }),
          b: sleeper(),
          stopped: sleeper(),
          job: ONE_SHOT,
        },
      };
      await succeed(sandbox.up(await rendered({ services: { ...full.services, gone: sleeper() } })));
      const rendering = await rendered(full);
      const before = await sandbox.containers();
      await docker("rm", "-f", of(before, "a")?.id ?? "");
      await docker("stop", "-t", "0", of(before, "stopped")?.id ?? "");

      await succeed(sandbox.up(rendering, { services: ["a"] }));

      const after = await sandbox.containers();
      expect(await states()).to.deep.equal({ a: "running", b: "running", job: "exited", stopped: "exited" });
      for (const service of ["b", "job", "stopped"]) {
        expect(of(after, service)).to.deep.equal({
          ...of(before, service),
          ...(service === "stopped" ? { state: "exited" } : {}),
        });
      }
    });

    it("all services: a finished one-shot runs again, which is why the others are named", async () => {
      const rendering = await rendered({ services: { a: sleeper(), job: ONE_SHOT } });
      await succeed(sandbox.up(rendering));
      const before = await sandbox.containers();

      await succeed(sandbox.up(rendering, { services: ["a"] }));
      expect(of(await sandbox.containers(), "job")?.startedAt).to.equal(of(before, "job")?.startedAt);

      await succeed(sandbox.up(rendering));
      expect(of(await sandbox.containers(), "job")?.startedAt).not.to.equal(of(before, "job")?.startedAt);
    });

    it("no service named: nothing runs", async () => {
      const rendering = await rendered({ services: { a: sleeper() } });

      await succeed(sandbox.up(rendering, { services: [] }));

      expect(await sandbox.containers()).to.deep.equal([]);
    });

    it("recreates what it is told to", async () => {
      const rendering = await rendered({ services: { a: sleeper(), b: sleeper() } });
      await succeed(sandbox.up(rendering));
      const before = await sandbox.containers();

      await succeed(sandbox.up(rendering, { services: ["a"], forceRecreate: true }));

      const after = await sandbox.containers();
      expect(of(after, "a")?.id).not.to.equal(of(before, "a")?.id);
      expect(of(after, "b")).to.deep.equal(of(before, "b"));
    });

    it("never deletes a volume whose definition changed, and does not stop to ask", async () => {
      const withLabel = (value: string): unknown => ({
        services: { a: sleeper({ volumes: ["kept:/kept"] }) },
        volumes: { kept: { labels: { value } } },
      });
      await succeed(sandbox.up(await rendered(withLabel("1"))));
      const [container] = await sandbox.containers();
      await docker("exec", container?.id ?? "", "sh", "-c", "echo precious > /kept/file");

      await sandbox.up(await rendered(withLabel("2")));

      const [after] = await sandbox.containers();
      expect(await docker("exec", after?.id ?? "", "cat", "/kept/file")).to.equal("precious");
    });

    it("says in one line why it failed, the same each time", async () => {
      const rendering = await rendered({ services: { a: sleeper({ command: ["/no/such/program"] }) } });

      const first = await sandbox.up(rendering);
      const second = await sandbox.up(rendering, { forceRecreate: true });

      expect(first.exitCode).to.equal(1);
      expect(explain(first)).to.include("/no/such/program");
      expect(explain(second)).to.equal(explain(first));
    });

    it("ends at once when it is cancelled, and nothing of it is left", async () => {
      const rendering = await rendered({
        services: {
          slow: {
            image: IMAGE,
            command: ["sleep", "600"],
            stop_grace_period: "0s",
            healthcheck: { test: "false", interval: "60s" },
          },
          a: sleeper({ depends_on: { slow: { condition: "service_healthy" } } }),
        },
      });
      const abort = new AbortController();
      let identity: ProcessIdentity | undefined;

      const result = await sandbox.compose.up(
        sandbox.project,
        rendering,
        { removeOrphans: true },
        {
          signal: abort.signal,
          onSpawn: async (spawned) => void (identity = await Promise.resolve(spawned)),
          onLine: (line) => {
            if (line.includes("Waiting")) abort.abort();
          },
        },
      );

      expect(result.ended).to.equal("cancelled");
      expect(isAlive(identity as ProcessIdentity)).to.equal(false);
      expect((await states())["a"]).to.equal("created");
    });

    it("never starts when it cannot be recorded", async () => {
      const rendering = await rendered({ services: { a: sleeper() } });

      const message = await sandbox.compose
        .up(
          sandbox.project,
          rendering,
          { removeOrphans: true },
          { signal: never, onSpawn: () => Promise.reject(new Error("disk full")) },
        )
        .then(
          () => "it ran",
          (error: unknown) => (error as Error).message,
        );

      expect(message).to.equal("disk full");
      expect(await sandbox.containers()).to.deep.equal([]);
    });

    it("comes to its own end when the controller is killed in the middle of it", async () => {
      const names = ["a", "b", "c", "d"];
      const rendering = await rendered({
        services: {
          job: { image: IMAGE, command: ["sleep", "2"] },
          ...Object.fromEntries(
            names.map((name) => [
              name,
              sleeper({ depends_on: { job: { condition: "service_completed_successfully" } } }),
            ]),
          ),
        },
      });
      const jsonFile = join(sandbox.root, "rendering.json");
      writeFileSync(jsonFile, rendering.json);
      const controller = spawn(
        process.execPath,
        [
          "--import",
          "tsx",
          fileURLToPath(new URL("fixtures/bring-up.ts", import.meta.url)),
          sandbox.dataDir,
          sandbox.project,
          jsonFile,
        ],
        { stdio: ["ignore", "pipe", "inherit"] },
      );
      let said = "";
      controller.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
      while (!said.includes("Waiting")) await once(controller.stdout, "data");
      controller.kill("SIGKILL");
      await once(controller, "exit");
      const identity = JSON.parse(
        readFileSync(join(sandbox.dataDir, "identity.json"), "utf8"),
      ) as ProcessIdentity;

      expect(isAlive(identity)).to.equal(true);
      expect(await waitForEnd(identity, 20_000, never)).to.equal(true);

      expect(await states()).to.deep.equal({
        job: "exited",
        ...Object.fromEntries(names.map((name) => [name, "running"])),
      });
      expect(readdirSync(join(sandbox.dataDir, "compose"))).to.deep.equal([]);
    });
  });

  describe("stop and down", () => {
    it("stop leaves containers, down removes them by label alone and keeps volumes unless asked", async () => {
      const rendering = await rendered({
        services: { a: sleeper({ volumes: ["kept:/kept"] }) },
        volumes: { kept: {} },
      });
      await succeed(sandbox.up(rendering));

      await succeed(sandbox.compose.stop(sandbox.project, { signal: never }));
      expect(await states()).to.deep.equal({ a: "exited" });

      await succeed(sandbox.compose.down(sandbox.project, { volumes: false }, { signal: never }));
      expect(await sandbox.containers()).to.deep.equal([]);
      expect(await docker("volume", "ls", "-q", "--filter", `name=${sandbox.project}_`)).to.equal(
        `${sandbox.project}_kept`,
      );

      await succeed(sandbox.compose.down(sandbox.project, { volumes: true }, { signal: never }));
      expect(await docker("volume", "ls", "-q", "--filter", `name=${sandbox.project}_`)).to.equal("");
      expect(await docker("network", "ls", "-q", "--filter", `name=${sandbox.project}_`)).to.equal("");
    });

    it("are not led astray by a Compose file above the data directory", async () => {
      const rendering = await rendered({ services: { a: sleeper() } });
      await succeed(sandbox.up(rendering));
      writeFileSync(
        join(sandbox.dataDir, "compose.yaml"),
        "services: {other: {image: x, provider: {type: sh}}}",
      );
      writeFileSync(join(sandbox.dataDir, "compose", ".env"), "COMPOSE_FILE=../compose.yaml");

      await succeed(sandbox.compose.stop(sandbox.project, { signal: never }));
      await succeed(sandbox.compose.down(sandbox.project, { volumes: false }, { signal: never }));

      expect(await sandbox.containers()).to.deep.equal([]);
    });
  });

  describe("pull and build", () => {
    it("pull asks no registry for images that are there", async () => {
      const rendering = await rendered({ services: { a: sleeper(), b: { build: "." } } });

      await succeed(sandbox.compose.pull(rendering, "missing", { signal: never }));
    });

    it("pull says which image it did not get", async () => {
      const rendering = await rendered({ services: { a: { image: "127.0.0.1:1/none:1" } } });

      const result = await sandbox.compose.pull(rendering, "missing", { signal: never });

      expect(result.exitCode).to.equal(1);
      expect(explain(result)).to.include("127.0.0.1:1");
    });

    it("pull with always asks the registry also for an image that is there, but never where the file says never", async () => {
      const local = "127.0.0.1:1/there:1";
      await docker("tag", IMAGE, local);
      try {
        const asked = await sandbox.compose.pull(
          await rendered({ services: { a: { image: local } } }),
          "always",
          { signal: never },
        );
        const spared = await sandbox.compose.pull(
          await rendered({ services: { a: { image: local, pull_policy: "never" } } }),
          "always",
          { signal: never },
        );

        expect([asked.exitCode, spared.exitCode]).to.deep.equal([1, 0]);
      } finally {
        await docker("rmi", local);
      }
    });

    it("build makes an image from the staged files, which up then runs with the stable paths", async () => {
      const image = `${sandbox.project}-built`;
      sandbox.write({
        "compose.yaml": yaml({
          services: {
            a: {
              ...sleeper(),
              image,
              build: { context: "src", network: "none", args: { GREETING: "${GREETING}" } },
            },
          },
        }),
        "src/Dockerfile": `FROM ${IMAGE}\nARG GREETING\nCOPY file /file\nRUN echo "$GREETING" > /greeting\n`,
        "src/file": "from the repository",
      });
      const rendering = await sandbox.render({ env: [variable("GREETING", "hello")] });
      const lines: string[] = [];
      try {
        await succeed(
          sandbox.compose.build(rendering, { signal: never, onLine: (line) => lines.push(line) }),
        );
        await succeed(sandbox.up(rendering));
        const [container] = await sandbox.containers();

        expect(await docker("exec", container?.id ?? "", "cat", "/file", "/greeting")).to.equal(
          "from the repositoryhello",
        );
        expect(lines.length > 3).to.equal(true);
      } finally {
        await sandbox.compose.down(sandbox.project, { volumes: true }, { signal: never });
        await docker("rmi", "-f", image);
      }
    });

    it("build says which step failed", async () => {
      sandbox.write({
        "compose.yaml": yaml({ services: { a: { build: { context: ".", network: "none" } } } }),
        Dockerfile: `FROM ${IMAGE}\nRUN exit 7\n`,
      });

      const result = await sandbox.compose.build(await sandbox.render(), { signal: never });

      expect(result.exitCode).not.to.equal(0);
      expect(explain(result)).to.include("exit 7");
    });
  });
});
