import type { Clock } from "../lib/clock.ts";
import type { Terminal } from "./terminal.ts";

/** What every command is given. */
export interface CommandContext {
  readonly terminal: Terminal;
  readonly clock: Clock;
  /** Absolute. */
  readonly manifestsDir: string;
  /** Absolute. */
  readonly dataDir: string;
}
