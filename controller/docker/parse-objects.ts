/** Networks and volumes: the engine's JSON, unknown at the border, to ConOps's own types. Pure; nothing here throws. */
import type { ProjectObjects } from "./docker.ts";
import { listOf, objectOf, textOf, type JsonObject } from "./json.ts";
import { COMPOSE_LABEL } from "./labels.ts";
import type { Fingerprint } from "./fingerprint.ts";

/** The answers to `GET /networks` and `GET /volumes`. What has no project's label is left out. */
export function parseObjects(networks: unknown, volumes: unknown, fingerprint: Fingerprint): ProjectObjects {
  return {
    networks: named(listOf(networks)).map((network) => ({
      id: textOf(network["Id"]),
      ...common(network, fingerprint),
    })),
    volumes: named(listOf(objectOf(volumes)["Volumes"])).map((volume) => ({
      ...common(volume, fingerprint),
      driver: textOf(volume["Driver"]),
      options: Object.fromEntries(
        Object.entries(objectOf(volume["Options"])).map(([key, value]) => [key, textOf(value)]),
      ),
    })),
  };
}

/** The answer to `GET /networks/ID`: the containers that run on it. */
export function parseMembers(network: unknown): readonly { readonly id: string; readonly name: string }[] {
  return Object.entries(objectOf(objectOf(network)["Containers"])).map(([id, member]) => ({
    id,
    name: textOf(objectOf(member)["Name"]),
  }));
}

function named(items: readonly unknown[]): readonly JsonObject[] {
  return items
    .map(objectOf)
    .filter((item) => textOf(item["Name"]) !== "" && projectOf(item) !== "")
    .toSorted((a, b) => (textOf(a["Name"]) < textOf(b["Name"]) ? -1 : 1));
}

function projectOf(item: JsonObject): string {
  return textOf(objectOf(item["Labels"])[COMPOSE_LABEL.project]);
}

function common(item: JsonObject, fingerprint: Fingerprint) {
  const labels = objectOf(item["Labels"]);
  const configHash = textOf(labels[COMPOSE_LABEL.configHash]);
  return {
    name: textOf(item["Name"]),
    project: projectOf(item),
    configHash: configHash === "" ? "" : fingerprint(configHash),
    composeVersion: textOf(labels[COMPOSE_LABEL.version]),
  };
}
