import type { LogFields } from "../lib/log.ts";

export type Level = "error" | "warn" | "info" | "debug";

export interface Line {
  /** Wall milliseconds. */
  readonly at: number;
  readonly level: Level;
  readonly message: string;
  /** Made by `plain`. */
  readonly fields: LogFields;
}

const COLOURS = { error: 31, warn: 33, info: 36, debug: 90 } as const satisfies Record<Level, number>;
const DIM = 2;

/** Fields that say what happened: they follow the message, without their name. */
const TOLD = ["message", "error"];
/** Fields for machines, or that repeat another one. */
const HIDDEN = ["event", "application"];

/**
 * A line for people: `12:03:04 info  shop: message: what happened  field=value`, in local time. The application stands first;
 * the fields `message` and `error` follow the message; what only machines read (`event`, empty lists, a trigger that is also the
 * reason) is left out, and ids of commits are short. An unforeseen error is told with its causes, and with its stack below
 * where the level is `error`; text of several lines stands below, indented. No control character of a value reaches the
 * terminal.
 */
export function formatPretty({ at, level, message, fields }: Line, colours: boolean): string {
  const paint = (code: number, text: string): string => (colours ? `\u001b[${code}m${text}\u001b[0m` : text);
  const blocks: string[] = [];
  const { application } = fields;
  let head = `${typeof application === "string" ? `${clean(application)}: ` : ""}${clean(message)}`;
  let tail = "";

  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined || isLeftOut(name, fields)) continue;
    const text = shorten(summary(value));
    const lines = text.trimEnd().split(/\r\n|\n|\r/);
    if (TOLD.includes(name) && lines.length === 1) head += `: ${clean(text)}`;
    else if (lines.length === 1) tail += ` ${paint(DIM, `${clean(name)}=`)}${clean(inline(value, text))}`;
    else blocks.push(paint(DIM, `${clean(name)}:`), ...lines.map(clean));
    const stack = level === "error" && isError(value) && !isForeseen(value) ? value.stack : undefined;
    if (stack !== undefined) blocks.push(...stack.split("\n").filter(isFrame).map(clean));
  }

  const time = new Date(at).toTimeString().slice(0, 8);
  const first = `${paint(DIM, time)} ${paint(COLOURS[level], level.padEnd(5))} ${head}${tail === "" ? "" : ` ${tail}`}`;
  return [first, ...blocks.map((block) => `    ${block}`)].join("\n");
}

function isLeftOut(name: string, fields: LogFields): boolean {
  const value = fields[name];
  if (Array.isArray(value)) return value.length === 0;
  if (name === "trigger") return value === fields["reason"];
  return HIDDEN.includes(name) && typeof value === "string";
}

/** A commit as people name it. */
function shorten(text: string): string {
  return /^[0-9a-f]{40}$/.test(text) ? text.slice(0, 12) : text;
}

function summary(value: unknown): string {
  if (typeof value === "string") return value;
  if (isError(value)) {
    const { message, cause } = value;
    return cause === undefined || isForeseen(value) ? message : `${message} (cause: ${summary(cause)})`;
  }
  return JSON.stringify(value);
}

/** Text in quotes where it would not be told from what stands around it; everything else as JSON. */
function inline(value: unknown, text: string): string {
  if (typeof value === "object" && !isError(value)) return text;
  return /^[^\s"=]+$/.test(text) ? text : JSON.stringify(text);
}

/** Control characters as `\u....`: another program's output must not move the cursor, colour the terminal or forge a line. */
function clean(text: string): string {
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  return text.replace(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u2028\u2029]/g, escapeCharacter);
}

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** Its words are ConOps's own, `Cannot ⟨act⟩ ⟨thing⟩: ⟨cause⟩`: they say all that helps. */
function isForeseen({ message }: PlainError): boolean {
  return message.startsWith("Cannot ");
}

/** A line of a stack that names a place; the others repeat the message. */
function isFrame(line: string): boolean {
  return /^\s+at /.test(line);
}

interface PlainError {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  readonly cause?: unknown;
}

function isError(value: unknown): value is PlainError {
  return (
    typeof value === "object" && value !== null && "name" in value && "message" in value && "stack" in value
  );
}
