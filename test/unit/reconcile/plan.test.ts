import { expect } from "chai";
import fc from "fast-check";
import { DRIFT_KINDS, ONLY_DRIFT } from "../../../controller/api/drift.ts";
import type { Attachment, ObservedContainer } from "../../../controller/docker/docker.ts";
import { desiredServices, type DesiredService } from "../../../controller/reconcile/desired.ts";
import { plan, type Plan, type PlanInput } from "../../../controller/reconcile/plan.ts";
import type { Step } from "../../../controller/reconcile/steps.ts";
import { fakeContainer } from "../../support/fake-docker.ts";

function service(name: string, extra: Partial<DesiredService> = {}): DesiredService {
  return {
    name,
    replicas: 1,
    image: "busybox",
    oneShot: "no",
    dependsOn: [],
    onFileChange: { act: "recreate" },
    ...extra,
  };
}

function planOf(
  services: readonly DesiredService[],
  containers: readonly ObservedContainer[],
  extra: Partial<PlanInput> = {},
): Plan {
  return plan({
    wanted: "Running",
    services,
    made: {},
    completed: new Set(),
    containers,
    ending: () => undefined,
    prune: true,
    ...extra,
  });
}

const kinds = (made: Plan): readonly string[] =>
  made.findings.map((finding) => `${finding.service}:${finding.kind}`);
const acts = (made: Plan): readonly string[] => made.steps.map((step) => `${step.service}:${step.act}`);

