/** The engine's JSON, unknown at the border, to ConOps's own types. Pure; nothing here throws. */
import { redact } from "../lib/redact.ts";
import type { ContainerState, EngineEvent, EngineInfo, ObservedContainer } from "./docker.ts";
import type { Fingerprint } from "./fingerprint.ts";
import { listOf, numberOf, objectOf, textOf, timeOf, type JsonObject } from "./json.ts";
import { COMPOSE_LABEL } from "./labels.ts";
import { parseAttachments, parseSettings, shapeOf } from "./parse-made.ts";

const STATES: readonly string[] = [
  "created",
  "running",
  "paused",
  "restarting",
  "removing",
  "exited",
  "dead",
] satisfies readonly ContainerState[];

/** As much as the engine keeps of a probe's output. */
const WORDS_LIMIT = 4096;

/**
 * The answer to `GET /containers/ID/json`. Undefined for what is not of a Compose project, or no container at all. Of
 * Compose's config hash only its fingerprint is kept: it is a plain hash over all that the container is given, passwords
 * too, and whoever read it could try out guesses.
 */
export function parseContainer(json: unknown, fingerprint: Fingerprint): ObservedContainer | undefined {
  const container = objectOf(json);
  const config = objectOf(container["Config"]);
  const labels = objectOf(config["Labels"]);
  const id = textOf(container["Id"]);
  const project = textOf(labels[COMPOSE_LABEL.project]);
  if (id === "" || project === "") return undefined;

  const state = objectOf(container["State"]);
  const host = objectOf(container["HostConfig"]);
  return {
    id,
    name: textOf(container["Name"]).replace(/^\//, ""),
    project,
    ...parseComposeLabels(labels, fingerprint),
    state: parseState(state),
    exitCode: numberOf(state["ExitCode"]),
    oomKilled: state["OOMKilled"] === true,
    error: redact(textOf(state["Error"])).slice(0, WORDS_LIMIT),
    ...parseHealth(objectOf(state["Health"])),
    restartPolicy: parseRestartPolicy(textOf(objectOf(host["RestartPolicy"])["Name"])),
    restartCount: numberOf(container["RestartCount"]),
    createdAt: timeOf(container["Created"]),
    startedAt: timeOf(state["StartedAt"]),
    finishedAt: timeOf(state["FinishedAt"]),
    image: textOf(config["Image"]),
    imageId: textOf(container["Image"]),
    mounts: parseMounts(container["Mounts"]),
    publishesPorts: publishesPorts(host),
    attachments: parseAttachments(objectOf(container["NetworkSettings"]), id),
    settings: parseSettings(host),
    shape: shapeOf(config, host, id, fingerprint),
  };
}

/**
 * One row of `GET /containers/json`, for a container that the engine lists but cannot inspect; `error` says why it cannot.
 * Less is known of it (it has no shape), and its state is only what the list claims.
 */
export function parseListed(
  json: unknown,
  error: string,
  fingerprint: Fingerprint,
): ObservedContainer | undefined {
  const row = objectOf(json);
  const created = numberOf(row["Created"]);
  const container = {
    Id: row["Id"],
    Name: listOf(row["Names"])[0],
    Created: created > 0 ? new Date(created * 1000).toISOString() : "",
    State: { Status: row["State"], Error: error },
    Image: row["ImageID"],
    Config: { Labels: row["Labels"], Image: row["Image"] },
    Mounts: row["Mounts"],
  };
  const parsed = parseContainer(container, fingerprint);
  return parsed && { ...parsed, shape: "" };
}

/** The answers to `GET /info` and `GET /version`. */
export function parseEngine(info: unknown, version: unknown): EngineInfo {
  return {
    id: textOf(objectOf(info)["ID"]),
    name: textOf(objectOf(info)["Name"]),
    version: textOf(objectOf(version)["Version"]),
    apiVersion: textOf(objectOf(version)["ApiVersion"]),
  };
}

/** One message of `GET /events`. Undefined for what is not of a container, a network, a volume or an image. */
export function parseEvent(json: unknown): EngineEvent | undefined {
  const message = objectOf(json);
  const type = message["Type"];
  const action = textOf(message["Action"]);
  if (!isType(type) || action === "") return undefined;

  const actor = objectOf(message["Actor"]);
  const attributes = objectOf(actor["Attributes"]);
  const nanoseconds = numberOf(message["timeNano"]);
  return {
    type,
    action,
    containerId: textOf(type === "network" ? attributes["container"] : actor["ID"]),
    // An image may carry labels of its own choice.
    project: type === "image" ? "" : textOf(attributes[COMPOSE_LABEL.project]),
    service: type === "image" ? "" : textOf(attributes[COMPOSE_LABEL.service]),
    ...(action === "die" && { exitCode: numberOf(attributes["exitCode"]) }),
    ...(action === "kill" && "signal" in attributes && { killSignal: numberOf(attributes["signal"]) }),
    at: nanoseconds > 0 ? nanoseconds / 1e6 : numberOf(message["time"]) * 1000,
  };
}

function isType(value: unknown): value is EngineEvent["type"] {
  return value === "container" || value === "network" || value === "volume" || value === "image";
}

function parseComposeLabels(labels: JsonObject, fingerprint: Fingerprint) {
  const configHash = textOf(labels[COMPOSE_LABEL.configHash]);
  return {
    service: textOf(labels[COMPOSE_LABEL.service]),
    number: numberOf(labels[COMPOSE_LABEL.number]),
    oneOff: textOf(labels[COMPOSE_LABEL.oneOff]).toLowerCase() === "true",
    configHash: configHash === "" ? "" : fingerprint(configHash),
    composeVersion: textOf(labels[COMPOSE_LABEL.version]),
    workingDir: textOf(labels[COMPOSE_LABEL.workingDir]),
  };
}

function parseState(state: JsonObject): ContainerState {
  const status = state["Status"];
  if (isState(status)) return status;
  if (state["Paused"] === true) return "paused";
  if (state["Restarting"] === true) return "restarting";
  if (state["Running"] === true) return "running";
  return state["Dead"] === true ? "dead" : "exited";
}

function isState(value: unknown): value is ContainerState {
  return typeof value === "string" && STATES.includes(value);
}

function parseHealth(health: JsonObject): Pick<ObservedContainer, "health" | "healthOutput"> {
  const failing = listOf(health["Log"]).findLast((probe) => numberOf(objectOf(probe)["ExitCode"]) !== 0);
  // A pause ends the probes, and the engine then says "unhealthy" until the first one after it: no probe has failed.
  const isUnknown = health["Status"] === "unhealthy" && health["FailingStreak"] === 0;
  const status = isUnknown ? "starting" : health["Status"];
  return {
    health: status === "starting" || status === "healthy" || status === "unhealthy" ? status : "none",
    healthOutput: redact(textOf(objectOf(failing)["Output"])).slice(0, WORDS_LIMIT),
  };
}

function parseRestartPolicy(name: string): ObservedContainer["restartPolicy"] {
  return name === "always" || name === "unless-stopped" || name === "on-failure" ? name : "no";
}

function parseMounts(mounts: unknown): ObservedContainer["mounts"] {
  return listOf(mounts).map((item) => {
    const mount = objectOf(item);
    const name = textOf(mount["Name"]);
    return {
      type: textOf(mount["Type"]),
      source: textOf(mount["Source"]),
      ...(name !== "" && { name }),
      target: textOf(mount["Destination"]),
    };
  });
}

function publishesPorts(host: JsonObject): boolean {
  if (host["PublishAllPorts"] === true) return true;
  return Object.values(objectOf(host["PortBindings"])).some((bindings) => listOf(bindings).length > 0);
}
