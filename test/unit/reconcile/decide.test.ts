import { expect } from "chai";
import { decide, type Situation } from "../../../controller/reconcile/decide.ts";
import type { AppliedTarget, Attempt, MadeTarget, Target } from "../../../controller/status/record.ts";
import type { Quarantined, Rollback } from "../../../controller/status/rollback-types.ts";

const A: Target = { revision: "a", specHash: "1" };
const B: Target = { revision: "b", specHash: "1" };
const A2: Target = { revision: "a", specHash: "2" };
const NOW = 1000;

const made = (target: Target): MadeTarget => ({
  ...target,
  rendering: "r",
  projectDir: "/p",
  services: {},
  usedFiles: "",
  runKeys: {},
  subject: "",
  author: "",
  committedAt: "",
});
const applied = (target: Target): AppliedTarget => ({
  ...made(target),
  trigger: "NewRevision",
  tries: 0,
  startedAt: "",
  syncedAt: "",
  gate: "passed",
  gateDeadline: 0,
});
const attempt = (target: Target, extra: Partial<Attempt> = {}): Attempt => ({
  ...target,
  trigger: "NewRevision",
  startedAt: "",
  result: "failed",
  failures: 1,
  ...extra,
});

const why = { reason: "HealthGateFailed", message: "it failed" } as const;
const barred = (target: Target): Quarantined => ({ target, content: "c", revision: target.revision, why });
/** B failed, and A is to be brought back. */
const rollback = (extra: Partial<Rollback> = {}): Rollback => ({
  from: B,
  to: A,
  why,
  state: "running",
  startedAt: "",
  failures: 0,
  ...extra,
});
const rollingBack = {
  target: B,
  applied: { ...applied(B), gate: "failed" },
  attempt: attempt(B, { made: made(A) }),
  rollback: rollback(),
  quarantine: [barred(B)],
} as const;

const calm: Situation = {
  suspend: false,
  state: "Running",
  automated: true,
  target: A,
  applied: applied(A),
  attempt: undefined,
  requested: false,
  sourceIsOlderThanRequest: false,
  generation: 1,
  credentialsDigest: undefined,
  policyDigest: "p",
  forbidden: undefined,
  hasNewImages: false,
  now: NOW,
};

const forbidden = { reason: "ProjectNameTaken", message: "taken" } as const;

