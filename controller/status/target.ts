/** What is wanted to run: a commit, under a spec, with values of Secrets. */
export interface Target {
  /** The commit. */
  readonly revision: string;
  /** Hash of the parts of the spec that shape what runs. */
  readonly specHash: string;
  /** Keyed digest of the Secrets' values that do; not there where none does. */
  readonly secretsDigest?: string;
  /** The object of the annotated tag that was followed, where its signature is asked for. */
  readonly tagObject?: string;
}
