import { buffer } from "node:stream/consumers";
import { styleText } from "node:util";

/** Where a command reads and writes. Texts are printed as they are: they bring their own line breaks. */
export interface Terminal {
  /** What was asked for. */
  out(text: string): void;
  /** Progress, warnings, errors. */
  err(text: string): void;
  /** A line that is taken away again, where somebody watches the error output; an empty one takes it away. */
  transient(text: string): void;
  /** All of the standard input. */
  readInput(): Promise<Uint8Array>;
  /** `text` in that colour, where the output is a terminal that wants colours. */
  paint(color: Color, text: string): string;
}

export type Color = "red" | "green" | "yellow" | "dim" | "bold";

type Env = Readonly<Record<string, string | undefined>>;

/** The process's own streams. Colours only on a terminal, and not with NO_COLOR or TERM=dumb (https://no-color.org). */
export function createTerminal(process: NodeJS.Process): Terminal {
  const colored = process.stdout.isTTY && wantsColor(process.env);
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    transient(text) {
      if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
    },
    readInput: () => buffer(process.stdin),
    paint: (color, text) => (colored ? styleText(color, text, { validateStream: false }) : text),
  };
}

function wantsColor(env: Env): boolean {
  return (env["NO_COLOR"] ?? "") === "" && env["TERM"] !== "dumb";
}

/** The colour in which people expect a word of a status. */
export function colorOf(word: string): Color | undefined {
  if (["True", "Synced", "Healthy", "Succeeded", "Finished"].includes(word)) return "green";
  if (["False", "Degraded", "Error", "Missing", "Failed"].includes(word)) return "red";
  if (
    ["Unknown", "OutOfSync", "Progressing", "Pending", "PendingSync", "Syncing", "Deleting"].includes(word)
  ) {
    return "yellow";
  }
  if (["Suspended", "Stopped"].includes(word)) return "dim";
  return undefined;
}
