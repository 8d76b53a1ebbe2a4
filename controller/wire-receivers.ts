/** Receivers and Applications as the registry declares them, for the room that takes deliveries. */
import type { Application } from "./api/application.ts";
import { resourceKey } from "./api/resource.ts";
import { createReceivers, type Receivers, type ReceiversDeps } from "./receiver/receivers.ts";
import type { Registry } from "./registry/registry.ts";
import { readLine } from "./secret/opened-secret.ts";
import type { SecretStore } from "./secret/secret-store.ts";

export interface ReceiverWiringDeps extends Pick<ReceiversDeps, "look" | "metrics" | "log" | "clock"> {
  readonly registry: Registry;
  readonly secrets: SecretStore;
}

/** While a manifest is wrong or away, what it last said goes on. */
export function wireReceivers({ registry, secrets, ...others }: ReceiverWiringDeps): Receivers {
  const receiverOf: ReceiversDeps["receiver"] = (name) => {
    const resource = registry.lastGood(resourceKey("Receiver", name));
    return resource?.kind === "Receiver" ? resource : undefined;
  };
  return createReceivers({
    ...others,
    receiver: receiverOf,
    token(name) {
      const found = secrets.get(receiverOf(name)?.spec.secretRef ?? "");
      const token = found.kind === "ok" ? readLine(found.secret, "token") : undefined;
      return token?.kind === "ok" ? token.value : undefined;
    },
    *applications() {
      for (const key of registry.keys()) {
        const resource = registry.lastGood(key);
        if (resource?.kind === "Application") yield resource satisfies Application;
      }
    },
  });
}
