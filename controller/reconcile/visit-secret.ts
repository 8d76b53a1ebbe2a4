import { API_VERSION } from "../api/application.ts";
import type { Outcome } from "../api/outcome.ts";
import { parseKey } from "../api/resource.ts";
import type { Secret } from "../api/secret.ts";
import type { Condition, SecretDocument, SecretStatus, StatusDocument } from "../api/status.ts";
import type { Declaration } from "../registry/registry.ts";
import { mergeConditions, type NewCondition } from "../status/conditions.ts";
import { rfc3339 } from "../status/history.ts";
import type { ReconcileDeps } from "./deps.ts";
import { faultOf, identify, readyConditions, tellTurns } from "./kind-status.ts";
import { whyInvalid } from "./publish.ts";
import type { SecretInspection, Sealing } from "./secret-care.ts";

/** After a file was sealed, the registry reads it again by itself, and names the key; this is for when it does not. */
const REREAD_MS = 1000;

/** An edit that made the manifest wrong may have brought a value in plain text: nobody is told that there is none. */
const UNREAD: NewCondition = {
  type: "Encrypted",
  status: "Unknown",
  reason: "InvalidManifest",
  message: "a manifest that is not valid is not sealed, and may hold a value in plain text",
};

/** Key → fingerprint of what the Secret held at its last visit. */
export type SecretMemory = Map<string, string>;

/**
 * One visit of a Secret: seals what is plain, where that may be done, and publishes what can be told of it. Who refers to
 * it reads it from the registry, and is named by whoever notices the change.
 */
export async function visitSecret(
  key: string,
  name: string,
  signal: AbortSignal,
  memory: SecretMemory,
  deps: ReconcileDeps,
): Promise<Outcome> {
  const declaration = deps.registry.get(key);
  switch (declaration.kind) {
    case "declared":
      // A key names resources of its own kind only.
      return declaration.resource.kind === "Secret"
        ? visitDeclared(key, declaration.resource, declaration.place, signal, memory, deps)
        : { kind: "gone" };
    case "invalid":
      await publishInvalid(key, name, declaration, deps);
      return { kind: "synced" };
    case "deleted":
      memory.delete(key);
      await deps.status.remove(key);
      deps.registry.forget(key);
      return { kind: "gone" };
    case "absent":
    case "held":
      return { kind: "synced" };
    default:
      return declaration satisfies never;
  }
}

async function visitDeclared(
  key: string,
  secret: Secret,
  place: Extract<Declaration, { readonly kind: "declared" }>["place"],
  signal: AbortSignal,
  memory: SecretMemory,
  deps: ReconcileDeps,
): Promise<Outcome> {
  const { secretCare: care, clock, status } = deps;
  const isPlain = Object.values(secret.fields).some(({ form }) => form === "plain");
  const sealing: Sealing = isPlain ? await care.seal(secret, place, signal) : { kind: "sealed" };
  // What is said of the file must be true of the file: not before it was read again.
  if (isPlain && sealing.kind === "sealed") {
    return { kind: "waiting", reason: "Progressing", recheckAfterMs: REREAD_MS };
  }
  const at = rfc3339(clock.now());
  const before = secretOf(status.previous(key));
  const inspection = care.inspect(secret);
  const fingerprint = care.fingerprint(secret);
  const known = memory.get(key);
  memory.set(key, fingerprint);
  const metadata = identify(
    secret.name,
    before,
    () =>
      known === undefined
        ? before !== undefined && looksSame(secret, inspection, before)
        : known === fingerprint,
    at,
  );
  const conditions = mergeConditions(
    before?.status.conditions ?? [],
    [
      ...readyConditions(faultOf("SecretInvalid", inspection.faults), {
        reason: "Usable",
        message: "every field can be read",
      }),
      encrypted(sealing),
    ],
    metadata.generation,
    at,
  );
  await publish(
    key,
    place,
    {
      apiVersion: API_VERSION,
      kind: "Secret",
      metadata,
      status: {
        observedGeneration: metadata.generation,
        type: secret.type,
        fields: inspection.fields,
        ...usedBy(key, deps),
        conditions,
      },
    },
    before?.status.conditions ?? [],
    deps,
  );
  return "retryMs" in sealing ? { kind: "synced", recheckAfterMs: sealing.retryMs } : { kind: "synced" };
}

function encrypted(sealing: Sealing): NewCondition {
  const type = "Encrypted";
  if (sealing.kind === "plain") {
    return { type, status: "False", reason: sealing.reason, message: sealing.message };
  }
  return { type, status: "True", reason: "Sealed", message: "no value stands in the file in plain text" };
}

/** Of a process before, only what was published is known: the type, and of each field the name, the key and the time. */
function looksSame({ type }: Secret, { fields }: SecretInspection, { status }: SecretDocument): boolean {
  const text = (all: SecretStatus["fields"]): string =>
    JSON.stringify(all.map(({ name, keyID, sealedAt }) => [name, keyID, sealedAt]));
  return type === status.type && text(fields) === text(status.fields);
}

function usedBy(key: string, deps: ReconcileDeps): Pick<SecretStatus, "usedBy"> {
  const users = [...deps.secretCare.usersOf(key)].flatMap((user) => {
    const named = parseKey(user);
    return named === undefined ? [] : [`${named.kind}/${named.name}`];
  });
  return users.length === 0 ? {} : { usedBy: users.toSorted() };
}

/** The manifest is wrong at present: what is known of the last good one stays. */
async function publishInvalid(
  key: string,
  name: string,
  declaration: Extract<Declaration, { readonly kind: "invalid" }>,
  deps: ReconcileDeps,
): Promise<void> {
  const before = secretOf(deps.status.previous(key));
  const generation = before?.metadata.generation ?? 0;
  const why = whyInvalid(declaration);
  const told = before?.status.conditions ?? [];
  const conditions = mergeConditions(
    told,
    [...readyConditions(why, why), UNREAD],
    generation,
    rfc3339(deps.clock.now()),
  );
  await publish(
    key,
    declaration.place,
    {
      apiVersion: API_VERSION,
      kind: "Secret",
      metadata: before?.metadata ?? { name },
      status: {
        observedGeneration: generation,
        type: before?.status.type ?? "Unknown",
        fields: before?.status.fields ?? [],
        ...usedBy(key, deps),
        conditions,
      },
    },
    told,
    deps,
  );
}

async function publish(
  key: string,
  place: Parameters<ReconcileDeps["status"]["publish"]>[1],
  document: SecretDocument,
  before: readonly Condition[],
  deps: ReconcileDeps,
): Promise<void> {
  await deps.status.publish(key, place, document);
  tellTurns(key, before, document.status.conditions, deps.log);
}

function secretOf(document: StatusDocument | undefined): SecretDocument | undefined {
  return document?.kind === "Secret" ? document : undefined;
}
