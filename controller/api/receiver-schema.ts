/** From a parsed document to a Receiver with its defaults, or to what is wrong with it. */
import { hashOf } from "../lib/hash.ts";
import type { ManifestDocument } from "./application.ts";
import { createChecker, deepFreeze } from "./check.ts";
import type { FieldFault } from "./field-fault.ts";
import type { ReceiverWithDefaults } from "./generated/receiver.ts";
import { receiversCRD } from "./generated/receivers-crd.ts";
import type { Receiver } from "./receiver.ts";
import type { Rules } from "./schema-rules.ts";

export type CheckedReceiver = { readonly receiver: Receiver } | { readonly faults: readonly FieldFault[] };

export const RECEIVER_RULES: Rules = {
  objects: {
    spec: ({ applications, matchRepository }) =>
      matchRepository === true || (Array.isArray(applications) && applications.length > 0)
        ? undefined
        : "must name applications, or set matchRepository: true",
  },
  strings: {},
};

const checker = createChecker(receiversCRD, { rules: RECEIVER_RULES });

/** Checks a parsed document and fills in the defaults. The Receiver is deeply frozen and shares nothing with `document`. */
export function checkReceiver(document: unknown): CheckedReceiver {
  const checked = checker.check(document, { allowFileRepos: false });
  if ("faults" in checked) return checked;
  const { metadata, spec } = checked.value as ReceiverWithDefaults;
  const manifest = structuredClone(document) as ManifestDocument;
  return {
    receiver: deepFreeze({
      kind: "Receiver",
      name: metadata.name,
      labels: metadata.labels,
      annotations: metadata.annotations,
      spec: {
        type: spec.type,
        secretRef: spec.secretRef.name,
        applications: spec.applications.map(({ name }) => name),
        matchRepository: spec.matchRepository,
      },
      manifest,
      writtenSpecHash: hashOf(manifest["spec"]),
    }),
  };
}
