import { WriteStream } from "node:tty";
import winston from "winston";
import { systemClock, type Clock } from "../lib/clock.ts";
import type { Log, LogFields } from "../lib/log.ts";
import { redact } from "../lib/redact.ts";
import { plain } from "./plain.ts";
import { formatPretty, type Level } from "./pretty.ts";

export interface LoggerOptions {
  /** `json`: one object a line, with `timestamp` (RFC 3339, UTC), `level`, `msg` and the fields. `pretty`: for people. */
  readonly format: "json" | "pretty";
  /** The least important level that is written. */
  readonly level: Level;
  /** Where the lines go. Its errors are its owner's to handle. `pretty` is coloured if this is a terminal that can. */
  readonly stream: NodeJS.WritableStream;
  /** Default: the system's. */
  readonly clock?: Clock;
}

export interface Logger extends Log {
  /** Resolves when everything written has been handed to the operating system. What is logged afterwards is dropped. */
  close(): Promise<void>;
}

/** Names that the line itself needs; a field of that name gets an underscore behind it. */
const TAKEN = new Set(["timestamp", "level", "msg"]);

/** A log to `stream`. Every field passes `plain`: no credentials in URLs, errors with their causes. Lines are never torn. */
export function createLogger({ format, level, stream, clock = systemClock }: LoggerOptions): Logger {
  const colours = hasColours(stream);
  const line = winston.format.printf((info) => String(info.message));
  const transport = new winston.transports.Stream({ stream, format: line, eol: "\n" });
  const logger = winston.createLogger({ level, transports: [transport] });
  let closing: Promise<void> | undefined;

  function write(lineLevel: Level, message: string, fields: LogFields = {}): void {
    if (closing !== undefined || !logger.isLevelEnabled(lineLevel)) return;
    const entry = {
      at: clock.now(),
      level: lineLevel,
      message: redact(message),
      fields: plain(fields) as LogFields,
    };
    // The whole line as one text: of an object, winston would mix its own fields with ours.
    const text = format === "json" ? formatJson(entry) : formatPretty(entry, colours);
    logger.log({ level: lineLevel, message: text });
  }

  function flush(): Promise<void> {
    return new Promise((resolve) => {
      logger.once("finish", () => stream.write("", () => resolve()));
      logger.end();
    });
  }

  return {
    debug: (message, fields) => write("debug", message, fields),
    info: (message, fields) => write("info", message, fields),
    warn: (message, fields) => write("warn", message, fields),
    error: (message, fields) => write("error", message, fields),
    close: () => (closing ??= flush()),
  };
}

function formatJson(entry: { at: number; level: Level; message: string; fields: LogFields }): string {
  const fields = Object.entries(entry.fields).map(([name, value]) => [
    TAKEN.has(name) ? `${name}_` : name,
    value,
  ]);
  return JSON.stringify({
    timestamp: new Date(entry.at).toISOString(),
    level: entry.level,
    msg: entry.message,
    ...Object.fromEntries(fields),
  });
}

/** Asks the terminal, which heeds NO_COLOR and FORCE_COLOR. */
function hasColours(stream: NodeJS.WritableStream): boolean {
  return stream instanceof WriteStream && stream.hasColors();
}
