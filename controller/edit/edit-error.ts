export type EditErrorKind =
  /** The file cannot be read as YAML, or the edit cannot be made to what stands there: a person has to mend it. */
  | "invalid"
  /** The file may not, or cannot, be replaced as it lies there. */
  | "refused"
  /** Somebody else writes the file again and again, or holds it open for writing: later it may work. */
  | "busy"
  /** There is no such file, or no such document in it. */
  | "gone";

/** `Cannot edit "shop.yaml": ⟨cause⟩`, one line, with no value of the file. Nothing was changed. */
export class EditError extends Error {
  override readonly name = "EditError";
  readonly kind: EditErrorKind;

  constructor(file: string, refusal: EditRefusal) {
    super(`Cannot edit "${file}": ${refusal.message}`, { cause: refusal.cause });
    this.kind = refusal.kind;
  }
}

/** The cause alone, where the file's name is not known. */
export class EditRefusal extends Error {
  override readonly name = "EditRefusal";
  readonly kind: EditErrorKind;
  /** What was seen, where somebody may be in the midst of saving: believed when that lasts. */
  readonly doubt: string | undefined;

  constructor(
    kind: EditErrorKind,
    message: string,
    options: { readonly cause?: unknown; readonly doubt?: string } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.kind = kind;
    this.doubt = options.doubt;
  }
}
