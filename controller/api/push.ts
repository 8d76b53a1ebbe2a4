/**
 * What a Git host says of a push: `ref` is now at `sha`; none when the ref is gone, or when the host does not say. A hint
 * about where to look, never believed without looking.
 */
export interface Push {
  /** Full: `refs/heads/main`. */
  readonly ref: string;
  readonly sha?: string;
}
