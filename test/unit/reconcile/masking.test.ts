import { expect } from "chai";
import { ReconcileError } from "../../../controller/api/errors.ts";
import type { LogFields } from "../../../controller/lib/log.ts";
import { createMask } from "../../../controller/lib/mask.ts";
import {
  maskedContainer,
  maskedError,
  maskedLog,
  maskedThrown,
  withholding,
} from "../../../controller/reconcile/masking.ts";
import { AdoptionRequiredError } from "../../../controller/reconcile/require.ts";
import { observed } from "../../support/fake-host.ts";

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

describe("maskedContainer()", () => {
  const said = `${"x".repeat(195)} hunter2\n\tagain`;
  const container = observed({ image: "web:hunter2", error: said.repeat(3), healthOutput: said });

  it("takes values out before it shortens", () => {
    const masked = maskedContainer(container, { mask, knowsValues: true });

    expect(masked.image).to.equal("web:***");
    expect(masked.healthOutput).to.equal(`${"x".repeat(195)} ***…`);
    expect(masked.error).to.have.length(400).and.not.to.contain("hunt");
  });

  it("repeats nothing where the values are not known, and keeps silence apart from words", () => {
    const { image, error, healthOutput } = maskedContainer(
      { ...container, error: "" },
      { mask, knowsValues: false },
    );

    expect({ image, error, healthOutput }).to.deep.equal({ image: "***", error: "", healthOutput: "***" });
  });
});

describe("maskedThrown()", () => {
  it("is the very same where there is nothing to take out", () => {
    for (const thrown of [new Error("no", { cause: new Error("why") }), "text", undefined]) {
      expect(maskedThrown(thrown, mask)).to.equal(thrown);
    }
  });

  it("keeps the name and the way it came, and no cause, however deep the value stands", () => {
    const inner = new AggregateError([new Error("no hunter2")], "several");
    const thrown = new TypeError("outer", { cause: new Error("middle", { cause: inner }) });

    const masked = maskedThrown(thrown, mask);

    expect(masked).to.be.instanceOf(Error);
    expect(masked).to.include({ name: "TypeError", message: "outer", stack: thrown.stack });
    expect((masked as Error).cause).to.equal(undefined);
  });

  it("takes a value out of message and stack, and out of what is no error", () => {
    const masked = maskedThrown(new Error("no hunter2"), mask) as Error;

    expect(`${masked.message} ${masked.stack}`).to.contain("no ***").and.not.to.contain("hunter2");
    expect((maskedThrown("hunter2", mask) as Error).message).to.equal("***");
  });
});

describe("withholding()", () => {
  for (const [said, shown] of [
    ['Cannot start container "abc": OCI: exec: "x"\nmore', 'Cannot start container "abc": ***'],
    ["exit 1", "exit 1"],
  ] as const) {
    it(`says ${JSON.stringify(shown)} for ${JSON.stringify(said)}`, () => {
      expect(withholding(said)).to.equal(shown);
    });
  }
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
