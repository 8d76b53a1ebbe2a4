import { expect } from "chai";
import { UsageError } from "../../../controller/cli/errors.ts";
import { judge, parseGoal } from "../../../controller/cli/goal.ts";
import type { Goal } from "../../../controller/cli/goal.ts";
import type { Resource } from "../../../controller/cli/resource.ts";
import { hashOf } from "../../../controller/lib/hash.ts";
import { condition, SPEC, statusDocument } from "./fixture-folder.ts";

const READY: Goal = { kind: "condition", type: "Ready", status: "True" };

describe("parseGoal()", () => {
  const cases: readonly (readonly [text: string, goal: Goal])[] = [
    ["Ready", READY],
    ["ready", READY],
    ["Healthy=False", { kind: "condition", type: "Healthy", status: "False" }],
    ["condition=Ready", READY],
    ["condition=Synced=unknown", { kind: "condition", type: "Synced", status: "Unknown" }],
    ["phase=OutOfSync", { kind: "phase", phase: "OutOfSync" }],
    ["delete", { kind: "delete" }],
  ];
  for (const [text, goal] of cases) {
    it(`reads ${text}`, () => {
      expect(parseGoal(text)).to.deep.equal(goal);
    });
  }

  const wrong: readonly (readonly [text: string, message: string])[] = [
    ["Redy", 'Cannot wait for condition "Redy". Did you mean "Ready"?'],
    ["Ready=Yes", 'Cannot wait for status of a condition "Yes". Expected one of True, False, Unknown.'],
    ["phase=Stoped", 'Cannot wait for phase "Stoped". Did you mean "Stopped"?'],
    ["Ready=True=now", 'Cannot use "Ready=True=now" for --for: expected CONDITION=STATUS'],
  ];
  for (const [text, message] of wrong) {
    it(`refuses ${text} with what was meant`, () => {
      expect(() => parseGoal(text)).to.throw(UsageError, message);
    });
  }
});

describe("judge()", () => {
  const shop = { key: "shop", kind: "Application", name: "shop" } as const;
  const resource: Resource = {
    ...shop,
    labels: {},
    place: { file: "shop.yaml", document: 0 },
    manifest: {
      apiVersion: "conops.dev/v1alpha1",
      kind: "Application",
      metadata: { name: "shop" },
      spec: SPEC,
    },
    writtenSpecHash: hashOf(SPEC),
    faults: [],
    status: statusDocument("shop"),
  };
  const fault = { file: "shop.yaml", line: 3, column: 5, field: "spec", message: "is missing" };
  const { manifest: _, writtenSpecHash: __, ...wrong } = { ...resource, faults: [fault] };
  const invalidSeen = statusDocument("shop", {
    conditions: [condition({ status: "False", reason: "InvalidManifest", message: "spec is missing" })],
  });

  const cases: readonly {
    readonly name: string;
    readonly goal: Goal;
    readonly resource: Resource | undefined;
    readonly met: boolean;
    readonly text: string;
  }[] = [
    {
      name: "takes a condition that holds for the manifest as it is",
      goal: READY,
      resource,
      met: true,
      text: "Ready is True (Synced): all services are healthy",
    },
    {
      name: "does not take the state before an edit",
      goal: READY,
      resource: { ...resource, writtenSpecHash: "other" },
      met: false,
      text: "the controller has not looked at the manifest as it is now",
    },
    {
      name: "does not take a status of an older generation",
      goal: READY,
      resource: {
        ...resource,
        status: { ...statusDocument("shop"), metadata: { name: "shop", generation: 2 } },
      },
      met: false,
      text: "the controller has not looked at the manifest as it is now",
    },
    {
      name: "does not take a condition of an older generation than its status",
      goal: READY,
      resource: { ...resource, status: statusDocument("shop", { observedGeneration: 2 }) },
      met: false,
      text: "Ready is True (Synced): all services are healthy",
    },
    {
      name: "does not take the invalid state for the manifest that was just mended",
      goal: { kind: "condition", type: "Ready", status: "False" },
      resource: { ...resource, status: invalidSeen },
      met: false,
      text: "the controller has not looked at the manifest as it is now",
    },
    {
      name: "waits for a first status",
      goal: READY,
      resource: {
        ...shop,
        labels: {},
        place: resource.place!,
        manifest: resource.manifest!,
        faults: [],
      },
      met: false,
      text: "no status yet",
    },
    {
      name: "says what is wrong with a manifest that the controller has not judged yet",
      goal: READY,
      resource: wrong,
      met: false,
      text: "the manifest is not valid: shop.yaml:3:5: spec: is missing",
    },
    {
      name: "takes Ready=False of a manifest that is invalid",
      goal: { kind: "condition", type: "Ready", status: "False" },
      resource: { ...wrong, status: invalidSeen },
      met: true,
      text: "Ready is False (InvalidManifest): spec is missing",
    },
    {
      name: "takes Stalled=False when there is no Stalled",
      goal: { kind: "condition", type: "Stalled", status: "False" },
      resource,
      met: true,
      text: "Ready is True (Synced): all services are healthy",
    },
    {
      name: "does not take Healthy=False when there is no Healthy",
      goal: { kind: "condition", type: "Healthy", status: "False" },
      resource,
      met: false,
      text: "Ready is True (Synced): all services are healthy",
    },
    {
      name: "takes a phase",
      goal: { kind: "phase", phase: "Synced" },
      resource,
      met: true,
      text: "Ready is True (Synced): all services are healthy",
    },
    {
      name: "does not take another phase",
      goal: { kind: "phase", phase: "Stopped" },
      resource,
      met: false,
      text: "Ready is True (Synced): all services are healthy",
    },
    {
      name: "takes what is gone as deleted",
      goal: { kind: "delete" },
      resource: undefined,
      met: true,
      text: "deleted",
    },
    {
      name: "does not take what is gone as ready",
      goal: READY,
      resource: undefined,
      met: false,
      text: "deleted",
    },
    {
      name: "does not take what is still there as deleted",
      goal: { kind: "delete" },
      resource: { ...shop, labels: {}, faults: [], status: statusDocument("shop", { conditions: [] }) },
      met: false,
      text: "phase Synced",
    },
  ];
  for (const { name, goal, resource, met, text } of cases) {
    it(name, () => {
      expect(judge(goal, resource)).to.deep.equal({ met, text });
    });
  }
});
