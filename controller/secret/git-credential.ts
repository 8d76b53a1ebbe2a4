/** A Secret as the credential of a Git remote. */
import type { GitCredential } from "../api/credential.ts";
import { fault, fieldFault, hasField, readLine, readText } from "./opened-secret.ts";
import type { OpenedSecret, Reading } from "./opened-secret.ts";
import { normalisePrivateKey, privateKeyFault } from "./private-key.ts";

/** Where a server asks for a token alone, any name goes; this is the one that fits all. */
const ANY_USERNAME = "git";
const TYPES = "kubernetes.io/ssh-auth, kubernetes.io/basic-auth or conops.dev/bearer-token";

/** To see that a passphrase opens a key takes as long as whoever locked it wanted: a tenth of a second, for example. */
const known = new WeakMap<OpenedSecret, Reading<GitCredential>>();

/**
 * The credential, by the type of the Secret; read once for each opened one. A fault is one line that names the field, and
 * never holds a value.
 */
export function gitCredentialOf(secret: OpenedSecret): Reading<GitCredential> {
  const read = known.get(secret) ?? readCredential(secret);
  known.set(secret, read);
  return read;
}

function readCredential(secret: OpenedSecret): Reading<GitCredential> {
  if (secret.type === "kubernetes.io/ssh-auth") return readKey(secret);
  if (secret.type === "kubernetes.io/basic-auth") return readPassword(secret);
  if (secret.type === "conops.dev/bearer-token") {
    const token = readLine(secret, "token");
    return token.kind === "fault" ? token : { kind: "ok", value: { kind: "bearer", token: token.value } };
  }
  return fault(
    `Secret ${JSON.stringify(secret.name)} is of type ${secret.type}, and a credential for Git is of type ${TYPES}`,
  );
}

function readKey(secret: OpenedSecret): Reading<GitCredential> {
  const key = readText(secret, "ssh-privatekey");
  if (key.kind === "fault") return key;
  const passphrase = readOptional(secret, "passphrase", readLine);
  if (passphrase.kind === "fault") return passphrase;
  const knownHosts = readOptional(secret, "known_hosts", readText);
  if (knownHosts.kind === "fault") return knownHosts;
  const privateKey = normalisePrivateKey(key.value);
  const why = privateKeyFault(privateKey, passphrase.value);
  if (why !== undefined) return fieldFault(secret, "ssh-privatekey", why);
  return {
    kind: "ok",
    value: {
      kind: "ssh",
      privateKey,
      ...(passphrase.value !== undefined && { passphrase: passphrase.value }),
      ...(knownHosts.value !== undefined && { knownHosts: knownHosts.value }),
    },
  };
}

function readPassword(secret: OpenedSecret): Reading<GitCredential> {
  const password = readLine(secret, "password");
  if (password.kind === "fault") return password;
  const username = readOptional(secret, "username", readLine);
  if (username.kind === "fault") return username;
  if (username.value?.includes(":") === true) {
    return fieldFault(secret, "username", 'holds a ":", which no user name of basic authentication can');
  }
  return {
    kind: "ok",
    value: { kind: "basic", username: username.value ?? ANY_USERNAME, password: password.value },
  };
}

/** Undefined where the field is not there. */
function readOptional(
  secret: OpenedSecret,
  field: string,
  read: (secret: OpenedSecret, field: string) => Reading<string>,
): Reading<string | undefined> {
  return hasField(secret, field) ? read(secret, field) : { kind: "ok", value: undefined };
}
