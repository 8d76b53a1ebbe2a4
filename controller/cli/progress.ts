import type { Terminal } from "./terminal.ts";

/** Says how each name stands, on the error output, only when that changes. */
export function createProgress(terminal: Terminal): (name: string, text: string) => void {
  const said = new Map<string, string>();
  return (name, text) => {
    if (said.get(name) === text) return;
    said.set(name, text);
    terminal.err(`${name}: ${text}\n`);
  };
}
