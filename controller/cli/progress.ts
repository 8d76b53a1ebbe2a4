import type { Clock } from "../lib/clock.ts";
import { oneLine } from "./clean.ts";
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

export interface Transient {
  say(text: string): void;
  /** Takes the line away; nothing is said from then on. */
  clear(): void;
}

/** Says what is being done on a line that goes away, and only when it takes longer than `patienceMs`. */
export function createTransient(
  terminal: Pick<Terminal, "transient">,
  clock: Pick<Clock, "after">,
  patienceMs: number,
): Transient {
  let latest = "";
  let isLate = false;
  let isOver = false;
  const show = (): void => terminal.transient(latest === "" ? "" : `${latest} ...`);
  const cancel = clock.after(patienceMs, () => {
    isLate = true;
    show();
  });
  return {
    say(text) {
      latest = oneLine(text);
      if (isLate && !isOver) show();
    },
    clear() {
      cancel();
      if (isLate && !isOver) terminal.transient("");
      isOver = true;
    },
  };
}
