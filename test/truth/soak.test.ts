/**
 * Twenty Applications, and for a minute (or as long as SOAK_SECONDS says) something happens to one of them, then to another, in
 * random order. In the end everything that ConOps found, did and started is explained by what was done to it. SOAK_SEED
 * replays the choices of another run.
 */
import { expect } from "chai";
import type { DriftKind } from "../../controller/api/drift.ts";
import { requireEngine } from "../support/engine.ts";
import { startPrivateEngine, type PrivateEngine } from "../support/private-engine.ts";
import { isReady } from "../support/reading.ts";
import { createChance } from "./random.ts";
import { CHECKED, JOB, type Situation } from "./situation.ts";
import { createStage, untilLookedAt, type Stage } from "./stage.ts";

const SECONDS = Number(process.env["SOAK_SECONDS"] ?? 60);
const SEED = Number(process.env["SOAK_SEED"] ?? Math.floor(Math.random() * 2 ** 32));
const APPLICATIONS = 20;
/** Injections at a time. */
const WIDTH = 4;
/** ConOps undoes ten things a minute for each Application; nobody waits for an eleventh here. */
const PER_MINUTE = 8;

interface Injection {
  readonly name: string;
  readonly commands: string;
  /** What is found because of it; nothing, where it is no drift. */
  readonly kind?: DriftKind;
  /** It takes an `up` of Compose to heal it. */
  readonly up?: boolean;
  /** The controller is frozen meanwhile. */
  readonly atOnce?: boolean;
  /** Only where there is such a service. */
  readonly needs?: string;
}

const GHOST = [
  "docker create --name $project-ghost --network none --label com.docker.compose.project=$project",
  "--label com.docker.compose.service=ghost --label com.docker.compose.config-hash=1234 $image",
].join(" ");

const INJECTIONS: readonly Injection[] = [
  { name: "kill", commands: "docker kill $web", kind: "Stopped" },
  { name: "kill another", commands: "docker kill --signal TERM $side", kind: "Stopped" },
  { name: "stop", commands: "docker stop $web", kind: "Stopped" },
  { name: "pause", commands: "docker pause $side", kind: "Paused" },
  { name: "end with 7", commands: "docker exec $side sh -c 'echo 7 >/told'", kind: "Exited" },
  { name: "remove", commands: "docker rm --force $web", kind: "Missing", up: true, atOnce: true },
  { name: "make an orphan", commands: GHOST, kind: "Orphan", up: true },
  { name: "be ill", commands: "docker exec $db touch /ill", kind: "Unhealthy", needs: "db" },
  { name: "ask for a reload", commands: "docker kill --signal HUP $web" },
  { name: "look inside", commands: "docker exec $web true" },
  { name: "run a task", commands: "docker compose --project-name $project --file $file run --rm web true" },
  { name: "run a finished one again", commands: "docker start $job; docker wait $job" },
  {
    name: "commit what nobody uses",
    commands: "date +%N >README.md; git add --all && git commit --quiet --message More",
  },
];

