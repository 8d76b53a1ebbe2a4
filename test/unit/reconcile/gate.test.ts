import { expect } from "chai";
import { leftOfGateMs, settlesInMs } from "../../../controller/reconcile/gate-clock.ts";
import { judgeGate, type GateQuestion, type GateVerdict } from "../../../controller/reconcile/gate.ts";
import type { Finding } from "../../../controller/reconcile/judged.ts";
import type { Health } from "../../../controller/reconcile/health.ts";
import { createMemories, type Memory } from "../../../controller/reconcile/memory.ts";
import { slowStarts } from "../../../controller/reconcile/slow-starts.ts";
import { createFakeClock, type FakeClock } from "../../support/fake-clock.ts";

const crashed: Finding = {
  service: "web",
  kind: "Exited",
  expected: "running",
  actual: "exit 1",
  cause: "itself",
  containerId: "c",
};
const killed: Finding = { ...crashed, kind: "Stopped", cause: "outside" };
const health = (status: Health["status"]): Health => ({ status, message: `web is ${status}` });

const cases: readonly (readonly [
  string,
  Partial<GateQuestion["plan"]>,
  Partial<GateQuestion>,
  GateVerdict,
])[] = [
  ["passes when all is healthy and has settled", { health: health("Healthy") }, {}, { gate: "passed" }],
  [
    "waits until all has settled",
    { health: health("Healthy") },
    { settlesInMs: 1000 },
    { gate: "pending", recheckAfterMs: 1000 },
  ],
  [
    "lets what is healthy settle also where the deadline has passed",
    { health: health("Healthy") },
    { settlesInMs: 1000, leftMs: 0 },
    { gate: "pending", recheckAfterMs: 1000 },
  ],
  [
    "waits for a health check, until the deadline",
    { health: health("Progressing") },
    {},
    { gate: "pending", recheckAfterMs: 90_000 },
  ],
  [
    "fails at once when a container ended by itself",
    { health: health("Degraded"), findings: [crashed] },
    {},
    {
      gate: "failed",
      reason: "HealthGateFailed",
      message: 'service "web": Exited: exit 1',
      containerId: "c",
    },
  ],
  [
    "does not fail for what somebody did from outside",
    { health: health("Degraded"), findings: [killed] },
    {},
    { gate: "pending", recheckAfterMs: 90_000 },
  ],
  [
    "names a crash loop",
    { health: health("Degraded"), findings: [{ ...crashed, kind: "Restarting", actual: "again and again" }] },
    {},
    {
      gate: "failed",
      reason: "CrashLoop",
      message: 'service "web": Restarting: again and again',
      containerId: "c",
    },
  ],
  [
    "fails at its deadline",
    { health: health("Progressing") },
    { leftMs: 0 },
    { gate: "failed", reason: "HealthGateFailed", message: "not healthy within 300s: web is Progressing" },
  ],
  [
    "says at its deadline what could not be healthy before",
    { health: health("Progressing") },
    { leftMs: -1, slow: ["start_period of web is too long"] },
    {
      gate: "failed",
      reason: "HealthGateFailed",
      message: "not healthy within 300s: web is Progressing; start_period of web is too long",
    },
  ],
];

describe("judgeGate()", () => {
  for (const [name, plan, change, verdict] of cases) {
    it(name, () => {
      const asked: GateQuestion = {
        plan: { health: health("Healthy"), findings: [], ...plan },
        settlesInMs: 0,
        leftMs: 90_000,
        timeoutMs: 300_000,
        slow: [],
        ...change,
      };

      expect(judgeGate(asked)).to.deep.equal(verdict);
    });
  }
});

describe("settlesInMs()", () => {
  const deps = (): { clock: FakeClock; settleMs: number } => ({ clock: createFakeClock(), settleMs: 3000 });
  const memoryOf = (): Memory => createMemories().of("shop");

  it("counts for each life of a container from when it was first seen, whatever the engine's clock says", async () => {
    const { clock, settleMs } = deps();
    const memory = memoryOf();
    const settles = (...lives: string[]): number => settlesInMs({ lives }, memory, { clock, settleMs });

    expect(settles("a@1")).to.equal(3000);
    await clock.advance(2000);
    expect(settles("a@1", "b@99999999999999")).to.equal(3000);
    await clock.advance(1000);
    expect(settles("a@1", "b@99999999999999")).to.equal(2000);
    await clock.advance(2000);
    expect(settles("a@1", "b@99999999999999")).to.equal(0);
  });

  it("begins anew for a container that was started again", async () => {
    const { clock, settleMs } = deps();
    const memory = memoryOf();
    settlesInMs({ lives: ["a@1"] }, memory, { clock, settleMs });
    await clock.advance(2900);

    expect(settlesInMs({ lives: ["a@2900"] }, memory, { clock, settleMs })).to.equal(3000);
    await clock.advance(2900);
    // also if it comes back to a life that was seen before
    expect(settlesInMs({ lives: ["a@1"] }, memory, { clock, settleMs })).to.equal(3000);
  });

  it("has nothing to wait for where nothing runs", () => {
    expect(settlesInMs({ lives: [] }, memoryOf(), deps())).to.equal(0);
  });
});

describe("leftOfGateMs()", () => {
  const gate = (gateDeadline: number): { syncedAt: string; gateDeadline: number } => ({
    syncedAt: "2026-01-01T00:00:00Z",
    gateDeadline,
  });

  it("counts by the monotonic clock, so that a clock that is set changes nothing", async () => {
    const clock = createFakeClock();
    let setForwardMs = 0;
    const memory = createMemories().of("shop");
    const deps = { clock: { ...clock, now: () => clock.now() + setForwardMs }, settleMs: 0 };
    const applied = gate(clock.now() + 60_000);
    expect(leftOfGateMs(applied, 60_000, memory, deps)).to.equal(60_000);

    setForwardMs = 3_600_000;
    await clock.advance(10_000);

    expect(leftOfGateMs(applied, 60_000, memory, deps)).to.equal(50_000);
  });

  it("takes what is left of it under a new controller, at most the whole time, and at least none", () => {
    const clock = createFakeClock();
    const deps = { clock, settleMs: 0 };
    const left = (deadline: number): number =>
      leftOfGateMs(gate(clock.now() + deadline), 60_000, createMemories().of("shop"), deps);

    expect([left(20_000), left(-20_000), left(9_000_000)]).to.deep.equal([20_000, 0, 60_000]);
  });

  it("begins anew with another deadline", async () => {
    const clock = createFakeClock();
    const memory = createMemories().of("shop");
    const deps = { clock, settleMs: 0 };
    leftOfGateMs(gate(clock.now() + 60_000), 60_000, memory, deps);
    await clock.advance(50_000);

    expect(leftOfGateMs(gate(clock.now() + 60_000), 60_000, memory, deps)).to.equal(60_000);
  });
});

describe("slowStarts()", () => {
  const of = (start_period?: string, extra: object = {}): readonly string[] => [
    ...slowStarts(
      { services: { web: { healthcheck: { ...(start_period && { start_period }), ...extra } } } },
      60_000,
    ).values(),
  ];

  it("names a start period that is longer than the gate waits", () => {
    expect(of("1m30s")).to.deep.equal([
      'start_period of service "web" (1m30s) is longer than spec.sync.timeout (60s)',
    ]);
  });

  it("has nothing to say of a shorter one, of none, and of a check that is switched off", () => {
    expect([of("1m"), of(), of("2m", { disable: true })]).to.deep.equal([[], [], []]);
  });
});