const cases: readonly (readonly [string, Partial<Situation>, ReturnType<typeof decide>])[] = [
  ["the applied target is wanted: nothing to do", {}, { kind: "current" }],
  [
    "it is applied again where a registry has new images",
    { hasNewImages: true },
    { kind: "apply", target: A, trigger: "ImageChanged" },
  ],
  [
    "a new revision comes before new images",
    { hasNewImages: true, target: B },
    { kind: "apply", target: B, trigger: "NewRevision" },
  ],
  [
    "new images lift what failed with those before",
    { hasNewImages: true, attempt: attempt(A, { terminal: true, generation: 1 }) },
    { kind: "apply", target: A, trigger: "ImageChanged" },
  ],
  ["nothing is applied to what is suspended", { hasNewImages: true, suspend: true }, { kind: "suspended" }],
  ["a new revision is applied", { target: B }, { kind: "apply", target: B, trigger: "NewRevision" }],
  ["a changed spec is applied", { target: A2 }, { kind: "apply", target: A2, trigger: "SpecChanged" }],
  [
    "the first target is applied",
    { applied: undefined },
    { kind: "apply", target: A, trigger: "NewRevision" },
  ],
  [
    "a new target waits where nothing is automated",
    { automated: false, target: B },
    { kind: "awaiting", target: B },
  ],
  ["so does the first", { automated: false, applied: undefined }, { kind: "awaiting", target: A }],
  ["so does a changed spec", { automated: false, target: A2 }, { kind: "awaiting", target: A2 }],
  [
    "a request applies it",
    { automated: false, target: B, requested: true },
    { kind: "apply", target: B, trigger: "Requested" },
  ],
  [
    "a request applies the applied target again",
    { requested: true },
    { kind: "apply", target: A, trigger: "Requested" },
  ],
  [
    "a request waits for a look at the remote",
    { requested: true, sourceIsOlderThanRequest: true },
    { kind: "no-source" },
  ],
  ["suspended applies nothing", { suspend: true, target: B }, { kind: "suspended" }],
  ["suspended obeys no request", { suspend: true, requested: true }, { kind: "suspended" }],
  ["stopped applies nothing", { state: "Stopped", target: B }, { kind: "stopped" }],
  ["what is forbidden is not applied", { forbidden, target: B }, { kind: "forbidden", ...forbidden }],
  ["without an answer of the source nothing is decided", { target: undefined }, { kind: "no-source" }],
  [
    "a target that failed waits for its retry",
    { target: B, attempt: attempt(B, { retryAt: NOW + 1 }) },
    { kind: "backoff", target: B, retryAt: NOW + 1 },
  ],
  [
    "and is tried again when that has come",
    { target: B, attempt: attempt(B, { retryAt: NOW }) },
    { kind: "apply", target: B, trigger: "NewRevision" },
  ],
  [
    "a target that cannot work is not tried again",
    { target: B, attempt: attempt(B, { terminal: true, generation: 1 }) },
    { kind: "backoff", target: B },
  ],
  [
    "but is, with other credentials",
    {
      target: B,
      credentialsDigest: "new",
      attempt: attempt(B, { terminal: true, generation: 1, credentialsDigest: "old" }),
    },
    { kind: "apply", target: B, trigger: "SecretChanged" },
  ],
  [
    "but is, under another policy than the one that refused it",
    {
      target: B,
      policyDigest: "q",
      attempt: attempt(B, { terminal: true, generation: 1, policyDigest: "p" }),
    },
    { kind: "apply", target: B, trigger: "NewRevision" },
  ],
  [
    "and is not, under the same one",
    { target: B, attempt: attempt(B, { terminal: true, generation: 1, policyDigest: "p" }) },
    { kind: "backoff", target: B },
  ],
  [
    "nor where no policy refused it",
    { target: B, policyDigest: "q", attempt: attempt(B, { terminal: true, generation: 1 }) },
    { kind: "backoff", target: B },
  ],
  [
    "is tried with credentials that are new to it",
    {
      target: B,
      credentialsDigest: "new",
      attempt: attempt(B, { retryAt: NOW + 100, credentialsDigest: "" }),
    },
    { kind: "apply", target: B, trigger: "SecretChanged" },
  ],
  [
    "and waits where none were asked for",
    { target: B, credentialsDigest: "new", attempt: attempt(B, { retryAt: NOW + 100 }) },
    { kind: "backoff", target: B, retryAt: NOW + 100 },
  ],
  [
    "but a request tries it",
    { target: B, requested: true, attempt: attempt(B, { terminal: true }) },
    { kind: "apply", target: B, trigger: "Requested" },
  ],
  [
    "a new target takes the place of one that fails",
    { target: B, attempt: attempt(A2, { retryAt: NOW + 100 }) },
    { kind: "apply", target: B, trigger: "NewRevision" },
  ],
  [
    "going back to the applied target ends a failed try that touched nothing",
    { attempt: attempt(B, { retryAt: NOW + 100 }) },
    { kind: "current" },
  ],
  [
    "going back from half-way through another target brings the applied one up in full",
    { attempt: attempt(B, { made: made(B), retryAt: NOW + 100 }) },
    { kind: "apply", target: A, trigger: "NewRevision" },
  ],
  [
    "what a killed controller had begun is begun anew",
    { target: B, attempt: attempt(B, { result: "running", trigger: "Requested", failures: 0 }) },
    { kind: "apply", target: B, trigger: "Requested" },
  ],
  [
    "what was begun is finished also where nothing is automated",
    { automated: false, target: B, attempt: attempt(B, { result: "running", made: made(B) }) },
    { kind: "apply", target: B, trigger: "NewRevision" },
  ],
  [
    "a one-shot that failed makes the applied target be tried again",
    { attempt: attempt(A, { retryAt: NOW + 5 }) },
    { kind: "backoff", target: A, retryAt: NOW + 5 },
  ],
  ["a target that failed gives way to the last healthy one", rollingBack, { kind: "rollback" }],
  ["also without an answer of the source", { ...rollingBack, target: undefined }, { kind: "rollback" }],
  ["also where new targets are forbidden", { ...rollingBack, forbidden }, { kind: "rollback" }],
  ["also where nothing is automated", { ...rollingBack, target: A2, automated: false }, { kind: "rollback" }],
  ["not while it is suspended", { ...rollingBack, suspend: true }, { kind: "suspended" }],
  ["nor while it is stopped", { ...rollingBack, state: "Stopped" }, { kind: "stopped" }],
  [
    "a rollback that the host did not let through waits for its retry",
    { ...rollingBack, rollback: rollback({ retryAt: NOW + 9 }) },
    { kind: "backoff", target: B, retryAt: NOW + 9 },
  ],
  [
    "and is tried again when that has come",
    { ...rollingBack, rollback: rollback({ retryAt: NOW }) },
    { kind: "rollback" },
  ],
  [
    "something newer takes the place of a rollback",
    { ...rollingBack, target: A2 },
    { kind: "apply", target: A2, trigger: "NewRevision" },
  ],
  [
    "so does the very target that failed, on request",
    { ...rollingBack, requested: true },
    { kind: "apply", target: B, trigger: "Requested" },
  ],
  [
    "what was rolled back is not tried again",
    { target: B, attempt: attempt(B, { retryAt: 0 }), quarantine: [barred(A2), barred(B)] },
    { kind: "quarantined", target: B, entry: barred(B) },
  ],
  [
    "not even after an edit of what makes no new target, or with other credentials",
    {
      target: B,
      generation: 2,
      credentialsDigest: "new",
      attempt: attempt(B, { terminal: true, generation: 1, credentialsDigest: "old" }),
      quarantine: [barred(B)],
    },
    { kind: "quarantined", target: B, entry: barred(B) },
  ],
  [
    "but on request",
    { target: B, requested: true, quarantine: [barred(B)] },
    { kind: "apply", target: B, trigger: "Requested" },
  ],
  [
    "what runs is not barred by its own quarantine",
    { target: B, applied: applied(B), quarantine: [barred(B)] },
    { kind: "current" },
  ],
  [
    "another target is no concern of a quarantine",
    { target: A2, quarantine: [barred(B)] },
    { kind: "apply", target: A2, trigger: "SpecChanged" },
  ],
];

describe("decide()", () => {
  for (const [name, change, decision] of cases) {
    it(name, () => {
      expect(decide({ ...calm, ...change })).to.deep.equal(decision);
    });
  }
});
