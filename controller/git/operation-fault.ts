import type { Failure } from "./protocol.ts";

/** A failure inside the worker whose kind is known; the message names the fault, and not what was attempted. */
export class OperationFault extends Error {
  override readonly name = "OperationFault";
  readonly kind: Failure["kind"];

  constructor(kind: Failure["kind"], message: string) {
    super(message);
    this.kind = kind;
  }
}
