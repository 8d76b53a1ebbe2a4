import { expect } from "chai";
import fc from "fast-check";
import { DRIFT_KINDS } from "../../../controller/api/drift.ts";
import type { RenderedProject } from "../../../controller/compose/compose.ts";
import {
  isServiceFault,
  judgeRollback,
  oneShotsThatRan,
  faultsOfHost,
  type RollbackQuestion,
} from "../../../controller/reconcile/rollback.ts";
import { observed } from "../../support/fake-host.ts";
import { sampleMade } from "../../support/record.ts";

const checkout = {
  remote: { id: "r", url: "https://git.example.com/shop.git" },
  revision: "a",
  usedPaths: {},
  mountPaths: {},
};
const healthy = sampleMade({ revision: "a".repeat(40), content: "healthy", checkout });
const failed = sampleMade({ revision: "b".repeat(40), rendering: "rendering-2", content: "failed" });
const project = (extra: Partial<RenderedProject> = {}): RenderedProject => ({
  name: "shop",
  services: { web: { image: "web:1" } },
  ...extra,
});
const job = (labels: Readonly<Record<string, string>> = {}): RenderedProject =>
  project({ services: { job: { image: "job:1", labels: { "conops.dev/one-shot": "true", ...labels } } } });

const question: RollbackQuestion = {
  asked: true,
  failed,
  failedProject: project(),
  isRollback: false,
  lastHealthy: healthy,
  healthyProject: project(),
  ran: [],
};
const back = { kind: "rollback", to: healthy } as const;
const none = { kind: "none" } as const;
const refused = (reason: "RollbackUnsafe" | "RollbackFailed", cause: string) => ({
  kind: "refused",
  problem: { reason, message: `Cannot roll back to aaaaaaaaaaaa: ${cause}` },
});

const judgements: readonly (readonly [string, Partial<RollbackQuestion>, object])[] = [
  ["brings the last healthy target back", {}, back],
  ["does nothing that nobody asked for", { asked: false }, none],
  ["has nothing to bring back before anything was healthy", { lastHealthy: undefined }, none],
  ["does not roll back a rollback", { isRollback: true }, none],
  ["does not bring back what failed", { failed: { ...failed, content: "healthy" } }, none],
  [
    "knows it by its rendering and files where an older version recorded no content",
    { failed: sampleMade(), lastHealthy: sampleMade() },
    none,
  ],
  [
    "refuses over a one-shot that has run",
    { failedProject: job(), ran: ["job"] },
    refused(
      "RollbackUnsafe",
      'the one-shot "job" has run, and what it changed stays; label it conops.dev/rollback: safe where an older revision can live with that',
    ),
  ],
  [
    "unless that is labelled safe",
    { failedProject: job({ "conops.dev/rollback": "safe" }), ran: ["job"] },
    back,
  ],
  [
    "takes no other word for safe",
    { failedProject: job({ "conops.dev/rollback": "true" }), ran: ["job"] },
    refused(
      "RollbackUnsafe",
      'the one-shot "job" has run, and what it changed stays; label it conops.dev/rollback: safe where an older revision can live with that',
    ),
  ],
  [
    "refuses where a volume is defined differently",
    {
      failedProject: project({ volumes: { data: { name: "shop_data", driver_opts: { type: "nfs" } } } }),
      healthyProject: project({ volumes: { data: { name: "shop_data" } } }),
    },
    refused("RollbackUnsafe", 'the definition of volume "data" is another one there'),
  ],
  [
    "does not mind a volume that is new or gone, nor the order of its fields",
    {
      failedProject: project({ volumes: { fresh: {}, data: { name: "d", external: true } } }),
      healthyProject: project({ volumes: { data: { external: true, name: "d" }, old: null } }),
    },
    back,
  ],
  [
    "refuses what cannot be opened",
    { healthyProject: undefined },
    refused("RollbackFailed", "a recorded rendering cannot be opened"),
  ],
  [
    "refuses what an older version applied",
    { lastHealthy: sampleMade({ content: "healthy" }) },
    refused("RollbackFailed", "its files are not known: it was applied by an older version of ConOps"),
  ],
];

describe("judgeRollback()", () => {
  for (const [name, change, verdict] of judgements) {
    it(name, () => {
      expect(judgeRollback({ ...question, ...change })).to.deep.equal(verdict);
    });
  }

  it("never brings back anything but the last healthy target, and that only when it was asked for", () => {
    const some = fc.record({
      asked: fc.boolean(),
      isRollback: fc.boolean(),
      lastHealthy: fc.constantFrom(undefined, healthy, failed, sampleMade()),
      healthyProject: fc.constantFrom(undefined, project(), project({ volumes: { data: {} } })),
      failedProject: fc.constantFrom(
        undefined,
        project(),
        job(),
        project({ volumes: { data: { name: "x" } } }),
      ),
      ran: fc.constantFrom([], ["job"]),
    });

    fc.assert(
      fc.property(some, (change) => {
        const verdict = judgeRollback({ ...question, ...change });
        if (verdict.kind !== "rollback") return;
        expect([change.asked, change.isRollback, change.ran]).to.deep.equal([true, false, []]);
        expect(verdict.to).to.equal(change.lastHealthy);
        expect(verdict.to.content).not.to.equal(failed.content);
      }),
    );
  });
});

