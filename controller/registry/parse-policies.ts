/**
 * Bytes of a policy file → its Policies, or all that is wrong with it. A file is read whole or not at all: half a policy
 * would allow what the other half forbids.
 */
import { API_VERSION, type Fault } from "../api/application.ts";
import { formatPath, type FieldPath } from "../api/field-fault.ts";
import { checkPolicy } from "../api/policy-schema.ts";
import type { Policy } from "../api/policy.ts";
import type { Place } from "./text-places.ts";
import { readYaml } from "./yaml-documents.ts";
import { readText } from "./yaml-text.ts";

export type ParsedPolicies =
  /** At least one. */
  | { readonly policies: readonly Policy[]; readonly faults?: undefined }
  /** At least one, in the order of the text. */
  | { readonly faults: readonly Fault[] };

/** Never throws. */
export function parsePolicies(file: string, bytes: Uint8Array): ParsedPolicies {
  const text = readText(bytes);
  if (typeof text !== "string") return { faults: [{ file, field: "", ...text }] };
  const documents = readYaml(text);
  if ("message" in documents) {
    const { line, column, message } = documents;
    return { faults: [{ file, line, column, field: "", message }] };
  }
  const faults: Fault[] = [];
  const policies: Policy[] = [];
  for (const document of documents.filter(({ isEmpty }) => !isEmpty)) {
    const add = (path: FieldPath, message: string, { line, column }: Place): void => {
      faults.push({ file, line, column, field: formatPath(path), message });
    };
    for (const fault of document.faults) add(fault.path, fault.message, fault);
    if (document.faults.length > 0) continue;
    const checked = checkPolicy(document.value);
    if ("faults" in checked) {
      for (const { path, at, message } of checked.faults) add(path, message, document.placeOf(path, at));
      continue;
    }
    const { policy } = checked;
    const path = ["metadata", "name"];
    if (policies.some(({ name }) => name === policy.name))
      add(path, `the Policy "${policy.name}" is there twice in this file`, document.placeOf(path, "value"));
    // What stands after it would never count.
    if (policies.at(-1)?.appliesTo === undefined && policies.length > 0)
      add(
        [],
        `the Policy before it is for everybody: give that one appliesTo, or put it last`,
        document.placeOf([], "value"),
      );
    policies.push(policy);
  }
  if (faults.length > 0) return { faults: faults.toSorted((a, b) => a.line - b.line || a.column - b.column) };
  if (policies.length > 0) return { policies };
  const message = `holds no Policy: write "apiVersion: ${API_VERSION}" and "kind: Policy"`;
  return { faults: [{ file, line: 1, column: 1, field: "", message }] };
}
