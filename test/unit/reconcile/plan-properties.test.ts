import { expect } from "chai";
import fc from "fast-check";
import { ONLY_DRIFT } from "../../../controller/api/drift.ts";
import type { ObservedContainer } from "../../../controller/docker/docker.ts";
import type { DesiredService } from "../../../controller/reconcile/desired.ts";
import { plan, type Plan, type PlanInput } from "../../../controller/reconcile/plan.ts";
import type { MadeService } from "../../../controller/status/record.ts";
import type { Ending } from "../../../controller/watch/watch.ts";
import { afterSteps } from "../../support/engine-model.ts";
import { fakeContainer } from "../../support/fake-docker.ts";

const NAMES = ["a", "b", "c", "d"] as const;
const HASHES = ["hash", "other"] as const;

/** Depends only on services before it, so that there is no cycle. */
function serviceNamed(name: string, before: readonly string[]): fc.Arbitrary<DesiredService> {
  const dependency = fc.record({
    service: fc.constantFrom(...before, "nobody"),
    condition: fc.constantFrom(
      "service_started" as const,
      "service_healthy" as const,
      "service_completed_successfully" as const,
    ),
    required: fc.boolean(),
  });
  return fc.record({
    name: fc.constant(name),
    replicas: fc.constantFrom(1, 1, 1, 2, 3, 0),
    image: fc.constant("busybox"),
    oneShot: fc.constantFrom("yes" as const, "no" as const, "perhaps" as const),
    dependsOn: fc.uniqueArray(dependency, { selector: ({ service }) => service, maxLength: 2 }),
    onFileChange: fc.constantFrom({ act: "recreate" as const }, { act: "restart" as const }),
  });
}

const services = fc
  .integer({ min: 1, max: NAMES.length })
  .chain((count) =>
    fc.tuple(...NAMES.slice(0, count).map((name, n) => serviceNamed(name, NAMES.slice(0, n)))),
  );

const containers: fc.Arbitrary<readonly ObservedContainer[]> = fc
  .array(
    fc.record({
      service: fc.constantFrom(...NAMES, "old", "older"),
      number: fc.integer({ min: 0, max: 4 }),
      oneOff: fc.constantFrom(false, false, false, true),
      state: fc.constantFrom(
        "running" as const,
        "running" as const,
        "running" as const,
        "exited" as const,
        "exited" as const,
        "paused" as const,
        "created" as const,
        "restarting" as const,
        "removing" as const,
        "dead" as const,
      ),
      exitCode: fc.constantFrom(0, 0, 1, 137),
      oomKilled: fc.boolean(),
      error: fc.constantFrom("", "", "port is in use"),
      health: fc.constantFrom(
        "none" as const,
        "none" as const,
        "starting" as const,
        "healthy" as const,
        "unhealthy" as const,
      ),
      healthOutput: fc.constantFrom("", "no answer"),
      restartCount: fc.constantFrom(0, 1, 9),
      startedAt: fc.integer({ min: 0, max: 5000 }),
      configHash: fc.constantFrom(...HASHES, "hash", "hash", ""),
      composeVersion: fc.constantFrom("2.26.1", "2.40.3", ""),
    }),
    { maxLength: 8 },
  )
  .map((list) => list.map((patch, n) => fakeContainer(`c${n}`, patch)));

const made: fc.Arbitrary<Readonly<Record<string, MadeService>>> = fc.dictionary(
  fc.constantFrom(...NAMES),
  fc.record({
    configHash: fc.constantFrom(...HASHES, ""),
    image: fc.constant("busybox"),
    imageId: fc.constantFrom("sha256:1", "sha256:2", ""),
    containers: fc.constant([]),
    gated: fc.subarray(["c0", "c1", "c2", "c3"]),
  }),
);

const endings: fc.Arbitrary<Readonly<Record<string, Ending>>> = fc.dictionary(
  fc.constantFrom("c0", "c1", "c2", "c3", "c4"),
  fc.record({ exitCode: fc.constantFrom(0, 1, 137), byHand: fc.boolean(), at: fc.constant(5) }),
);

const inputs: fc.Arbitrary<PlanInput> = fc
  .record({
    wanted: fc.constantFrom("Running" as const, "Running" as const, "Running" as const, "Stopped" as const),
    services,
    made,
    completed: fc.subarray([...NAMES]),
    containers,
    endings,
    prune: fc.boolean(),
  })
  .map(({ completed, endings, ...input }) => ({
    ...input,
    completed: new Set(completed),
    ending: (id: string) => endings[id],
  }));

/** A copy in another order, by the same seed. */
function shuffled<T>(list: readonly T[], seed: number): readonly T[] {
  return list
    .map((value, n) => ({ value, key: Math.sin((n + 1) * (seed + 1)) }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ value }) => value);
}

