/**
 * What the Secrets that an Application refers to come to: values, credentials, and a mask for whatever other programs say
 * while they know them. Level-triggered: asked anew at each visit, from what the registry holds now.
 */
import type { ApplicationSpec, ComposeVariable, DeclaredVariable } from "../api/application.ts";
import type { GitCredential } from "../api/credential.ts";
import type { VerifyRequest } from "../git/git.ts";
import { hashOf } from "../lib/hash.ts";
import { createMask, type Mask } from "../lib/mask.ts";
import { dockerConfigOf, formatDockerConfig } from "../secret/docker-config.ts";
import { gitCredentialOf } from "../secret/git-credential.ts";
import { readText, type OpenedSecret, type Reading } from "../secret/opened-secret.ts";
import { secretTexts } from "../secret/secret-texts.ts";
import type { SecretStore } from "../secret/secret-store.ts";
import { signersOf, type Signers } from "../secret/signers.ts";

/** The credential for a host, and the name of its Secret. */
export interface NamedCredential {
  readonly secret: string;
  readonly credential: GitCredential;
}

export interface SecretsInUse {
  /** Without those whose value cannot be had. */
  readonly env: readonly ComposeVariable[];
  /** Changes when a value changes that decides what runs, or what may; safe to store. Undefined where there is none. */
  readonly digest: string | undefined;
  /** Changes when a credential does, which decides nothing of what runs; safe to store. Undefined where there is none. */
  readonly credentialsDigest: string | undefined;
  readonly source: NamedCredential | undefined;
  /** By host, as the spec names it. */
  readonly submodules: ReadonlyMap<string, NamedCredential>;
  /** Who may sign, all places together. */
  readonly verify: VerifyRequest | undefined;
  /** As Docker's `config.json`. */
  readonly dockerConfig: string | undefined;
  /** Those of Secrets in `env`: what the project is rendered with. */
  readonly values: readonly string[];
  /** What must not be read by anybody; `values` are among it. */
  readonly texts: readonly (string | Uint8Array)[];
  /** Why the remote must not be asked: its credential cannot be had. */
  readonly sourceFault: string | undefined;
  /** Why no new target may be applied; the first in the order of the spec. */
  readonly fault: string | undefined;
}

/** One string of an environment, as the kernel takes it: `NAME=VALUE` with its end. */
const MAX_VARIABLE_BYTES = 131_072;

/** Opens what the spec refers to. Never throws: what cannot be had is a fault. */
export function secretsInUse(spec: ApplicationSpec, store: SecretStore): SecretsInUse {
  const faults: string[] = [];
  const texts: (string | Uint8Array)[] = [];
  const values: string[] = [];
  const digests: (readonly [string, string | undefined])[] = [];
  const credentials: unknown[] = [];

  function read<Value>(
    field: string,
    name: string,
    reader: (secret: OpenedSecret) => Reading<Value>,
  ): Value | undefined {
    const found = store.get(name);
    const reading: Reading<Value> =
      found.kind === "ok" ? reader(found.secret) : { kind: "fault", message: found.message };
    if (found.kind === "ok") {
      texts.push(...secretTexts(found.secret));
      credentials.push([field, [...found.secret.values.keys()].map((key) => [key, store.digest(name, key)])]);
    }
    if (reading.kind === "ok") return reading.value;
    faults.push(`Cannot use ${field}: ${reading.message}`);
    return undefined;
  }

  function credentialOf(field: string, name: string): NamedCredential | undefined {
    const credential = read(field, name, (secret) => gitCredentialOf(secret));
    return credential && { secret: name, credential };
  }

  const { source, compose } = spec;
  const credential =
    source.secretRef === undefined ? undefined : credentialOf("spec.source.secretRef", source.secretRef);
  const [sourceFault] = faults;
  const submodules = new Map<string, NamedCredential>();
  for (const { host, secretRef } of source.submodules ? source.submoduleSecretRefs : []) {
    const named = credentialOf(`spec.source.submoduleSecretRefs of "${host}"`, secretRef);
    if (named !== undefined) submodules.set(host, named);
  }
  const verify = signers();
  const env: ComposeVariable[] = [];
  for (const variable of compose.env) {
    const value = valueOf(variable);
    if (value !== undefined) env.push({ name: variable.name, value, inject: variable.inject });
  }
  const dockerConfig = registries();

  function signers(): VerifyRequest | undefined {
    const { verify: wanted } = source;
    if (wanted === undefined) return undefined;
    const { mode, secretRef, allowedSigners, allowedPGPKeys } = wanted;
    const added =
      secretRef === undefined
        ? {}
        : (read<Signers>("spec.source.verify.secretRef", secretRef, signersOf) ?? {});
    if (secretRef !== undefined) digests.push(["verify", hashOf(added)]);
    const both = (a: string | undefined, b: string | undefined): string | undefined =>
      a === undefined ? b : b === undefined ? a : `${a}\n${b}`;
    const ssh = both(allowedSigners, added.allowedSigners);
    const pgp = both(allowedPGPKeys, added.allowedPGPKeys);
    return {
      mode,
      ...(ssh !== undefined && { allowedSigners: ssh }),
      ...(pgp !== undefined && { allowedPGPKeys: pgp }),
    };
  }

  function valueOf(variable: DeclaredVariable): string | undefined {
    if ("value" in variable) return variable.value;
    const { name, secretKeyRef } = variable;
    const found = store.get(secretKeyRef.name);
    const reading: Reading<string> =
      found.kind === "ok"
        ? readText(found.secret, secretKeyRef.key)
        : { kind: "fault", message: found.message };
    const fault = reading.kind === "fault" ? reading.message : variableFault(name, reading.value);
    if (fault !== undefined) {
      faults.push(`Cannot set the variable "${name}" of spec.compose.env: ${fault}`);
      return undefined;
    }
    digests.push([name, store.digest(secretKeyRef.name, secretKeyRef.key)]);
    if (reading.kind !== "ok") return undefined;
    values.push(reading.value);
    return reading.value;
  }

  function registries(): string | undefined {
    if (compose.imagePullSecrets.length === 0) return undefined;
    const configs = compose.imagePullSecrets.map((name) =>
      read("spec.compose.imagePullSecrets", name, dockerConfigOf),
    );
    return formatDockerConfig(configs.filter((config) => config !== undefined));
  }

  return {
    env,
    digest: digests.length === 0 ? undefined : hashOf(digests.map(([name, digest]) => [name, digest ?? ""])),
    credentialsDigest: credentials.length === 0 ? undefined : hashOf(credentials),
    source: credential,
    submodules,
    verify,
    dockerConfig,
    values,
    texts: [...texts, ...values],
    sourceFault,
    fault: faults[0],
  };
}

/** A mask of these and of what it was given before, for as long as the process lives: old values are secrets, too. */
export function createGrowingMask(): (texts: SecretsInUse["texts"]) => Mask {
  const known = new Map<string, string | Uint8Array>();
  let mask: Mask = (text) => text;
  return (texts) => {
    const before = known.size;
    for (const text of texts) known.set(Buffer.from(text).toString("base64"), text);
    if (known.size !== before) mask = createMask(known.values());
    return mask;
  };
}

function variableFault(name: string, value: string): string | undefined {
  if (value.includes("\0")) return "the value holds a zero byte, which no environment can";
  const sizeBytes = Buffer.byteLength(name) + Buffer.byteLength(value) + 2;
  return sizeBytes > MAX_VARIABLE_BYTES
    ? `the value is too long for an environment: ${sizeBytes} bytes with its name, at most ${MAX_VARIABLE_BYTES}`
    : undefined;
}
