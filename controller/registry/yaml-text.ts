/**
 * The bytes of a file as text, where they are text.
 */
import { createPlaceIndex, type Place } from "./text-places.ts";
import { MAX_BYTES } from "./yaml-limits.ts";

export interface TextFault {
  /** 1-based; 0 for the file as a whole. */
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** UTF-8, with or without a byte order mark, without control characters, within the limit of size; else why not. */
export function readText(bytes: Uint8Array): string | TextFault {
  if (bytes.length > MAX_BYTES) {
    const message = `is too large: ${bytes.length} bytes, where a manifest file may have ${MAX_BYTES} (1 MiB)`;
    return { line: 0, column: 0, message };
  }
  const [first = 0, second = 0] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    return { line: 0, column: 0, message: "is UTF-16, not UTF-8: save it as UTF-8" };
  }
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    const before = bytes.subarray(0, lengthOfValidPart(bytes));
    return {
      ...placeAfter(new TextDecoder().decode(before)),
      message: "is not UTF-8 from here on: save it as UTF-8",
    };
  }
  const control = CONTROL.exec(text);
  if (control === null) return text;
  const code = text.charCodeAt(control.index).toString(16).toUpperCase().padStart(4, "0");
  const message = `holds the control character U+${code}, which YAML does not allow: is this a text file in UTF-8?`;
  return { ...placeAfter(text.slice(0, control.index)), message };
}

/** All that YAML does not call printable, but surrogates, which UTF-8 cannot hold. */
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u0084\u0086-\u009f\ufffe\uffff]/;

function lengthOfValidPart(bytes: Uint8Array): number {
  let valid = 0;
  let invalid = bytes.length;
  while (invalid - valid > 1) {
    const middle = (valid + invalid) >> 1;
    try {
      new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, middle), { stream: true });
      valid = middle;
    } catch {
      invalid = middle;
    }
  }
  return valid;
}

function placeAfter(text: string): Place {
  return createPlaceIndex(text)(text.length);
}