/** What a plan says, whatever its order. */
function contentOf({ findings, steps, services, health, running, finished, lives }: Plan) {
  const sorted = (list: readonly unknown[]): readonly string[] =>
    list.map((one) => JSON.stringify(one)).toSorted();
  return {
    findings: sorted(findings),
    // One prune removes every orphan, whichever it names.
    steps: sorted(steps.map((step) => (step.act === "prune" ? { act: "prune" } : step))),
    services: sorted(services),
    health: health.status,
    running: sorted(Object.entries(running)),
    finished: finished.toSorted(),
    lives: lives.toSorted(),
  };
}

describe("planning", function () {
  // Thousands of worlds, on a machine that may be busy.
  this.timeout(60_000);

  it("comes to rest: in the world after its steps, and after those that waited for them, nothing is left to do", () => {
    fc.assert(
      fc.property(inputs, (input) => {
        let world: PlanInput = input;
        // A chain of dependencies is brought back one after the other, and behind one fault of a container may be another.
        for (let round = 0; round < 2 * input.services.length + 1; round += 1) {
          const { steps } = plan(world);
          world = { ...world, ...afterSteps(world, steps), ending: () => undefined };
        }

        expect(plan(world).steps).to.deep.equal([]);
      }),
      { numRuns: 2000 },
    );
  });

  it("says the same of the same world, in whatever order its containers and services are told", () => {
    fc.assert(
      fc.property(inputs, fc.nat(1000), (input, seed) => {
        const other = {
          ...input,
          containers: shuffled(input.containers, seed),
          services: shuffled(input.services, seed),
        };

        expect(contentOf(plan(other))).to.deep.equal(contentOf(plan(input)));
      }),
      { numRuns: 1000 },
    );
  });

  it("takes no step without a finding of that service, and of that container where it is about one", () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const { findings, steps } = plan(input);
        for (const { act, service, containerId, why } of steps) {
          const about = findings.filter(
            (finding) =>
              (act === "stop" || finding.service === service) &&
              (containerId === undefined || finding.containerId === containerId),
          );
          expect(
            about.some(({ kind }) => why.startsWith(kind)),
            `${act} of ${service}: ${why}`,
          ).to.equal(true);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it("finds nothing without words: what was expected and what there is, on one line each, and not the same", () => {
    fc.assert(
      fc.property(inputs, (input) => {
        for (const { service, expected, actual } of plan(input).findings) {
          expect(service).not.to.equal("");
          expect(expected).to.match(/^\S.*$/);
          expect(actual).to.match(/^\S.*$/);
          expect(expected).not.to.equal(actual);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it("calls healthy exactly that in which nothing is found but what works otherwise, and nothing is on its way", () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const { findings, health, services } = plan(input);
        if (input.wanted === "Stopped") {
          expect(health.status).to.equal("Stopped");
          return;
        }
        const replicas = new Map(input.services.map(({ name, replicas }) => [name, replicas]));
        const count = (of: string): number =>
          input.containers.filter(
            ({ service, oneOff, configHash }) => service === of && !oneOff && configHash !== "",
          ).length;
        const failed = findings.filter(
          ({ kind, service }) =>
            !ONLY_DRIFT.has(kind) && !(kind === "Scaled" && count(service) > (replicas.get(service) ?? 0)),
        );
        const isWell = failed.length === 0;
        const isUnderWay = services.some(({ status }) => status === "Progressing");
        expect(health.status === "Healthy").to.equal(isWell && !isUnderWay);
        for (const { service } of failed) {
          expect(services.find(({ name }) => name === service)?.status).to.be.oneOf(["Degraded", "Missing"]);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it("finds no more where the record knows less: what is not known is no drift", () => {
    fc.assert(
      fc.property(inputs, fc.subarray([...NAMES]), (input, forgotten) => {
        // One fault may stand before another: what counts is that nothing is faulty that was not.
        const faulty = (from: PlanInput): readonly string[] =>
          plan(from).findings.map(({ service, kind, containerId }) => `${service}/${containerId ?? kind}`);
        const less = Object.fromEntries(
          Object.entries(input.made).map(([name, service]) => [
            name,
            forgotten.some((one) => one === name)
              ? { configHash: "", image: "", imageId: "", containers: [], gated: [] }
              : service,
          ]),
        );

        for (const poorer of [less, {}])
          expect(faulty(input)).to.include.members([...faulty({ ...input, made: poorer })]);
      }),
      { numRuns: 1000 },
    );
  });

  it("never finds fault with one-offs, and with what Compose does not know", () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const ours = input.containers.filter(({ oneOff, configHash }) => !oneOff && configHash !== "");

        expect(contentOf(plan(input))).to.deep.equal(contentOf(plan({ ...input, containers: ours })));
      }),
      { numRuns: 1000 },
    );
  });
});
