import { expect } from "chai";
import { judgeGate, type GateQuestion, type GateVerdict } from "../../../controller/reconcile/gate.ts";
import type { Finding } from "../../../controller/reconcile/judged.ts";
import type { Health } from "../../../controller/reconcile/health.ts";

const DEADLINE = 100_000;
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
  [
    "passes when all is healthy and has settled",
    { health: health("Healthy"), lastStartedAt: 7000 },
    {},
    { gate: "passed" },
  ],
  [
    "waits until all has settled",
    { health: health("Healthy"), lastStartedAt: 8000 },
    {},
    { gate: "pending", recheckAt: 11_000 },
  ],
  [
    "does not wait for a start that lies in the future, after the clock was set back",
    { health: health("Healthy"), lastStartedAt: 90_000 },
    {},
    { gate: "passed" },
  ],
  [
    "waits for a health check",
    { health: health("Progressing") },
    {},
    { gate: "pending", recheckAt: DEADLINE },
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
    { gate: "pending", recheckAt: DEADLINE },
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
    { now: DEADLINE },
    { gate: "failed", reason: "HealthGateFailed", message: "not healthy within 300s: web is Progressing" },
  ],
  [
    "passes late, after it has failed",
    { health: health("Healthy"), lastStartedAt: 0 },
    { now: DEADLINE * 2, applied: { gate: "failed", gateDeadline: DEADLINE } },
    { gate: "passed" },
  ],
];

describe("judgeGate()", () => {
  for (const [name, plan, change, verdict] of cases) {
    it(name, () => {
      const asked: GateQuestion = {
        applied: { gate: "pending", gateDeadline: DEADLINE },
        plan: { health: health("Healthy"), findings: [], lastStartedAt: 0, ...plan },
        settleMs: 3000,
        timeoutMs: 300_000,
        now: 10_000,
        ...change,
      };

      expect(judgeGate(asked)).to.deep.equal(verdict);
    });
  }
});
