import { styleText } from "node:util";
import type { Terminal } from "../../../controller/cli/terminal.ts";

export interface TestTerminal extends Terminal {
  /** What was printed so far. */
  printed(): { readonly out: string; readonly err: string };
}

/** A terminal that remembers; `input` is its standard input. */
export function createTestTerminal(
  options: { readonly input?: string; readonly color?: boolean } = {},
): TestTerminal {
  let out = "";
  let err = "";
  return {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    transient: () => undefined,
    readInput: () => Promise.resolve(Buffer.from(options.input ?? "")),
    paint: (color, text) =>
      options.color === true ? styleText(color, text, { validateStream: false }) : text,
    printed: () => ({ out, err }),
  };
}
