/** A login for one registry, as the engine takes it with a call: the header X-Registry-Auth. */
import { DOCKER_HUB } from "../lib/image-reference.ts";
import type { RegistryAuth, RegistryAuths } from "./docker-config.ts";

/** Under this address Docker keeps the login for its own registry. */
const DOCKER_HUB_ADDRESS = "https://index.docker.io/v1/";

/** The address under which Docker keeps the login for this registry. */
export function loginAddress(registry: string): string {
  return registry === DOCKER_HUB ? DOCKER_HUB_ADDRESS : registry;
}

/** What a `config.json` holds for the registry, found as Docker finds it; undefined when it holds none. */
export function loginFor(auths: RegistryAuths, registry: string): RegistryAuth | undefined {
  const address = loginAddress(registry);
  const exact = auths[address];
  if (exact !== undefined) return exact;
  const [, found] = Object.entries(auths).find(([key]) => hostOf(key) === address) ?? [];
  return found;
}

/** The header's value for this login; empty for none. */
export function authHeader(login: RegistryAuth | undefined, registry: string): string {
  if (login === undefined) return "";
  const { auth = "", username, password, identitytoken, registrytoken } = login;
  const [user, secret] = splitOnce(Buffer.from(auth, "base64").toString().replaceAll("\0", ""));
  const fields = {
    username: user === "" ? username : user,
    password: user === "" ? password : secret,
    identitytoken,
    registrytoken,
    serveraddress: loginAddress(registry),
  };
  // URL-safe, and with its padding: engines are strict about both.
  return Buffer.from(JSON.stringify(fields)).toString("base64").replaceAll("+", "-").replaceAll("/", "_");
}

/** Keys may be URLs, of old: `https://registry.example.com/v1/`. */
function hostOf(key: string): string {
  return key.replace(/^https?:\/\//, "").split("/")[0] ?? "";
}

function splitOnce(text: string): readonly [string, string] {
  const at = text.indexOf(":");
  return at < 0 ? ["", ""] : [text.slice(0, at), text.slice(at + 1)];
}
