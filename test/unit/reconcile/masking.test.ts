import { expect } from "chai";
import { ReconcileError } from "../../../controller/api/errors.ts";
import type { LogFields } from "../../../controller/lib/log.ts";
import { createMask } from "../../../controller/lib/mask.ts";
import { maskedError, maskedLog } from "../../../controller/reconcile/masking.ts";
import { AdoptionRequiredError } from "../../../controller/reconcile/require.ts";

const mask = createMask(["hunter2"]);

describe("maskedLog()", () => {
  it("takes values out of every field but names", () => {
    const lines: (readonly [string, LogFields | undefined])[] = [];
    const note = (message: string, fields?: LogFields): void => void lines.push([message, fields]);
    const log = maskedLog({ debug: note, info: note, warn: note, error: note }, mask);

    log.warn("compose", {
      service: "hunter2",
      line: "password hunter2",
      changes: ["a hunter2", { deep: "hunter2", count: 2 }],
      error: new Error("no hunter2"),
      seconds: 1.5,
    });

    expect(lines).to.deep.equal([
      [
        "compose",
        {
          service: "hunter2",
          line: "password ***",
          changes: ["a ***", { deep: "***", count: 2 }],
          error: "Error: no ***",
          seconds: 1.5,
        },
      ],
    ]);
  });
});

describe("maskedError()", () => {
  const error = (message: string, cause?: unknown): ReconcileError =>
    new ReconcileError(message, { reason: "UpFailed", terminal: true, cause });

  it("is the same error where there is nothing to take out", () => {
    const clean = error("Cannot bring up", new Error("no"));

    expect(maskedError(clean, mask)).to.equal(clean);
  });

  it("keeps reason and terminal, and nothing that would tell the value", () => {
    const masked = maskedError(error("no hunter2", new Error("hunter2")), mask);

    expect(masked).to.include({ message: "no ***", reason: "UpFailed", terminal: true });
    expect(masked.cause).to.equal(undefined);
    expect(masked.stack).not.to.contain("hunter2");
  });

  it("leaves out a cause that tells it, where the message does not", () => {
    expect(maskedError(error("no", new Error("hunter2")), mask).cause).to.equal(undefined);
  });

  it("takes values out of every line of what taking a project over would change", () => {
    const plan = {
      removes: ['container "a"'],
      changes: ['"/d": "/x" → "/hunter2"', '"/e": "/y" → "/hunter2"'],
    };

    const masked = maskedError(new AdoptionRequiredError("shop", plan), mask);

    expect(masked).to.be.instanceOf(AdoptionRequiredError);
    expect((masked as AdoptionRequiredError).plan).to.deep.equal({
      removes: ['container "a"'],
      changes: ['"/d": "/x" → "/***"', '"/e": "/y" → "/***"'],
    });
  });
});
