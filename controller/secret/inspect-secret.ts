/** What can be told of a Secret, and what is wrong with it: names, ids of keys and times, and never a value. */
import type { Secret, SecretType } from "../api/secret.ts";
import type { SecretFieldStatus } from "../api/status.ts";
import { dockerConfigOf } from "./docker-config.ts";
import { gitCredentialOf } from "./git-credential.ts";
import { fieldFault, type OpenedSecret, type Reading } from "./opened-secret.ts";
import { readSealedHeader } from "./sealed-value.ts";

const READERS: Readonly<Record<SecretType, ((secret: OpenedSecret) => Reading<unknown>) | undefined>> = {
  Opaque: undefined,
  "kubernetes.io/ssh-auth": gitCredentialOf,
  "kubernetes.io/basic-auth": gitCredentialOf,
  "conops.dev/bearer-token": gitCredentialOf,
  "kubernetes.io/dockerconfigjson": dockerConfigOf,
};

/** The fields, sorted by name: what each tells without a key. */
export function describeFields({ fields }: Secret): readonly SecretFieldStatus[] {
  return Object.keys(fields)
    .toSorted()
    .map((name) => {
      const field = fields[name];
      const header = field?.form === "sealed" ? readSealedHeader(field.text) : undefined;
      if (header === undefined) return { name };
      return { name, keyID: header.keyId, sealedAt: rfc3339(header.sealedAt) };
    });
}

/** Why a field cannot be opened, and why the whole is not what its type asks for; in sentences, sorted. */
export function secretFaults(secret: OpenedSecret): readonly string[] {
  const readings = [...secret.faults].map(([field, why]) => fieldFault(secret, field, why));
  const typed = READERS[secret.type]?.(secret);
  const all = typed === undefined ? readings : [...readings, typed];
  return [...new Set(all.flatMap((read) => (read.kind === "fault" ? [read.message] : [])))].toSorted();
}

function rfc3339(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
