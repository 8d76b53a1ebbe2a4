import { parseAllowedSigners } from "../lib/allowed-signers.ts";
import { SshFault } from "../lib/ssh-wire.ts";

/** What is wrong with a text in the format of allowed_signers, with the number of its line, or undefined. */
export function allowedSignersFault(text: string): string | undefined {
  try {
    parseAllowedSigners(text);
    return undefined;
  } catch (error) {
    if (error instanceof SshFault) return error.message;
    throw error;
  }
}

/** What is surely wrong with a list of PGP keys; the rest is seen when it is first used. Repeats nothing of it. */
export function allowedPGPKeysFault(text: string): string | undefined {
  if (text.includes("PRIVATE KEY")) {
    return "a private key stands where public keys belong: replace that key, it is not private any more";
  }
  return text.includes("-----BEGIN PGP PUBLIC KEY BLOCK-----")
    ? undefined
    : "must hold armored public keys, as gpg --armor --export prints them";
}
