import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect } from "chai";
import type { Reason } from "../../controller/api/reasons.ts";
import { composeUp, requireEngine, TEST_IMAGE, until } from "../support/engine.ts";
import { createLeakWorld, type LeakWorld } from "../support/leak-world.ts";
import type { Controller } from "../support/world.ts";

const SLEEP = "trap exit TERM; while :; do sleep 0.2; done";

/** A Compose file of one service, `web`, in JSON. */
function composeOf(service: object, others: object = {}): string {
  return JSON.stringify({ services: { web: { image: TEST_IMAGE, ...service } }, ...others });
}

describe("values of variables leak nowhere", () => {
  let leak: LeakWorld;
  let controller: Controller;

  beforeEach(async () => {
    await requireEngine();
    leak = await createLeakWorld();
    controller = await leak.start({ args: ["--concurrency", "16"] });
  });
  afterEach(() => leak.close());

  /** Now, or before something else became more important to say. */
  const untilReason = (name: string, reason: Reason): Promise<unknown> =>
    leak.world.untilStatus(
      name,
      `"${name}" is ${reason}`,
      ({ conditions, history }) =>
        conditions.some((condition) => condition.reason === reason) ||
        history.some((entry) => entry.reason.includes(`${reason}: `)),
    );
  const secret = (name: string, style?: "plain"): string => leak.markers.make(`${name}/value`, style);

  it("where they are used in every place of a Compose file, changed, healed, lost and deleted", async () => {
    const { world } = leak;
    const service = {
      command: ["sh", "-c", `env; echo "$$PW $$1"; ${SLEEP}`, "sh", "${PW}"],
      environment: { PW: "${PW}" },
      labels: { own: "${PW}" },
      healthcheck: { test: ["CMD", "sh", "-c", 'echo "$$PW $$ADDED"; exit 0'], interval: "1s" },
      configs: ["conf"],
      secrets: ["sec"],
      volumes: [`${world.root}/binds/\${WORD}:/bound`, "./kept:/kept"],
      hostname: "${WORD}",
    };
    const others = {
      configs: { conf: { content: "it is ${PW}" } },
      secrets: { sec: { environment: "PW" } },
      networks: { default: { labels: { own: "${PW}" } } },
    };
    const files = {
      "compose.yaml": JSON.stringify({
        services: {
          web: { image: TEST_IMAGE, ...service },
          never: { image: TEST_IMAGE, profiles: ["never"], environment: { PW: "${PW}" } },
        },
        ...others,
      }),
      "kept/file": "kept\n",
    };
    const values = (): Record<string, string> => ({
      PW: secret("uses"),
      WORD: secret("uses", "plain"),
      ADDED: secret("uses"),
    });
    const first = values();
    const sha = await leak.application("uses", { files, values: first, inject: "ADDED" });
    await world.untilReady("uses", sha);
    const running = async () => (await world.containers(`${world.prefix}-uses`))[0];
    expect((await running())?.Config.Env).to.include.members([
      `PW=${first["PW"]}`,
      `ADDED=${first["ADDED"]}`,
    ]);

    const second = values();
    await leak.secret("uses-values", second);
    await until("the new value runs", async () =>
      (await running())?.Config.Env.includes(`PW=${second["PW"]}`),
    );
    await world.untilReady("uses", sha);
    const { Id: id = "", Config } = (await running()) ?? {};
    // Compose's own hash over all of it.
    leak.markers.forbid("config hash", (Config?.Labels["com.docker.compose.config-hash"] ?? "").slice(0, 12));
    await world.docker("rm", "--force", id);
    await until("it is healed", async () => (await running())?.State.Status === "running");
    leak.note("metrics", await fetch(`${controller.http}/metrics`).then((answer) => answer.text()));
    await world.docker("rm", "--force", (await running())?.Id ?? "");
    const image = ["--label", "com.docker.compose.service=web", TEST_IMAGE, "sleep", "1000"];
    const labels = [
      ["project", `${world.prefix}-uses`],
      ["config-hash", "0123456789abcdef".repeat(4)],
      ["oneoff", "False"],
      ["container-number", "1"],
    ].flatMap(([name, value]) => ["--label", `com.docker.compose.${name}=${value}`]);
    await world.docker("create", "--name", `${world.prefix}-uses-web-1`, ...labels, ...image);
    await world.untilStatus("uses", "the drift was seen", ({ history }) =>
      history.some(({ reason }) => reason.includes("web")),
    );
    const third = values();
    controller.process.kill("SIGSTOP");
    await leak.secret("uses-values", third);
    const shown = await leak.conops(["diff", "uses", "-o", "json"]);
    const told = await leak.conops(["sync", "uses", "--dry-run"]);
    controller.process.kill("SIGCONT");
    expect([shown.code, told.code], shown.stderr + told.stderr).to.deep.equal([1, 1]);
    for (const field of ["environment.PW", "environment.ADDED", "labels.own", "hostname", "command"])
      expect(shown.stdout).to.include(`"field": "${field}"`);
    await until("the third value runs", async () =>
      (await running())?.Config.Env.includes(`PW=${third["PW"]}`),
    );
    await leak.expectNoLeak();

    await rm(join(world.manifests, "uses-values.yaml"));
    await untilReason("uses", "SecretInvalid");
    await rm(join(world.manifests, "uses.yaml"));
    await until("it is gone", async () => (await world.record("uses")) === undefined);
    await controller.stop();
    await leak.expectNoLeak();
  });

  it("where a Compose file with them is refused, and where images, builds and containers fail", async () => {
    const { world } = leak;
    const say = ["sh", "-c", 'env; echo "it is $$PW" >&2; exit 3'];
    const sick = `for i in 1 2 3 4 5 6 7 8 9 10; do echo "padding $$i"; done; echo "it is  $$PW"; exit 1`;
    const failing: Readonly<
      Record<string, { readonly service: object; readonly reason: Reason; readonly style?: "plain" }>
    > = {
      port: { service: { ports: ["${PW}"] }, reason: "InvalidCompose" },
      padded: { service: { ports: [`${"x".repeat(250)}\${PW}`] }, reason: "InvalidCompose" },
      path: { service: { env_file: ["../../${PW}"] }, reason: "UnsafePath" },
      context: {
        service: { build: { context: "/nowhere/${PW}" }, image: "ct-leak-built:1" },
        reason: "UnsafePath",
      },
      tag: { service: { image: "127.0.0.1:1/ct-leak:${PW}" }, style: "plain", reason: "PullFailed" },
      name: { service: { image: "${PW}" }, reason: "PullFailed" },
      builds: {
        service: { build: { context: ".", args: { PW: "${PW}" } }, image: "ct-leak-built:1" },
        reason: "BuildFailed",
      },
      dies: { service: { command: say, environment: { PW: "${PW}" } }, reason: "HealthGateFailed" },
      sick: {
        service: {
          command: ["sh", "-c", SLEEP],
          environment: { PW: "${PW}" },
          healthcheck: { test: ["CMD", "sh", "-c", sick], interval: "1s", retries: 1 },
        },
        reason: "HealthGateFailed",
      },
      unstartable: { service: { command: ["${PW}"] }, reason: "HealthGateFailed" },
      unmountable: { service: { volumes: ["${PW}:relative"] }, reason: "InvalidCompose" },
    };
    for (const [name, { service, style }] of Object.entries(failing)) {
      const files = {
        "compose.yaml": composeOf(service),
        Dockerfile: `FROM ${TEST_IMAGE}\nARG PW\nRUN echo "it is $PW" && exit 7\n`,
      };
      const values = { PW: secret(name, style) };
      await leak.application(name, { files, values, spec: { sync: { timeout: "6s" } } });
    }
    for (const [name, { reason }] of Object.entries(failing)) await untilReason(name, reason);
    // What they said is told, but for the value.
    const said = async (name: string): Promise<string> => JSON.stringify(await world.status(name));
    await until("the last words are told", async () => /last words: [^:]*\*\*\*/.test(await said("dies")));
    for (const name of ["port", "path", "context", "name", "sick", "unstartable", "unmountable"]) {
      expect(await said(name), name).to.contain("***");
    }
    expect(controller.log()).to.match(/"line":"#\d+ [\d.]+ it is \*\*\*/);
    // Their logs are kept with the history, and a command prints them.
    const logs = {
      builds: /build \| #\d+ [\d.]+ it is \*\*\*/,
      dies: /web \| (?:it is|PW=)[ ]?\*\*\*/,
      sick: /it is {1,2}\*\*\*/,
    };
    for (const [name, masked] of Object.entries(logs)) {
      // A try after it may be under way by now, or have taken its place.
      await until(`a log of "${name}" tells what was said`, async () => {
        const failed = (await world.status(name))?.history.filter(({ result }) => result === "Failed") ?? [];
        const ids = failed.flatMap(({ id }) => (id === undefined ? [] : [String(id)]));
        const printed = await Promise.all(ids.map((id) => leak.conops(["history", name, "--log", id])));
        return printed.some(({ stdout }) => masked.test(stdout));
      });
    }
    await leak.expectNoLeak();

    // A new controller knows the values of what runs, also without the Secrets.
    await controller.kill();
    await leak.expectNoLeak();
    for (const name of ["dies", "sick"]) await rm(join(world.manifests, `${name}-values.yaml`));
    controller = await leak.start({ args: ["--log-format", "pretty"] });
    for (const name of ["dies", "sick"]) await untilReason(name, "SecretInvalid");
    await leak.expectNoLeak();
  });

  it("where a project would be taken over, and where a file of the checkout is in the way", async () => {
    const { world } = leak;
    const value = secret("adopts", "plain");
    await composeUp(
      `${world.prefix}-adopts`,
      composeOf({ command: ["sh", "-c", SLEEP], volumes: [`${world.root}/${value}:/data`] }),
    );
    await leak.application("adopts", {
      files: { "compose.yaml": composeOf({ volumes: [`${world.root}/other-\${PW}:/data`] }) },
      values: { PW: value },
    });
    const inTheWay = join(world.data, "checkouts", "conflict", "file");
    await mkdir(dirname(inTheWay), { recursive: true });
    await writeFile(inTheWay, "of somebody\n");
    const bound = { environment: { PW: "${PW}" }, volumes: ["./file:/file"] };
    await leak.application("conflict", {
      files: { "compose.yaml": composeOf(bound), file: "of the repository\n" },
      values: { PW: secret("conflict") },
    });
    await untilReason("adopts", "AdoptionRequired");
    await untilReason("conflict", "CheckoutConflict");
    await leak.expectNoLeak();
  });
});
