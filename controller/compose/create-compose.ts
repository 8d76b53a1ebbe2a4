import { createCommands } from "./commands.ts";
import type { Compose } from "./compose.ts";
import { type ComposeDeps, createComposeProcesses } from "./compose-process.ts";
import { type ComposeLimits, DEFAULT_LIMITS } from "./limits.ts";
import { renderProject } from "./render.ts";

export interface CreateComposeOptions extends ComposeDeps {
  /** Default: DEFAULT_LIMITS. */
  readonly limits?: Partial<ComposeLimits>;
}

/** Compose of this machine. Spawns nothing before its first need. Safe to use from several workers at once. */
export function createCompose(options: CreateComposeOptions): Compose {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const processes = createComposeProcesses(options);
  return {
    version: (signal) => processes.version(signal),
    render: (request, signal) => renderProject(processes, limits, request, signal),
    ...createCommands(processes, limits),
  };
}
