/** Labels by which a Compose file tells ConOps about a service, and what their values mean. Pure. */
import { ReconcileError } from "../api/errors.ts";
import { intervalFault, parseInterval } from "../api/interval.ts";
import { nearest } from "../api/nearest.ts";
import type { RenderedProject, RenderedService } from "../compose/compose.ts";

export const ONE_SHOT_LABEL = "conops.dev/one-shot";
export const ON_LOCAL_CHANGE_LABEL = "conops.dev/on-local-change";
export const ON_FILE_CHANGE_LABEL = "conops.dev/on-file-change";
export const HEAL_DELAY_LABEL = "conops.dev/heal-delay";
export const ROLLBACK_LABEL = "conops.dev/rollback";

/** What is done when nothing but mounted files has changed. */
export type OnFileChange =
  | { readonly act: "recreate" }
  | { readonly act: "restart" }
  | { readonly act: "ignore" }
  /** `signal` as the engine takes it, without `SIG`. */
  | { readonly act: "signal"; readonly signal: string };

/** What brings changed files into effect. */
export type Remedy = Exclude<OnFileChange, { readonly act: "ignore" }>;

const SIGNALS: ReadonlySet<string> = new Set(
  (
    "HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG " +
    "XCPU XFSZ VTALRM PROF WINCH IO POLL PWR SYS"
  ).split(" "),
);

/** Each label with what is wrong with a value of it, or undefined. */
const LABELS: Readonly<Record<string, (value: string) => string | undefined>> = {
  [ONE_SHOT_LABEL]: oneOf(["true", "false"]),
  [ON_LOCAL_CHANGE_LABEL]: oneOf(["keep", "overwrite"]),
  [ROLLBACK_LABEL]: oneOf(["safe"]),
  [HEAL_DELAY_LABEL]: (value) => intervalFault(value, "1s", "168h"),
  [ON_FILE_CHANGE_LABEL]: (value) =>
    parseOnFileChange(value) === undefined ? wrongOnFileChange(value) : undefined,
};

/** Throws ReconcileError `InvalidCompose` for the first label whose value means nothing. */
export function requireLabels(project: Pick<RenderedProject, "services">): void {
  for (const [service, { labels }] of Object.entries(project.services)) {
    for (const [label, value] of Object.entries(labels ?? {})) {
      const fault = Object.hasOwn(LABELS, label) ? LABELS[label]?.(value) : undefined;
      if (fault === undefined) continue;
      throw new ReconcileError(
        `Cannot use the Compose project: services.${service}.labels: ${label}: ${fault}`,
        { reason: "InvalidCompose", terminal: true },
      );
    }
  }
}

/** A warning for each label that only looks like one of ConOps. */
export function unknownLabels(project: Pick<RenderedProject, "services">): readonly string[] {
  return Object.entries(project.services).flatMap(([service, { labels }]) =>
    Object.keys(labels ?? {})
      .filter((label) => label.startsWith("conops.dev/") && !Object.hasOwn(LABELS, label))
      .map((label) => {
        const meant = nearest(label, Object.keys(LABELS));
        const hint = meant === undefined ? "" : `; did you mean "${meant}"?`;
        return `services.${service}.labels: "${label}" is no label that ConOps knows${hint}`;
      }),
  );
}

export function onFileChangeOf({ labels }: Pick<RenderedService, "labels">): OnFileChange {
  return parseOnFileChange(labels?.[ON_FILE_CHANGE_LABEL] ?? "") ?? { act: "recreate" };
}

/** How long a service that was stopped or paused is left so; `text` as the label has it. */
export function healDelayOf({
  labels,
}: Pick<RenderedService, "labels">): { readonly text: string; readonly ms: number } | undefined {
  const text = labels?.[HEAL_DELAY_LABEL] ?? "";
  const ms = parseInterval(text);
  return ms === undefined ? undefined : { text, ms };
}

function parseOnFileChange(value: string): OnFileChange | undefined {
  if (value === "recreate" || value === "restart" || value === "ignore") return { act: value };
  const name = /^signal=(?:SIG)?([A-Z0-9+-]+)$/i.exec(value)?.[1]?.toUpperCase();
  if (name === undefined) return undefined;
  const known = SIGNALS.has(name) || /^RTM(?:IN(?:\+(?:[1-9]|1[0-5]))?|AX(?:-(?:[1-9]|1[0-4]))?)$/.test(name);
  return known ? { act: "signal", signal: name } : undefined;
}

function wrongOnFileChange(value: string): string {
  const asked = /^signal[=:]?\s*(.*)$/is.exec(value)?.[1];
  if (asked === undefined) return wrong(value, ["recreate", "restart", "signal=HUP", "ignore"]);
  const meant = nearest(asked.replace(/^SIG/i, ""), [...SIGNALS]);
  return `${JSON.stringify(value)} names no signal${meant === undefined ? "; write signal=HUP, for example" : `; did you mean "signal=${meant}"?`}`;
}

function oneOf(allowed: readonly string[]): (value: string) => string | undefined {
  return (value) => (allowed.includes(value) ? undefined : wrong(value, allowed));
}

function wrong(value: string, allowed: readonly string[]): string {
  const meant = nearest(value, allowed);
  const hint = meant === undefined ? "" : `; did you mean "${meant}"?`;
  return `must be ${allowed.length === 1 ? "" : "one of "}${allowed.join(", ")}, not ${JSON.stringify(value)}${hint}`;
}
