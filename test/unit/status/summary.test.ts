import { expect } from "chai";
import type { AppliedTarget, Attempt, MadeTarget } from "../../../controller/status/record.ts";
import type { Observation } from "../../../controller/status/observation.ts";
import { summarise, type Summary } from "../../../controller/status/summary.ts";

const made: MadeTarget = {
  revision: "a".repeat(40),
  specHash: "1",
  rendering: "r",
  projectDir: "/p",
  services: {},
  usedFiles: "",
  runKeys: {},
  subject: "",
  author: "",
  committedAt: "",
};
const applied = (extra: Partial<AppliedTarget> = {}): AppliedTarget => ({
  ...made,
  trigger: "NewRevision",
  tries: 0,
  startedAt: "",
  syncedAt: "",
  gate: "passed",
  gateDeadline: 0,
  ...extra,
});
const attempt = (extra: Partial<Attempt> = {}): Attempt => ({
  revision: "b".repeat(40),
  specHash: "1",
  trigger: "NewRevision",
  startedAt: "",
  result: "failed",
  failures: 1,
  reason: "PullFailed",
  message: "Cannot pull",
  ...extra,
});
const record = (extra: Partial<Observation["record"]> = {}): Observation["record"] => ({
  state: "Running",
  generation: 1,
  conditions: [],
  applied: applied(),
  ...extra,
});

const healthy = { status: "Healthy", message: "every service is healthy" } as const;
const degraded = {
  status: "Degraded",
  message: 'service "web": Exited: exit 1; its last words: "bye"',
} as const;
const calm: Observation = {
  record: record(),
  wantedState: "Running",
  suspended: false,
  source: { checked: true, revision: "a".repeat(40) },
  decision: "current",
  health: healthy,
  drifted: [],
};
const first: Partial<Observation> = { health: undefined };
const { applied: _none, ...fresh } = record();
const withoutApplied = (extra: Partial<Observation["record"]> = {}): Observation["record"] => ({
  ...fresh,
  ...extra,
});
const down = { reason: "FetchFailed", message: "Cannot fetch: refused" } as const;

/** `TYPE=STATUS reason` of each condition, and the phase. */
function say({ phase, conditions }: Summary): string {
  const words = conditions.map(({ type, status, reason }) => `${type}=${status} ${reason}`);
  return [phase, ...words].join(", ");
}

