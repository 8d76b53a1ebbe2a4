/** Which values of a Secret nobody may read: what is taken out of everything that other programs say. */
import type { SecretType } from "../api/secret.ts";
import { DOCKER_CONFIG_FIELD, parseDockerConfig } from "./docker-config.ts";
import type { OpenedSecret } from "./opened-secret.ts";
import { ALLOWED_PGP_KEYS_FIELD, ALLOWED_SIGNERS_FIELD } from "./signers.ts";

/** Fields that anyone may read: without them, many a message would lose its sense. */
const PUBLIC: Readonly<Record<SecretType, readonly string[]>> = {
  Opaque: [ALLOWED_SIGNERS_FIELD, ALLOWED_PGP_KEYS_FIELD],
  "kubernetes.io/ssh-auth": ["known_hosts", "ssh-publickey", "username"],
  "kubernetes.io/basic-auth": ["username"],
  "conops.dev/bearer-token": [],
  "kubernetes.io/dockerconfigjson": [DOCKER_CONFIG_FIELD],
};

/** The values to mask, for `createMask`, which knows their other forms. */
export function secretTexts({ type, values }: OpenedSecret): readonly Buffer[] {
  const secret = [...values].filter(([field]) => !PUBLIC[type].includes(field)).map(([, value]) => value);
  if (type !== "kubernetes.io/dockerconfigjson") return secret;
  const config = values.get(DOCKER_CONFIG_FIELD);
  return config === undefined ? secret : [...secret, ...textsOfConfig(config)];
}

/** Passwords and tokens; of a config that cannot be read, all of it. */
function textsOfConfig(config: Buffer): readonly Buffer[] {
  const read = parseDockerConfig(config.toString());
  if (read.kind === "fault") return [config];
  return Object.values(read.value).flatMap(({ auth = "", password, identitytoken, registrytoken }) => {
    const decoded = Buffer.from(auth, "base64");
    const inAuth = decoded.subarray(decoded.indexOf(":") + 1);
    const texts = [auth, password, identitytoken, registrytoken].filter((text) => text !== undefined);
    return [inAuth, ...texts.map((text) => Buffer.from(text))];
  });
}
