import { API_VERSION } from "../api/application.ts";
import type { Outcome } from "../api/outcome.ts";
import type { Receiver } from "../api/receiver.ts";
import type { ReceiverDocument } from "../api/status.ts";
import type { ManifestPlace } from "../registry/registry.ts";
import { mergeConditions } from "../status/conditions.ts";
import { rfc3339 } from "../status/history.ts";
import type { Why } from "../status/verdict.ts";
import type { ReconcileDeps } from "./deps.ts";
import { identify, readyConditions, tellTurns } from "./kind-status.ts";
import { whyInvalid } from "./publish.ts";

/** One visit of a Receiver: publishes where deliveries go, and whether they can be verified. It is read from the registry. */
export async function visitReceiver(key: string, name: string, deps: ReconcileDeps): Promise<Outcome> {
  const declaration = deps.registry.get(key);
  switch (declaration.kind) {
    case "declared": {
      // A key names resources of its own kind only.
      if (declaration.resource.kind !== "Receiver") return { kind: "gone" };
      const fault = deps.secretCare.receiverFault(declaration.resource);
      const why: Why | undefined =
        fault === undefined ? undefined : { reason: "SecretInvalid", message: fault };
      deps.receiverMetrics.observed(name);
      await publish(key, name, declaration.resource, declaration.place, why, deps);
      return { kind: "synced" };
    }
    case "invalid":
      await publish(key, name, undefined, declaration.place, whyInvalid(declaration), deps);
      return { kind: "synced" };
    case "deleted":
      deps.receiverMetrics.deleted(name);
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

/** `receiver` is undefined while its manifest is wrong: what is known of the last good one stays. */
async function publish(
  key: string,
  name: string,
  receiver: Receiver | undefined,
  place: ManifestPlace,
  fault: Why | undefined,
  deps: ReconcileDeps,
): Promise<void> {
  const at = rfc3339(deps.clock.now());
  const before = receiverOf(deps.status.previous(key));
  const path = `/hooks/${name}`;
  const hash = receiver?.writtenSpecHash ?? before?.status.observedSpecHash ?? "";
  const metadata =
    receiver === undefined
      ? (before?.metadata ?? { name })
      : identify(name, before, () => before?.status.observedSpecHash === hash, at);
  const generation = metadata.generation ?? 0;
  const told = before?.status.conditions ?? [];
  const conditions = mergeConditions(
    told,
    readyConditions(fault, { reason: "Listening", message: `takes deliveries at ${path}` }),
    generation,
    at,
  );
  await deps.status.publish(key, place, {
    apiVersion: API_VERSION,
    kind: "Receiver",
    metadata,
    status: { observedGeneration: generation, observedSpecHash: hash, path, conditions },
  });
  tellTurns(key, told, conditions, deps.log);
}

function receiverOf(document: ReturnType<ReconcileDeps["status"]["previous"]>): ReceiverDocument | undefined {
  return document?.kind === "Receiver" ? document : undefined;
}
