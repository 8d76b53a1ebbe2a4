/** How much time and memory Compose may take. Milliseconds and bytes. */
export interface ComposeLimits {
  readonly renderMs: number;
  /** Address space of the rendering; Go itself reserves more than 1 GiB of it. */
  readonly renderMemoryBytes: number;
  readonly renderGraceMs: number;
  /** The size of a rendering. */
  readonly renderedBytes: number;
  /** Since the last line of output. */
  readonly pullIdleMs: number;
  readonly buildIdleMs: number;
  readonly upMs: number;
  readonly stopMs: number;
  readonly downMs: number;
  /** Between SIGTERM and SIGKILL. */
  readonly graceMs: number;
}

export const DEFAULT_LIMITS: ComposeLimits = {
  renderMs: 15_000,
  renderMemoryBytes: 4 * 1024 ** 3,
  renderGraceMs: 2000,
  renderedBytes: 16 * 1024 ** 2,
  pullIdleMs: 600_000,
  buildIdleMs: 600_000,
  upMs: 600_000,
  stopMs: 300_000,
  downMs: 300_000,
  graceMs: 5000,
};