const rows: readonly (readonly [string, Partial<Observation>, string])[] = [
  [
    "first visit",
    { ...first, record: withoutApplied(), decision: "no-source", source: { checked: false } },
    "Pending, Ready=Unknown FirstVisit, Reconciling=True FirstVisit, SourceReady=Unknown SourceNotChecked, Synced=Unknown FirstVisit, Healthy=Unknown FirstVisit",
  ],
  [
    "the first target is applied",
    {
      ...first,
      record: withoutApplied({ attempt: attempt({ result: "running", failures: 0 }) }),
      decision: "apply",
    },
    "Syncing, Ready=Unknown Progressing, Reconciling=True Progressing, SourceReady=True SourceReady, Synced=Unknown FirstVisit, Healthy=Unknown FirstVisit",
  ],
  [
    "gate of a target not tried before",
    {
      record: record({ applied: applied({ gate: "pending" }) }),
      health: { status: "Progressing", message: "starting" },
    },
    "Syncing, Ready=Unknown Progressing, Reconciling=True Progressing, SourceReady=True SourceReady, Synced=True Synced, Healthy=Unknown Progressing",
  ],
  [
    "applied target healthy, no newer one failed",
    {},
    "Synced, Ready=True Synced, SourceReady=True SourceReady, Synced=True Synced, Healthy=True Healthy",
  ],
  [
    "the newest target failed, the applied one is healthy",
    { record: record({ attempt: attempt() }), decision: "backoff" },
    "Degraded, Ready=False PullFailed, SourceReady=True SourceReady, Synced=False PullFailed, Healthy=True Healthy",
  ],
  [
    "the newest target was refused for good",
    {
      record: record({ attempt: attempt({ reason: "PolicyViolation", terminal: true }) }),
      decision: "backoff",
    },
    "Degraded, Ready=False PolicyViolation, Stalled=True PolicyViolation, SourceReady=True SourceReady, Synced=False PolicyViolation, Healthy=True Healthy",
  ],
  [
    "nothing applied yet and the source fails",
    { ...first, record: withoutApplied(), decision: "no-source", source: { checked: false, error: down } },
    "Error, Ready=False FetchFailed, SourceReady=False FetchFailed, Synced=Unknown FirstVisit, Healthy=Unknown FirstVisit",
  ],
  [
    "nothing applied yet and the render fails",
    {
      ...first,
      record: withoutApplied({ attempt: attempt({ reason: "InvalidCompose" }) }),
      decision: "backoff",
    },
    "Error, Ready=False InvalidCompose, SourceReady=True SourceReady, Synced=False InvalidCompose, Healthy=Unknown FirstVisit",
  ],
  [
    "retrying the first target after a failure",
    { ...first, record: withoutApplied({ attempt: attempt({ result: "running" }) }), decision: "apply" },
    "Syncing, Ready=False PullFailed, Reconciling=True PullFailed, SourceReady=True SourceReady, Synced=False PullFailed, Healthy=Unknown FirstVisit",
  ],
  [
    "retrying a newer target that failed",
    { record: record({ attempt: attempt({ result: "running" }) }), decision: "apply" },
    "Syncing, Ready=False PullFailed, Reconciling=True PullFailed, SourceReady=True SourceReady, Synced=False PullFailed, Healthy=True Healthy",
  ],
  [
    "gate of a target that failed before",
    {
      record: record({
        applied: applied({ gate: "pending", tries: 1, gateReason: "PullFailed", gateMessage: "Cannot pull" }),
      }),
    },
    "Syncing, Ready=False PullFailed, Reconciling=True PullFailed, SourceReady=True SourceReady, Synced=True Synced, Healthy=True Healthy",
  ],
  [
    "a target whose gate failed runs again, and its gate has not passed yet",
    {
      record: record({
        applied: applied({ gate: "failed", gateReason: "HealthGateFailed", gateMessage: "not healthy" }),
      }),
    },
    "Degraded, Ready=False HealthGateFailed, SourceReady=True SourceReady, Synced=True Synced, Healthy=True Healthy",
  ],
  [
    "applied and healthy, a new one waits for approval",
    { decision: "awaiting" },
    "OutOfSync, Ready=True Synced, SourceReady=True SourceReady, Synced=False AwaitingSync, Healthy=True Healthy",
  ],
  [
    "the first deployment waits for approval",
    { ...first, record: withoutApplied(), decision: "awaiting" },
    "PendingSync, Ready=False AwaitingSync, SourceReady=True SourceReady, Synced=False AwaitingSync, Healthy=Unknown FirstVisit",
  ],
  [
    "applied and healthy, remote down",
    { source: { checked: true, revision: "a".repeat(40), error: down } },
    "Synced, Ready=True Synced, SourceReady=False FetchFailed, Synced=True Synced, Healthy=True Healthy",
  ],
  [
    "a service failed",
    { health: degraded, drifted: [{ service: "web", kind: "Exited", actual: "exit 1" }] },
    "Degraded, Ready=False ServiceNotHealthy, SourceReady=True SourceReady, Synced=False Drift, Healthy=False ServiceNotHealthy",
  ],
  [
    "a gate failed by a crash loop",
    {
      record: record({ applied: applied({ gate: "failed", gateReason: "CrashLoop", gateMessage: "m" }) }),
      health: { status: "Progressing", message: "restarting" },
    },
    "Degraded, Ready=False CrashLoop, SourceReady=True SourceReady, Synced=True Synced, Healthy=Unknown Progressing",
  ],
  [
    "manifest invalid, the last good one goes on",
    { invalid: { reason: "InvalidManifest", message: "shop.yaml:3:5: spec.x" } },
    "Degraded, Ready=False InvalidManifest, Stalled=True InvalidManifest, SourceReady=True SourceReady, Synced=True Synced, Healthy=True Healthy",
  ],
  [
    "Stopped by state",
    {
      wantedState: "Stopped",
      record: record({ state: "Stopped" }),
      health: { status: "Stopped", message: "m" },
    },
    "Stopped, Ready=True Stopped, SourceReady=True SourceReady, Synced=True Synced, Healthy=True Stopped",
  ],
  [
    "Stopped before anything was applied",
    { ...first, wantedState: "Stopped", record: withoutApplied(), decision: "stopped" },
    "Stopped, Ready=True Stopped, SourceReady=True SourceReady, Synced=Unknown FirstVisit, Healthy=Unknown FirstVisit",
  ],
  [
    "it is being stopped",
    { wantedState: "Stopped", health: { status: "Stopped", message: "m" }, decision: "stopped" },
    "Stopped, Ready=Unknown Progressing, Reconciling=True Progressing, SourceReady=True SourceReady, Synced=True Synced, Healthy=True Stopped",
  ],
  [
    "suspended, and Git has moved on",
    { suspended: true, decision: "suspended", newer: true },
    "Suspended, Ready=True Synced, SourceReady=True SourceReady, Synced=False Suspended, Healthy=True Healthy",
  ],
  [
    "suspended while a sync prepared",
    {
      suspended: true,
      decision: "suspended",
      record: record({ attempt: attempt({ result: "running", failures: 0 }) }),
    },
    "Suspended, Ready=True Synced, SourceReady=True SourceReady, Synced=True Synced, Healthy=True Healthy",
  ],
  [
    "the engine does not answer",
    { health: undefined, engineDown: { reason: "EngineUnavailable", message: "no answer" } },
    "Error, Ready=Unknown EngineUnavailable, Reconciling=True EngineUnavailable, SourceReady=True SourceReady, Synced=True Synced, Healthy=Unknown EngineUnavailable",
  ],
  [
    "its project name may not change",
    { forbidden: { reason: "ProjectNameImmutable", message: "m" }, decision: "forbidden" },
    "Degraded, Ready=False ProjectNameImmutable, Stalled=True ProjectNameImmutable, SourceReady=True SourceReady, Synced=False ProjectNameImmutable, Healthy=True Healthy",
  ],
  [
    "deletion is held",
    { deletionHeld: { reason: "DeletionHeld", message: "m" } },
    "Degraded, Ready=False DeletionHeld, Stalled=True DeletionHeld, SourceReady=True SourceReady, Synced=True Synced, Healthy=True Healthy",
  ],
  [
    "it is being deleted",
    { record: record({ deletion: { startedAt: "", destructive: false, published: true } }) },
    "Deleting, Ready=False Deleting, Reconciling=True Deleting, SourceReady=True SourceReady, Synced=True Synced, Healthy=True Healthy",
  ],
  [
    "its deletion is blocked",
    {
      record: record({ deletion: { startedAt: "", destructive: true, published: true } }),
      deletionBlocked: { reason: "DeletionBlocked", message: "m" },
    },
    "Deleting, Ready=False DeletionBlocked, Stalled=True DeletionBlocked, SourceReady=True SourceReady, Synced=True Synced, Healthy=True Healthy",
  ],
];