describe("isServiceFault()", () => {
  const itself = (kind: (typeof DRIFT_KINDS)[number], containerId = "c1") =>
    ({ kind, cause: "itself", containerId }) as const;
  const cases: readonly (readonly [string, Parameters<typeof isServiceFault>, boolean])[] = [
    ["a service that ended", [[itself("Exited")]], true],
    ["one that is unhealthy", [[itself("Unhealthy")]], true],
    ["a crash loop", [[itself("Restarting")]], true],
    ["a health check that never answered, which is no drift", [[]], true],
    ["with an orphan beside it", [[{ kind: "Orphan", cause: "outside" }]], true],
    ["a program that cannot be run", [[itself("Created")]], true],
    ["a container that the engine could not start", [[itself("Created")], new Set(["c1"])], false],
    ["one that somebody stopped", [[{ kind: "Stopped", cause: "outside" }]], false],
    ["one that somebody removed", [[{ kind: "Missing", cause: "outside" }]], false],
    [
      "one that the engine may have stopped while nobody watched",
      [[itself("Exited")], new Set(["c1"])],
      false,
    ],
    ["beside one that failed by itself", [[itself("Exited"), itself("Exited", "c2")], new Set(["c1"])], true],
  ];
  for (const [name, args, verdict] of cases) {
    it(`${verdict ? "blames" : "does not blame"} the service for ${name}`, () => {
      expect(isServiceFault(...args)).to.equal(verdict);
    });
  }
});

describe("faultsOfHost()", () => {
  const ended = (exitCode: number) => observed({ id: `exit-${exitCode}`, state: "exited", exitCode });

  it("names containers that ended as an engine or a host ends them, while nobody watched", () => {
    const containers = [0, 1, 137, 143, 255].map(ended);

    expect([...faultsOfHost(containers, () => undefined)]).to.deep.equal([
      "exit-137",
      "exit-143",
      "exit-255",
    ]);
    expect([...faultsOfHost(containers, () => ({}))]).to.deep.equal([]);
    expect([...faultsOfHost([{ ...ended(137), oomKilled: true }], () => undefined)]).to.deep.equal([]);
    const created = (exitCode: number) => observed({ id: `created-${exitCode}`, state: "created", exitCode });
    expect([...faultsOfHost([126, 127, 128].map(created), () => undefined)]).to.deep.equal(["created-128"]);
    expect([...faultsOfHost([observed({ exitCode: 137 })], () => undefined)]).to.deep.equal([]);
  });
});

describe("oneShotsThatRan()", () => {
  const run = (patch: Parameters<typeof observed>[0] = {}) =>
    observed({ service: "job", state: "exited", startedAt: 100, ...patch });
  const ask = {
    failed: { ...failed, runKeys: { job: "key-2" } },
    failedProject: job(),
    lastHealthy: { ...healthy, runKeys: { job: "key-1" } },
    containers: [run()],
    completedRuns: {},
    since: 100,
  };
  const perhaps = project({ services: { job: { image: "job:1" } } });
  const cases: readonly (readonly [
    string,
    Partial<Parameters<typeof oneShotsThatRan>[0]>,
    readonly string[],
  ])[] = [
    ["one that completed", {}, ["job"]],
    ["one that failed: half of what it did stays", { containers: [run({ exitCode: 3 })] }, ["job"]],
    ["one that runs still", { containers: [run({ state: "running" })] }, ["job"]],
    ["none of before", { containers: [run({ startedAt: 99 })] }, []],
    [
      "none of `docker compose run`, nor of somebody else",
      { containers: [run({ oneOff: true }), run({ configHash: "" })] },
      [],
    ],
    [
      "one whose container is gone, and whose completion is recorded",
      { containers: [], completedRuns: { job: "key-2" } },
      ["job"],
    ],
    [
      "none that had completed for the last healthy target already",
      {
        containers: [],
        completedRuns: { job: "key-2" },
        lastHealthy: { ...healthy, runKeys: { job: "key-2" } },
      },
      [],
    ],
    ["one without a label that ended with code 0", { failedProject: perhaps }, ["job"]],
    ["no service that crashed", { failedProject: perhaps, containers: [run({ exitCode: 3 })] }, []],
    ["no service that is none by its label", { failedProject: job({ "conops.dev/one-shot": "false" }) }, []],
    ["none where nothing is known", { failedProject: undefined }, []],
  ];
  for (const [name, change, ran] of cases) {
    it(`names ${name}`, () => {
      expect(oneShotsThatRan({ ...ask, ...change })).to.deep.equal(ran);
    });
  }
});
