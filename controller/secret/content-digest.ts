import { createHmac, randomBytes } from "node:crypto";
import type { Secret } from "../api/secret.ts";
import { canonicalJson } from "../lib/hash.ts";
import type { OpenedSecret } from "./opened-secret.ts";

/**
 * Makes a function that tells one content of a Secret from another: the same for the same type and values, whether a value
 * is sealed or not, and by which key. It means nothing outside of this process, and is to be kept in memory only.
 */
export function createContentDigest(): (secret: Secret, opened: OpenedSecret) => string {
  const key = randomBytes(32);
  return ({ type, fields }, { values }) => {
    const content = Object.entries(fields).map(([name, { text }]) => {
      const value = values.get(name);
      // Of what does not open, only the text is known.
      return [name, value === undefined ? `sealed ${text}` : `open ${value.toString("base64")}`];
    });
    return createHmac("sha256", key)
      .update(canonicalJson([type, Object.fromEntries(content)]))
      .digest("hex");
  };
}