describe("summarise()", () => {
  for (const [situation, seen, said] of rows) {
    it(`says of "${situation}": ${said.split(", ").slice(0, 2).join(", ")}`, () => {
      expect(say(summarise({ ...calm, ...seen }))).to.equal(said);
    });
  }

  it("names the service and its last words where one failed", () => {
    const { conditions } = summarise({ ...calm, health: degraded });

    expect(conditions[0]?.message).to.equal(degraded.message);
  });

  it("is stalled after eight failures in a row, and not before", () => {
    const stalled = (failures: number): boolean =>
      summarise({ ...calm, record: record({ attempt: attempt({ failures }) }) }).conditions.some(
        ({ type }) => type === "Stalled",
      );

    expect(stalled(7)).to.equal(false);
    expect(stalled(8)).to.equal(true);
  });

  it("tells of a remote that redirects, and goes on", () => {
    const source = { checked: true, revision: "a".repeat(40), movedTo: "https://git.example.com/new" };
    const { conditions } = summarise({ ...calm, source });

    expect(conditions.find(({ type }) => type === "SourceReady")).to.deep.equal({
      type: "SourceReady",
      status: "True",
      reason: "SourceReady",
      message:
        'the remote is at aaaaaaaaaaaa; it redirects to "https://git.example.com/new": use the new URL',
    });
  });

  it("says after a restart what was said before, as long as nobody has asked the remote", () => {
    const before = [
      {
        type: "SourceReady",
        status: "True",
        reason: "SourceReady",
        message: "the remote is at aaaa",
        observedGeneration: 1,
        lastTransitionTime: "",
      },
      {
        type: "Synced",
        status: "False",
        reason: "AwaitingSync",
        message: "a new target waits",
        observedGeneration: 1,
        lastTransitionTime: "",
      },
    ] as const;
    const restarted: Observation = {
      ...calm,
      record: record({ conditions: before }),
      source: { checked: false },
      decision: "no-source",
    };

    expect(say(summarise(restarted))).to.equal(
      "OutOfSync, Ready=True Synced, SourceReady=True SourceReady, Synced=False AwaitingSync, Healthy=True Healthy",
    );
    expect(
      say(summarise({ ...restarted, record: record({ conditions: before, generation: 2 }) })),
    ).to.contain("SourceReady=Unknown SourceNotChecked, Synced=True Synced");
  });

  it("gives every condition a sentence, and never both Reconciling and Stalled", () => {
    for (const [, seen] of rows) {
      const { conditions } = summarise({ ...calm, ...seen });
      const types = conditions.map(({ type }) => type as string);

      expect(conditions.filter(({ message }) => message === "")).to.deep.equal([]);
      expect(types.includes("Reconciling") && types.includes("Stalled")).to.equal(false);
      expect(types.length).to.equal(new Set(types).size);
    }
  });
});