describe("a soak of drift", () => {
  let engine: PrivateEngine;
  let stage: Stage;
  let frozen: Promise<void> = Promise.resolve();
  const applications = Array.from({ length: APPLICATIONS }, (_, n) => applicationOf(n));
  /** Application → what was done to it. */
  const injected = new Map<string, Injection[]>(applications.map(({ id }) => [id, []]));

  before(async function () {
    this.timeout((SECONDS + 300) * 1000);
    await requireEngine();
    engine = await startPrivateEngine();
    stage = await createStage(engine.env);
    await Promise.all(applications.map((application) => stage.prepare(application)));
    await stage.start();
    await Promise.all(
      applications.map(async (application) => {
        await stage.manifest(application, {});
        await stage.untilStatus(application.id, "it is deployed", isReady);
      }),
    );
    process.stdout.write(`      SOAK_SEED=${SEED} SOAK_SECONDS=${SECONDS}\n`);
    await soak();
  });
  after(async () => {
    await stage.close();
    await engine.close();
  });

  it("finds of each kind what was done, and nothing else", async () => {
    const counted = await stage.metrics();
    for (const { id } of applications) {
      const expected: Record<string, number> = {};
      for (const { kind } of injected.get(id) ?? [])
        if (kind !== undefined) expected[kind] = (expected[kind] ?? 0) + 1;
      const found = [...counted].flatMap(([series, value]) => {
        const [, kind] =
          new RegExp(`^conops_drift_total\\{name="${id}",kind="(\\w+)"\\}$`).exec(series) ?? [];
        return kind === undefined || value === 0 ? [] : [[kind, value] as const];
      });
      expect(Object.fromEntries(found), told(id)).to.deep.equal(expected);
    }
  });

  it("heals each once, applies nothing else, and starts Compose for nothing else", async () => {
    const counted = await stage.metrics();
    let [ups, runs, again] = [0, 0, 0];
    for (const { id } of applications) {
      const drifts = (injected.get(id) ?? []).filter(({ kind }) => kind !== undefined);
      const syncs = (result: string, trigger: string): number | undefined =>
        counted.get(`conops_sync_total{name="${id}",result="${result}",trigger="${trigger}"}`);
      expect(syncs("Succeeded", "Drift"), told(id)).to.equal(drifts.length);
      expect(syncs("Succeeded", "NewRevision"), told(id)).to.equal(1);
      for (const trigger of ["Drift", "NewRevision", "SpecChanged", "SecretChanged", "Requested"])
        expect(syncs("Failed", trigger), told(id)).to.equal(0);
      ups += 1 + drifts.filter(({ up }) => up === true).length;
      again += Math.max(0, drifts.filter(({ kind }) => kind === "Unhealthy").length - 1);
    }
    for (const [series, value] of counted)
      if (series.startsWith('conops_compose_runs_total{command="up"')) runs += value;
    // What is unhealthy again before it was well for a minute is made anew, by Compose.
    expect(runs).to.be.within(ups, ups + again);
  });

  it("leaves every Application Ready, without drift", async () => {
    for (const { id } of applications) {
      const status = await stage.status(id);
      expect([status?.phase, status?.drift], told(id)).to.deep.equal(["Synced", []]);
    }
  });

  it("was one: every kind of injection came up", () => {
    const names = new Set([...injected.values()].flat().map(({ name }) => name));
    process.stdout.write(`      ${[...injected.values()].flat().length} injections\n`);
    expect([...names].toSorted()).to.deep.equal(INJECTIONS.map(({ name }) => name).toSorted());
  });

  async function soak(): Promise<void> {
    const chance = createChance(SEED);
    const end = performance.now() + SECONDS * 1000;
    const idle = new Set(applications);
    const healedAt = new Map<string, number[]>();
    /** Each comes up once before any comes up again. */
    const untried = new Set(INJECTIONS);
    const worker = async (): Promise<void> => {
      while (performance.now() < end) {
        const ready = [...idle].filter(({ id }) => isWithin(healedAt.get(id) ?? []));
        if (ready.length === 0) {
          await new Promise((resolve) => setTimeout(resolve, 200));
          continue;
        }
        const application = chance.oneOf(ready);
        const fits = ({ needs }: Injection): boolean => needs === undefined || needs in application.services;
        const fresh = [...untried].filter(fits);
        const injection = chance.oneOf(fresh.length > 0 ? fresh : INJECTIONS.filter(fits));
        untried.delete(injection);
        idle.delete(application);
        await inject(application, injection);
        if (injection.kind !== undefined)
          healedAt.set(application.id, [...(healedAt.get(application.id) ?? []), performance.now()]);
        idle.add(application);
      }
    };
    await Promise.all(Array.from({ length: WIDTH }, worker));
    await new Promise((resolve) => setTimeout(resolve, 2000)); // for what must not come
    await untilLookedAt(
      stage,
      applications.map(({ id }) => id),
    );
  }

  /** Does it, and waits until it is undone. */
  async function inject(application: Situation, injection: Injection): Promise<void> {
    const { id } = application;
    injected.get(id)?.push(injection);
    const healed = healedOf(id);
    if (injection.atOnce === true) await atOnce(() => stage.shell(application, injection.commands));
    else await stage.shell(application, injection.commands);
    if (injection.kind === undefined) return;
    await stage.untilStatus(
      id,
      `it is healed of "${injection.name}"`,
      (status) => healedOf(id) > healed && isReady(status) && status.drift.length === 0,
    );
  }

  /** What happens meanwhile is seen by the controller all at once: a container that is removed is stopped for a moment. */
  async function atOnce(act: () => Promise<unknown>): Promise<void> {
    const before = frozen;
    frozen = (async () => {
      await before;
      const { process } = stage.controller();
      process.kill("SIGSTOP");
      try {
        await act();
      } finally {
        process.kill("SIGCONT");
      }
    })();
    await frozen;
  }

  function healedOf(id: string): number {
    return stage
      .log()
      .of(id)
      .filter(({ msg }) => msg === "healed").length;
  }

  function told(id: string): string {
    return `"${id}", to which was done: ${injected
      .get(id)
      ?.map(({ name }) => name)
      .join(", ")} (SOAK_SEED=${SEED})`;
  }
});

function applicationOf(n: number): Situation {
  return {
    id: `soak-${n}`,
    title: "",
    services: {
      web: {},
      side: {},
      job: { ...JOB, labels: { "conops.dev/one-shot": "true" } },
      // A health check costs the engine a process each time.
      ...(n % 5 === 0 && { db: { healthcheck: { ...CHECKED.healthcheck, interval: "2s" } } }),
    },
    steps: [],
    found: [],
    healed: {},
  };
}

function isWithin(healedAt: readonly number[]): boolean {
  const now = performance.now();
  return healedAt.filter((at) => now - at < 60_000).length < PER_MINUTE;
}
