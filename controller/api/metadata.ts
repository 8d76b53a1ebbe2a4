import { quoted, type FieldFault } from "./field-fault.ts";

const MAX_NAME = 63;
const MAX_PREFIX = 253;
const MAX_ANNOTATIONS = 256 * 1024;
const NAME = /^[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?$/;
const DNS_LABEL = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/;
const WORD = 'letters, digits, "-", "_" and ".", beginning and ending with a letter or digit, at most 63';

/** Whether `text` is a DNS label of at most 63 characters: what names of resources are. */
export function isResourceName(text: unknown): text is string {
  return typeof text === "string" && text.length <= MAX_NAME && DNS_LABEL.test(text);
}

/**
 * What breaks Kubernetes' rules for labels. Values that are no strings are the schema's to refuse. Of a confidential document
 * nothing is repeated.
 */
export function labelFaults(labels: unknown, isConfidential = false): readonly FieldFault[] {
  const faults: FieldFault[] = [];
  for (const [key, value] of entriesOf(labels)) {
    const path = ["metadata", "labels", key];
    const message = keyFault("a label", key, isConfidential);
    if (message !== undefined) faults.push({ path, at: "key", message });
    if (typeof value === "string" && value !== "" && (value.length > MAX_NAME || !NAME.test(value))) {
      faults.push({
        path,
        at: "value",
        message: `must be a label value (${WORD}) or empty${isConfidential ? "" : `, not ${quoted(value)}`}`,
      });
    }
  }
  return faults;
}

/** What breaks Kubernetes' rules for annotations. Of a confidential document nothing is repeated. */
export function annotationFaults(annotations: unknown, isConfidential = false): readonly FieldFault[] {
  const faults: FieldFault[] = [];
  let sizeBytes = 0;
  for (const [key, value] of entriesOf(annotations)) {
    const message = keyFault("an annotation", key, isConfidential);
    if (message !== undefined) faults.push({ path: ["metadata", "annotations", key], at: "key", message });
    sizeBytes += Buffer.byteLength(key) + (typeof value === "string" ? Buffer.byteLength(value) : 0);
  }
  if (sizeBytes > MAX_ANNOTATIONS) {
    const message = `must be at most ${MAX_ANNOTATIONS} bytes together, not ${sizeBytes}`;
    faults.push({ path: ["metadata", "annotations"], at: "key", message });
  }
  return faults;
}

function keyFault(kind: string, key: string, isConfidential: boolean): string | undefined {
  const is = isConfidential ? "is" : `${quoted(key)} is`;
  const slash = key.indexOf("/");
  const name = key.slice(slash + 1);
  if (slash >= 0 && !isDnsSubdomain(key.slice(0, slash))) {
    return `${is} not ${kind} key: what stands before "/" must be a DNS name such as example.com`;
  }
  if (name.length > MAX_NAME || !NAME.test(name)) return `${is} not ${kind} key (${WORD})`;
  return undefined;
}

function isDnsSubdomain(text: string): boolean {
  return text.length <= MAX_PREFIX && text.split(".").every((part) => DNS_LABEL.test(part));
}

function entriesOf(value: unknown): readonly [string, unknown][] {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
}
