import type { Application, ApplicationSpec } from "./application.ts";
import type { Receiver } from "./receiver.ts";

/** The names of the Secrets that a resource refers to. */
export function secretsOf(resource: Application | Receiver): ReadonlySet<string> {
  return resource.kind === "Receiver" ? new Set([resource.spec.secretRef]) : secretNames(resource.spec);
}

function secretNames({ source, compose }: ApplicationSpec): ReadonlySet<string> {
  return new Set([
    ...(source.secretRef === undefined ? [] : [source.secretRef]),
    ...(source.submodules ? source.submoduleSecretRefs : []).map(({ secretRef }) => secretRef),
    ...(source.verify?.secretRef === undefined ? [] : [source.verify.secretRef]),
    ...compose.env.flatMap((variable) => ("secretKeyRef" in variable ? [variable.secretKeyRef.name] : [])),
    ...compose.imagePullSecrets,
  ]);
}
