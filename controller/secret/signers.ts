/** A Secret as the list of those whose signatures are believed. */
import { fault, hasField, readText, type OpenedSecret, type Reading } from "./opened-secret.ts";

export const ALLOWED_SIGNERS_FIELD = "allowed_signers";
export const ALLOWED_PGP_KEYS_FIELD = "allowed_pgp_keys";

export interface Signers {
  /** Text in the format of OpenSSH's allowed_signers. */
  readonly allowedSigners?: string;
  /** Armoured OpenPGP public keys. */
  readonly allowedPGPKeys?: string;
}

/** The signers; a fault when there is neither field, or one cannot be opened: then nobody is believed. */
export function signersOf(secret: OpenedSecret): Reading<Signers> {
  const signers: { allowedSigners?: string; allowedPGPKeys?: string } = {};
  for (const [field, name] of [
    [ALLOWED_SIGNERS_FIELD, "allowedSigners"],
    [ALLOWED_PGP_KEYS_FIELD, "allowedPGPKeys"],
  ] as const) {
    if (!hasField(secret, field)) continue;
    const read = readText(secret, field);
    if (read.kind === "fault") return read;
    signers[name] = read.value;
  }
  if (Object.keys(signers).length > 0) return { kind: "ok", value: signers };
  return fault(
    `Secret ${JSON.stringify(secret.name)} names no signers: it has neither the field "${ALLOWED_SIGNERS_FIELD}" nor "${ALLOWED_PGP_KEYS_FIELD}"`,
  );
}
