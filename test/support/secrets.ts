import { checkSecret } from "../../controller/api/secret-schema.ts";
import type { Secret } from "../../controller/api/secret.ts";
import { openSecret, type OpenedSecret } from "../../controller/secret/opened-secret.ts";
import { NO_KEYS } from "../../controller/secret/keyring.ts";

type Values = Readonly<Record<string, string>>;

export interface SecretParts {
  readonly name?: string;
  readonly type?: string;
  readonly annotations?: Values;
  readonly stringData?: Values;
  readonly data?: Values;
  readonly sealedData?: Values;
}

/** A Secret as the registry reads it. Throws when it would be refused. */
export function secretOf({ name = "shop", type = "Opaque", annotations, ...fields }: SecretParts): Secret {
  const checked = checkSecret({
    apiVersion: "conops.dev/v1alpha1",
    kind: "Secret",
    metadata: { name, ...(annotations && { annotations }) },
    type,
    ...fields,
  });
  if ("faults" in checked) throw new Error(checked.faults.map(({ message }) => message).join("; "));
  return checked.secret;
}

/** A Secret that is written plain, opened. */
export function openedOf(parts: SecretParts): OpenedSecret {
  return openSecret(secretOf(parts), NO_KEYS);
}
