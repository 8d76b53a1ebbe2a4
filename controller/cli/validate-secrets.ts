/** What is valid, and will not work all the same: a Secret that nothing could use, a name that nothing declares. */
import { parseKey, type Resource } from "../api/resource.ts";
import { secretsOf } from "../api/secret-references.ts";
import type { Secret } from "../api/secret.ts";
import type { Present } from "../registry/claims.ts";
import { secretFaults } from "../secret/inspect-secret.ts";
import { NO_KEYS } from "../secret/keyring.ts";
import { openSecret } from "../secret/opened-secret.ts";
import { didYouMean } from "./did-you-mean.ts";

type Resources = ReadonlyMap<string, Present>;

/** One sentence each, with the file; sorted. `isWhole`: what is not among these is nowhere. */
export function doubtsOf(present: Resources, isWhole: boolean): readonly string[] {
  return [...present.values()]
    .flatMap((found) =>
      found.kind === "declared"
        ? doubtsAbout(found.resource, isWhole ? present : undefined).map(
            (doubt) => `${found.place.file}: ${doubt}`,
          )
        : [],
    )
    .toSorted();
}

function doubtsAbout(resource: Resource, all: Resources | undefined): readonly string[] {
  if (resource.kind === "Secret") return uselessness(resource);
  const subject = `${resource.kind} ${JSON.stringify(resource.name)}`;
  const named = [...secretsOf(resource)].map((name) => ["Secret", name] as const);
  const followed =
    resource.kind === "Receiver"
      ? resource.spec.applications.map((name) => ["Application", name] as const)
      : [];
  return [...named, ...followed].flatMap(([kind, name]) => {
    const known = all && namesOf(kind, all);
    if (known === undefined || known.includes(name)) return [];
    return [
      `${subject} names ${kind} ${JSON.stringify(name)}, which is not there.${didYouMean(name, known)}`,
    ];
  });
}

/** A sealed value can only be judged with its key; what stands there in plain text, at once. */
function uselessness(secret: Secret): readonly string[] {
  const isPlain = Object.values(secret.fields).every(({ form }) => form === "plain");
  return isPlain ? secretFaults(openSecret(secret, NO_KEYS)) : [];
}

/** Also of what has a fault: it is there. */
function namesOf(kind: "Secret" | "Application", all: Resources): readonly string[] {
  return [...all.keys()].flatMap((key) => {
    const named = parseKey(key);
    return named?.kind === kind ? [named.name] : [];
  });
}