describe("plan()", () => {
  it("finds nothing where everything runs", () => {
    const made = planOf([service("web")], [fakeContainer("a")]);

    expect(made.findings).to.deep.equal([]);
    expect(made.steps).to.deep.equal([]);
    expect(made.health.status).to.equal("Healthy");
    expect(made.services).to.deep.equal([
      { name: "web", status: "Healthy", replicas: "1/1", image: "busybox", imageID: "sha256:1" },
    ]);
  });

  const steps: readonly (readonly [
    string,
    Partial<ObservedContainer>,
    readonly string[],
    readonly string[],
  ])[] = [
    ["starts what was stopped", { state: "exited", exitCode: 0 }, ["web:Stopped"], ["web:start"]],
    ["starts what ended with an error", { state: "exited", exitCode: 1 }, ["web:Exited"], ["web:start"]],
    ["starts what was created and never started", { state: "created" }, ["web:Created"], ["web:start"]],
    ["unpauses what is paused", { state: "paused" }, ["web:Paused"], ["web:unpause"]],
    ["restarts what is unhealthy", { health: "unhealthy" }, ["web:Unhealthy"], ["web:restart"]],
    ["leaves a crash loop to the engine", { state: "restarting", restartCount: 9 }, ["web:Restarting"], []],
    ["leaves a restart to the engine", { state: "restarting", restartCount: 1 }, [], []],
  ];
  for (const [name, container, found, done] of steps) {
    it(name, () => {
      const made = planOf([service("web")], [fakeContainer("a", container)]);

      expect(kinds(made)).to.deep.equal(found);
      expect(acts(made)).to.deep.equal(done);
    });
  }

  it("brings up a service that has no container, and only that one", () => {
    const made = planOf([service("db"), service("web")], [fakeContainer("a")]);

    expect(kinds(made)).to.deep.equal(["db:Missing"]);
    expect(acts(made)).to.deep.equal(["db:up"]);
    expect(made.health).to.deep.equal({ status: "Missing", message: 'service "db": Missing: no container' });
  });

  it("brings up a service of which a replica is missing", () => {
    const made = planOf([service("web", { replicas: 3 })], [fakeContainer("a"), fakeContainer("b")]);

    expect(made.findings.map(({ expected, actual }) => ({ expected, actual }))).to.deep.equal([
      { expected: "3 containers", actual: "2 containers" },
    ]);
    expect(kinds(made)).to.deep.equal(["web:Scaled"]);
    expect(acts(made)).to.deep.equal(["web:up"]);
    expect(made.health.status).to.equal("Degraded");
  });

  it("scales down a service that has more containers than wanted, which works all the same", () => {
    const made = planOf(
      [service("web"), service("off", { replicas: 0 })],
      [fakeContainer("a"), fakeContainer("b", { number: 2 }), fakeContainer("o", { service: "off" })],
    );

    expect(
      made.findings.map(({ kind, expected, actual }) => `${kind}: ${expected} → ${actual}`),
    ).to.deep.equal(["Scaled: 1 container → 2 containers", "Scaled: no container → 1 container"]);
    expect(acts(made).toSorted()).to.deep.equal(["off:up", "web:up"]);
    expect(made.health.status).to.equal("Healthy");
  });

  describe("while somebody makes containers by hand", () => {
    const AT = 1_000_000;
    const young = (patch: Partial<ObservedContainer> = {}): ObservedContainer =>
      fakeContainer("b", { state: "created", createdAt: AT, ...patch });
    const replacement = young({ name: "0123456789ab_shop-web-1" });
    const stopped = fakeContainer("a", { state: "exited", exitCode: 137 });

    const table: readonly (readonly [string, readonly ObservedContainer[], number, readonly string[]])[] = [
      ["waits for the start of what was made a moment ago", [young()], 4999, []],
      ["finds it after that moment", [young()], 5000, ["web:Created"]],
      ["waits until one container has taken another one's place", [stopped, replacement], 14_999, []],
      [
        "finds it when that takes too long",
        [stopped, replacement],
        15_000,
        ["web:Stopped", "web:Created", "web:Scaled"],
      ],
      [
        "does not wait for what could not be started",
        [young({ error: "port is in use" })],
        1,
        ["web:Created"],
      ],
      [
        "does not wait for what was made in the future, before the clock was set back",
        [young()],
        -1,
        ["web:Created"],
      ],
      ["waits for no place of another one where there is no other", [replacement], 5000, ["web:Created"]],
    ];
    for (const [name, containers, afterMs, found] of table) {
      it(name, () => {
        const byHand = { exitCode: 137, byHand: true, at: 1 };
        const made = planOf([service("web")], containers, { now: AT + afterMs, ending: () => byHand });

        expect(kinds(made)).to.deep.equal(found);
        if (found.length > 0) expect(made.lookAgainAt).to.equal(undefined);
        else {
          expect(made.steps).to.deep.equal([]);
          expect(made.health.status).to.equal("Progressing");
          expect(made.lookAgainAt).to.be.greaterThan(AT + afterMs);
        }
      });
    }
  });

  it("runs nothing again that has done its work, however many containers it has left", () => {
    const done = (id: string): ObservedContainer => fakeContainer(id, { service: "job", state: "exited" });
    const job = service("job", { oneShot: "yes", replicas: 2 });

    for (const containers of [[done("a")], [done("a"), done("b"), done("c")]]) {
      const made = planOf([job], containers);
      expect(made.findings).to.deep.equal([]);
      expect(made.health.status).to.equal("Healthy");
    }
    const half = planOf([job], [done("a"), fakeContainer("b", { service: "job" }), done("c")]);
    expect(kinds(half)).to.deep.equal(["job:Scaled"]);
    expect(acts(half)).to.deep.equal([]);
  });

  describe("with evidence of what was made", () => {
    const network: Attachment = { network: "net", networkId: "n1", aliases: ["web"], special: false };
    const as = (patch: Partial<ObservedContainer>): ObservedContainer =>
      fakeContainer("a", { attachments: [network], ...patch });
    const made = {
      web: {
        configHash: "hash",
        image: "i",
        imageId: "x",
        containers: ["a"],
        gated: [],
        made: {
          a: {
            name: "a",
            configHash: "hash",
            composeVersion: "2.40.3",
            shape: "shape",
            attachments: [network],
            settings: {},
          },
        },
      },
    };
    const found = (patch: Partial<ObservedContainer>, extra: Partial<PlanInput> = {}): Plan =>
      planOf([service("web")], [as(patch)], { made, ...extra });

    const table: readonly (readonly [
      string,
      Partial<ObservedContainer>,
      readonly string[],
      readonly string[],
      string,
    ])[] = [
      [
        "recreates what was updated",
        { settings: { memory: 1 } },
        ["web:Modified"],
        ["web:recreate"],
        "Healthy",
      ],
      ["gives back the name", { name: "b" }, ["web:Modified"], ["web:rename"], "Healthy"],
      [
        "attaches again what was detached",
        { attachments: [] },
        ["web:NetworkDetached"],
        ["web:attach"],
        "Degraded",
      ],
      [
        "detaches what was attached to more",
        { attachments: [network, { ...network, network: "b" }] },
        ["web:NetworkChanged"],
        ["web:detach"],
        "Healthy",
      ],
      [
        "restarts nothing of a service that is made anew",
        { settings: { memory: 1 }, health: "unhealthy" },
        ["web:Unhealthy", "web:Modified"],
        ["web:recreate"],
        "Degraded",
      ],
      [
        "attaches and restarts where both are asked for",
        { attachments: [], health: "unhealthy" },
        ["web:Unhealthy", "web:NetworkDetached"],
        ["web:restart", "web:attach"],
        "Degraded",
      ],
      [
        "looks at how it was made only while it runs",
        { settings: { memory: 1 }, state: "paused" },
        ["web:Paused"],
        ["web:unpause"],
        "Degraded",
      ],
    ];
    for (const [name, patch, kindsFound, steps, health] of table) {
      it(name, () => {
        const plan = found(patch);

        expect(kinds(plan)).to.deep.equal(kindsFound);
        expect(acts(plan)).to.deep.equal(steps);
        expect(plan.health.status).to.equal(health);
        expect(plan.fresh).to.deep.equal({});
      });
    }

    it("goes on with what depends on a service that only differs", () => {
      const app = service("app", {
        dependsOn: [{ service: "web", condition: "service_started", required: true }],
      });
      const plan = planOf([service("web"), app], [as({ settings: { memory: 1 } })], { made });

      expect(acts(plan)).to.deep.equal(["web:recreate", "app:up"]);
    });

    const ignoring: readonly (readonly [
      string,
      Partial<ObservedContainer>,
      NonNullable<PlanInput["ignored"]>,
      boolean,
      string,
    ])[] = [
      [
        "a kind of one service",
        { settings: { memory: 1 } },
        [{ service: "web", kinds: ["Modified"] }],
        true,
        "Healthy",
      ],
      [
        "a kind of all services",
        { settings: { memory: 1 } },
        [{ kinds: ["Scaled", "Modified"] }],
        true,
        "Healthy",
      ],
      [
        "not the kind of another service",
        { settings: { memory: 1 } },
        [{ service: "db", kinds: ["Modified"] }],
        false,
        "Healthy",
      ],
      ["not another kind", { settings: { memory: 1 } }, [{ kinds: ["Scaled"] }], false, "Healthy"],
      [
        "another configuration",
        { id: "z", configHash: "other" },
        [{ kinds: ["ConfigChanged"] }],
        true,
        "Healthy",
      ],
      [
        "what failed, which makes it no healthier",
        { state: "exited", exitCode: 1 },
        [{ kinds: ["Exited"] }],
        true,
        "Degraded",
      ],
    ];
    for (const [name, patch, ignored, isIgnored, health] of ignoring) {
      it(`ignores ${name}`, () => {
        const plan = found(patch, { ignored });

        expect(plan.findings.map((finding) => finding.ignored === true)).to.deep.equal([isIgnored]);
        expect(plan.steps.length).to.equal(isIgnored ? 0 : 1);
        expect(plan.health.status).to.equal(health);
      });
    }

    it("does not care in which order containers are listed", () => {
      const attachments = fc.constantFrom(
        [],
        [network],
        [{ ...network, aliases: [] }],
        [{ ...network, networkId: "n2" }],
      );
      const container = fc.record({
        state: fc.constantFrom("running" as const, "exited" as const, "paused" as const),
        name: fc.constantFrom("a", "b"),
        settings: fc.constantFrom({}, { memory: 1 }),
        configHash: fc.constantFrom("hash", "other"),
        attachments,
      });
      fc.assert(
        fc.property(fc.array(container, { maxLength: 4 }), fc.nat({ max: 3 }), (list, replicas) => {
          const containers = list.map((patch, index) => fakeContainer("abcd".charAt(index), patch));
          const [one, other] = [containers, containers.toReversed()].map((all) =>
            planOf([service("web", { replicas })], all, { made }),
          );
          expect(other).to.deep.equal(one);
          for (const step of one?.steps ?? []) {
            const reason = one?.findings.find(
              ({ service: of, kind, ignored }) =>
                of === step.service && kind === step.kind && ignored !== true,
            );
            expect(reason === undefined).to.equal(false);
          }
          const nothing = planOf([service("web", { replicas })], containers, {
            made,
            ignored: [{ kinds: DRIFT_KINDS }],
          });
          expect(nothing.steps).to.deep.equal([]);
          expect(nothing.health).to.deep.equal(one?.health);
        }),
      );
    });
  });

  it("recreates a container whose config hash is not the recorded one", () => {
    const made = planOf([service("web")], [fakeContainer("b", { configHash: "other" })], {
      made: { web: { configHash: "hash", image: "i", imageId: "x", containers: ["a"], gated: [] } },
    });

    expect(kinds(made)).to.deep.equal(["web:ConfigChanged"]);
    expect(acts(made)).to.deep.equal(["web:up"]);
  });

  it("does not start a container of a service that is recreated anyway", () => {
    const made = planOf(
      [service("web", { replicas: 2 })],
      [fakeContainer("a", { state: "exited", exitCode: 1 })],
    );

    expect(kinds(made)).to.deep.equal(["web:Exited", "web:Scaled"]);
    expect(acts(made)).to.deep.equal(["web:up"]);
  });

  it("never runs a one-shot again by healing", () => {
    const job = service("job", { oneShot: "yes" });

    expect(acts(planOf([job], []))).to.deep.equal([]);
    const failed = planOf([job], [fakeContainer("a", { service: "job", state: "exited", exitCode: 3 })]);
    expect(acts(failed)).to.deep.equal([]);
    expect(failed.failedOneShot?.actual).to.equal("exit 3");
    expect(failed.health.status).to.equal("Degraded");
  });

  it("does not miss the container of a one-shot whose run has completed", () => {
    const made = planOf([service("job", { oneShot: "yes" })], [], { completed: new Set(["job"]) });

    expect(made.findings).to.deep.equal([]);
    expect(made.services[0]?.status).to.equal("Finished");
    expect(made.health.status).to.equal("Healthy");
    expect(made.finished).to.deep.equal(["job"]);
  });

  it("waits with a service until its dependency is healthy", () => {
    const web = service("web", {
      dependsOn: [{ service: "db", condition: "service_healthy", required: true }],
    });
    const stopped = fakeContainer("w", { state: "exited", exitCode: 137 });
    const db = (patch: Partial<ObservedContainer>): ObservedContainer =>
      fakeContainer("d", { service: "db", ...patch });

    expect(acts(planOf([service("db"), web], [db({ state: "exited" }), stopped]))).to.deep.equal([
      "db:start",
    ]);
    expect(acts(planOf([service("db"), web], [db({ health: "starting" }), stopped]))).to.deep.equal([]);
    expect(acts(planOf([service("db"), web], [db({ health: "healthy" }), stopped]))).to.deep.equal([
      "web:start",
    ]);
  });

  it("waits with a service until its one-shot has completed", () => {
    const web = service("web", {
      dependsOn: [{ service: "job", condition: "service_completed_successfully", required: true }],
    });
    const job = service("job", { oneShot: "yes" });
    const ended = (exitCode: number): ObservedContainer =>
      fakeContainer("j", { service: "job", state: "exited", exitCode });

    expect(acts(planOf([job, web], [ended(1)]))).to.deep.equal([]);
    expect(acts(planOf([job, web], [ended(0)]))).to.deep.equal(["web:up"]);
    expect(acts(planOf([job, web], [], { completed: new Set(["job"]) }))).to.deep.equal(["web:up"]);
  });

  describe("of a sync that has not brought up everything", () => {
    const waits = (
      condition: DesiredService["dependsOn"][number]["condition"],
      required = true,
    ): Partial<DesiredService> => ({ dependsOn: [{ service: "db", condition, required }] });
    const db = (patch: Partial<ObservedContainer> = {}): ObservedContainer =>
      fakeContainer("d", { service: "db", ...patch });
    const ready = (
      web: Partial<DesiredService>,
      containers: readonly ObservedContainer[],
      left: readonly string[] = ["web"],
      ofDb: Partial<DesiredService> = {},
    ): readonly string[] =>
      planOf([service("db", ofDb), service("web", web)], containers, { left: new Set(left) }).ready;

    const cases: readonly (readonly [
      string,
      Partial<DesiredService>,
      readonly ObservedContainer[],
      readonly string[],
      readonly string[],
    ])[] = [
      [
        "a health check has not answered",
        waits("service_healthy"),
        [db({ health: "starting" })],
        ["web"],
        [],
      ],
      ["it is healthy", waits("service_healthy"), [db({ health: "healthy" })], ["web"], ["web"]],
      ["it has no health check, and runs", waits("service_healthy"), [db()], ["web"], ["web"]],
      ["it is unhealthy", waits("service_healthy"), [db({ health: "unhealthy" })], ["web"], []],
      [
        "it is unhealthy, and optional",
        waits("service_healthy", false),
        [db({ health: "unhealthy" })],
        ["web"],
        ["web"],
      ],
      [
        "it is starting, and optional",
        waits("service_healthy", false),
        [db({ health: "starting" })],
        ["web"],
        [],
      ],
      ["it is not there, and optional", waits("service_healthy", false), [], ["web"], ["web"]],
      [
        "one of two is starting",
        waits("service_healthy"),
        [db({ health: "healthy" }), db({ id: "d2", health: "starting" })],
        ["web"],
        [],
      ],
      ["it runs still", waits("service_completed_successfully"), [db()], ["web"], []],
      [
        "it failed",
        waits("service_completed_successfully"),
        [db({ state: "exited", exitCode: 3 })],
        ["web"],
        [],
      ],
      [
        "it failed, and is optional",
        waits("service_completed_successfully", false),
        [db({ state: "exited", exitCode: 3 })],
        ["web"],
        ["web"],
      ],
      [
        "it was started, and has failed since",
        waits("service_started"),
        [db({ state: "exited", exitCode: 3 })],
        ["web"],
        ["web"],
      ],
      ["it has no container", waits("service_started"), [], ["web"], []],
      ["it is left itself, for a start", waits("service_started"), [], ["db", "web"], ["db", "web"]],
      [
        "it is left itself, for its health",
        waits("service_healthy"),
        [db({ health: "healthy" })],
        ["db", "web"],
        ["db"],
      ],
      [
        "it is left itself, for its end",
        waits("service_completed_successfully"),
        [db({ state: "exited" })],
        ["db", "web"],
        ["db"],
      ],
    ];
    for (const [name, web, containers, left, expected] of cases) {
      it(`brings up ${expected.join(" and ") || "nothing"} of ${left.join(" and ")} where web waits for db and ${name}`, () => {
        expect(
          ready(web, containers, left, {
            oneShot: web.dependsOn?.[0]?.condition === "service_completed_successfully" ? "yes" : "no",
          }),
        ).to.deep.equal(expected);
      });
    }

    it("waits for nothing of a service that is to have no container, or is not in the project", () => {
      expect(ready(waits("service_healthy"), [], ["web"], { replicas: 0 })).to.deep.equal(["web"]);
      const elsewhere = {
        dependsOn: [{ service: "other", condition: "service_healthy", required: true }],
      } as const;
      expect(ready(elsewhere, [])).to.deep.equal(["web"]);
    });

    it("misses nothing, calls nothing of before drift, and says what is waited for", () => {
      const web = service("web", waits("service_healthy"));
      const old = fakeContainer("a", { state: "exited", exitCode: 1 });
      for (const containers of [[db({ health: "starting" })], [db({ health: "starting" }), old]]) {
        const made = planOf([service("db"), web], containers, { left: new Set(["web"]) });

        expect(made.findings).to.deep.equal([]);
        expect(made.steps).to.deep.equal([]);
        expect(made.health.status).to.equal("Progressing");
        expect(made.services[1]).to.include({
          status: "Progressing",
          message: 'waits for "db" to be healthy',
        });
      }
    });

    it("takes no old run of a one-shot for the new one", () => {
      const job = service("job", { oneShot: "yes" });
      const ended = fakeContainer("j", { service: "job", state: "exited", exitCode: 0 });

      expect(planOf([job], [ended], { left: new Set(["job"]) }).finished).to.deep.equal([]);
    });

    it("is not healthy before everything is brought up", () => {
      const made = planOf([service("web")], [fakeContainer("a")], { left: new Set(["web"]) });

      expect(made.health).to.deep.equal({
        status: "Progressing",
        message: 'service "web": is to be brought up',
      });
    });
  });

  it("says for what a service waits before it is started", () => {
    const web = service("web", {
      dependsOn: [{ service: "db", condition: "service_healthy", required: true }],
    });
    const made = planOf(
      [service("db"), web],
      [
        fakeContainer("d", { service: "db", health: "starting" }),
        fakeContainer("w", { state: "exited", exitCode: 1 }),
      ],
    );

    expect(made.services[1]?.message).to.equal('Exited: exit 1; waits for "db" to be healthy');
    expect(acts(made)).to.deep.equal([]);
  });

  it("prunes an orphan, or only shows it", () => {
    const orphan = fakeContainer("o", { service: "old" });
    const containers = [fakeContainer("a"), orphan];

    expect(acts(planOf([service("web")], containers))).to.deep.equal(["old:prune"]);
    const shown = planOf([service("web")], containers, { prune: false });
    expect(kinds(shown)).to.deep.equal(["old:Orphan"]);
    expect(acts(shown)).to.deep.equal([]);
    expect(shown.health.status).to.equal("Healthy");
  });

  it("takes no notice of one-offs and of containers that Compose does not know", () => {
    const made = planOf(
      [service("web")],
      [
        fakeContainer("a"),
        fakeContainer("run", { oneOff: true, state: "exited", exitCode: 1 }),
        fakeContainer("fake", { configHash: "", service: "nobody" }),
      ],
    );

    expect(made.findings).to.deep.equal([]);
  });

  it("stops everything that runs when Stopped is wanted, and nothing else", () => {
    const running = planOf([service("web")], [fakeContainer("a"), fakeContainer("b", { state: "exited" })], {
      wanted: "Stopped",
    });
    expect(kinds(running)).to.deep.equal(["web:Running"]);
    expect(acts(running)).to.deep.equal([":stop"]);

    const stopped = planOf([service("web")], [fakeContainer("b", { state: "exited" })], {
      wanted: "Stopped",
    });
    expect(stopped.findings).to.deep.equal([]);
    expect(stopped.health.status).to.equal("Stopped");
  });

  it("remembers what runs, for the gate", () => {
    const made = planOf(
      [service("web", { replicas: 2 })],
      [fakeContainer("a"), fakeContainer("b", { startedAt: 9000 })],
    );

    expect(made.running).to.deep.equal({ web: ["a", "b"] });
    expect(made.lives).to.deep.equal([`a@${fakeContainer("a").startedAt}`, "b@9000"]);
  });

  it("never acts where it finds nothing, and calls nothing healthy that it would act on", () => {
    const states = ["created", "running", "paused", "restarting", "removing", "exited", "dead"] as const;
    const container = fc.record({
      service: fc.constantFrom("web", "db", "job", "other"),
      state: fc.constantFrom(...states),
      exitCode: fc.constantFrom(0, 1, 137),
      health: fc.constantFrom("none" as const, "starting" as const, "healthy" as const, "unhealthy" as const),
      configHash: fc.constantFrom("hash", "other", ""),
      oneOff: fc.boolean(),
    });
    const services = [
      service("db"),
      service("job", { oneShot: "yes" }),
      service("web", { dependsOn: [{ service: "db", condition: "service_healthy", required: true }] }),
    ];
    fc.assert(
      fc.property(fc.array(container, { maxLength: 6 }), fc.boolean(), (list, prune) => {
        const containers = list.map((patch, index) => fakeContainer(`c${index}`, patch));
        const made = planOf(services, containers, { prune });
        if (made.findings.length === 0) expect(made.steps).to.deep.equal([]);
        const isFailure = ({ kind }: Step): boolean => !ONLY_DRIFT.has(kind) && kind !== "Scaled";
        if (made.steps.some(isFailure)) expect(made.health.status).not.to.equal("Healthy");
        for (const step of made.steps) {
          expect(made.findings.some((finding) => finding.service === step.service)).to.equal(true);
        }
      }),
    );
  });
});

describe("desiredServices()", () => {
  it("puts dependencies first, and knows one-shots by label, by who waits for them, and by what speaks against it", () => {
    const services = desiredServices({
      name: "p",
      services: {
        app: { image: "a", depends_on: { migrate: { condition: "service_completed_successfully" } } },
        migrate: { image: "m" },
        cron: { image: "c", labels: { "conops.dev/one-shot": "true" } },
        web: { image: "w", ports: [{}] },
        probed: { image: "p", healthcheck: { test: ["CMD", "true"] } },
        quiet: { image: "q", healthcheck: { test: ["NONE"] } },
        always: { image: "x", restart: "always" },
        scaled: { deploy: { replicas: 3 } },
      },
    });

    expect(
      services.map(({ name, oneShot, replicas, image }) => `${name} ${oneShot} ${replicas} ${image}`),
    ).to.deep.equal([
      "always no 1 x",
      "migrate yes 1 m",
      "app perhaps 1 a",
      "cron yes 1 c",
      "probed no 1 p",
      "quiet perhaps 1 q",
      "scaled perhaps 3 p-scaled",
      "web no 1 w",
    ]);
  });
});
