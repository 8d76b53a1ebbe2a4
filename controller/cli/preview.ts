/** What `diff` and `sync --dry-run` ask of what main.ts hands in. Types only. */

export interface PreviewRequest {
  /** Of an Application; undefined: the only one of `edited`. */
  readonly name: string | undefined;
  /** A manifest that takes the place of what is in the folder; `name` as a person calls it. */
  readonly edited?: { readonly name: string; readonly bytes: Uint8Array };
  /** Instead of what the manifest follows. */
  readonly revision?: string;
  /** As by `conops sync`, also where ConOps would sync by itself. */
  readonly requested?: boolean;
}

export interface PreviewHooks {
  readonly signal: AbortSignal;
  /** Told what takes its time. */
  readonly onStep: (text: string) => void;
}
