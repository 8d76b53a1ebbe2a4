/** What is done to services, and why, in words for people. Pure; masks come after. */
import type { Change, ChangeAct, ChangeReason } from "../api/diff.ts";
import type { ObservedContainer } from "../docker/docker.ts";
import type { Mask } from "../lib/mask.ts";
import type { FileEffect, PlannedService, WhyObsolete } from "./apply-input.ts";
import type { FieldChange } from "./field-changes.ts";

/** The changes of one service; none where everything stays. */
export function tellService(planned: PlannedService, mask: Mask): readonly Change[] {
  const { service, containers, created } = planned;
  const changes: Change[] = [];
  const tell = (act: ChangeAct, done: string, reasons: readonly ChangeReason[]): void => {
    const found = containers.filter((one) => one.act === (act === "run" ? "start" : act));
    const isPerhaps = found.length > 0 && found.every(({ perhaps }) => perhaps);
    const names = found.map(({ container }) => container.name);
    const why = reasons.map(({ text }) => text).join(", ");
    changes.push({
      object: "service",
      name: service.name,
      act,
      ...(isPerhaps && { perhaps: true }),
      ...(names.length > 0 && { containers: names }),
      reasons,
      text: `service "${service.name}" ${isPerhaps ? "may be" : "is"} ${done}: ${why}`,
    });
  };
  const acts = new Set(containers.map(({ act }) => act));
  const there = containers.length;
  const missing = there === 0 ? "it is not there" : `${there} of ${service.replicas} containers are there`;
  if (acts.has("recreate")) tell("recreate", "recreated", whyRecreated(planned, mask));
  if (acts.has("restart")) tell("restart", "restarted", whyRestarted(planned));
  if (acts.has("signal")) tell("signal", "signalled", whyFiles(planned.files));
  if (acts.has("start")) tellStart(planned, tell);
  if (created > 0) {
    const act = there > 0 ? "scale" : service.oneShot === "yes" ? "run" : "create";
    const done = there > 0 ? `scaled to ${service.replicas}` : act === "run" ? "run" : "created";
    tell(act, done, [{ cause: there > 0 ? "Replicas" : "Missing", text: missing }]);
  }
  if (acts.has("remove")) {
    const many = `${there} containers are there, and ${service.replicas} wanted`;
    tell("remove", `scaled to ${service.replicas}`, [{ cause: "Replicas", text: many }]);
  }
  return changes;
}

function tellStart(
  { service, containers }: PlannedService,
  tell: (act: ChangeAct, done: string, reasons: readonly ChangeReason[]) => void,
): void {
  const started = containers.filter(({ act }) => act === "start");
  const hasFinished = started.every(
    ({ container: { state, exitCode } }) => state === "exited" && exitCode === 0,
  );
  if (service.oneShot !== "no" && hasFinished) {
    tell("run", "run again", [
      { cause: "OneShot", text: "it ended, and this run of it is not recorded as completed" },
    ]);
    return;
  }
  const states = [...new Set(started.map(({ container }) => stateOf(container)))].join(", ");
  tell("start", "started", [{ cause: "Stopped", text: `it is ${states}` }]);
}

function stateOf({ state, exitCode }: ObservedContainer): string {
  return state === "exited" ? `stopped (exit ${exitCode})` : state;
}

function whyRecreated({ obsolete, files }: PlannedService, mask: Mask): readonly ChangeReason[] {
  return [
    ...(obsolete?.why ?? []).map((why) => reasonOf(why, mask)),
    ...(files?.how === "recreate" ? whyFiles(files) : []),
  ];
}

function whyRestarted({ restart, files }: PlannedService): readonly ChangeReason[] {
  if (files?.how === "restart") return whyFiles(files);
  if (restart === undefined) return [];
  const { cause, service } = restart;
  return [
    { cause, service, text: `service "${service}", on which it depends with restart: true, is recreated` },
  ];
}

function whyFiles(effect: FileEffect | undefined): readonly ChangeReason[] {
  const { files } = effect ?? { files: [] };
  const named = files.map((file) => `"${file}"`).join(", ");
  return [{ cause: "Files", files, text: named === "" ? "files that it uses changed" : `${named} changed` }];
}

function reasonOf(why: WhyObsolete, mask: Mask): ChangeReason {
  const { cause } = why;
  switch (cause) {
    case "Field":
      return reasonOfField(why.change, mask);
    case "Image": {
      const { from, to } = why;
      const name = mask(why.name);
      const short = (id: string): string => id.replace(/^sha256:/, "").slice(0, 12);
      const text =
        to === undefined
          ? `what image "${name}" will be is not known yet`
          : `image "${name}" is another one: ${short(from)} → ${short(to)}`;
      return { cause, from, ...(to !== undefined && { to }), text };
    }
    case "Network":
      return {
        cause,
        text:
          why.remade === true
            ? `network "${why.name}", in which it is, is recreated`
            : `it is to be in network "${why.name}" and is not`,
      };
    case "Volume":
      return { cause, text: `it is to have volume "${why.name}" and has not` };
    case "Namespace":
      return {
        cause,
        service: why.service,
        text: `it shares what service "${why.service}" has, which is recreated`,
      };
    case "Modified":
      return { cause, text: "its container was not made by the last sync" };
    case "Unknown":
      return { cause, text: "Compose would configure it otherwise than its container is" };
    default:
      return cause satisfies never;
  }
}

/** `environment.TAG "1" → "2"`. Of a value that a Secret has a part in, nothing is told but that it changed. */
export function reasonOfField({ field, from, to }: FieldChange, mask: Mask): ChangeReason {
  const [a, b] = [textOf(from, mask), textOf(to, mask)];
  const [shownA, shownB] = [shown(a, from), shown(b, to)];
  const text =
    a === undefined
      ? `${field} ${shownB} is new`
      : b === undefined
        ? `${field} ${shownA} is gone`
        : shownA === shownB
          ? `${field} changed (${shownA})`
          : `${field} ${shownA} → ${shownB}`;
  const values = { ...(a !== undefined && { from: a }), ...(b !== undefined && { to: b }) };
  return { cause: "Field", field, ...values, text };
}

/** In a message; and in JSON. */
const SHOWN_LENGTH = 120;
const VALUE_LENGTH = 4096;

/** A string as it is, with the dollar signs of the rendering as people write them; anything else as JSON. Masked, then cut. */
function textOf(value: unknown, mask: Mask): string | undefined {
  if (value === undefined) return undefined;
  return cut(
    mask(typeof value === "string" ? value : JSON.stringify(value)).replaceAll("$$", "$"),
    VALUE_LENGTH,
  );
}

function shown(text = "", value: unknown): string {
  const short = cut(text, SHOWN_LENGTH);
  return typeof value === "string" && text !== "***" ? JSON.stringify(short) : short;
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}…` : text;
}

/** Containers that no service declares. */
export function tellOrphans(orphans: readonly ObservedContainer[]): readonly Change[] {
  return orphans.map(({ name, service, oneOff }) => {
    const text = oneOff
      ? "it was made by docker compose run, and has ended"
      : `there is no service "${service}"`;
    return {
      object: "service",
      name: service,
      act: "remove",
      containers: [name],
      reasons: [{ cause: "Orphan", text }],
      text: `container "${name}" is removed: ${text}`,
    };
  });
}
