import { expect } from "chai";
import { ReconcileError } from "../../../controller/api/errors.ts";
import type { Reason } from "../../../controller/api/reasons.ts";
import { explain, isDamage, OperationError, type OperationFailure } from "../../../controller/git/errors.ts";

function native(message: string): OperationFailure {
  return { kind: "failed", failure: { kind: "native", message } };
}

function explained(failure: OperationFailure, op: "list" | "fetch" | "checkout" = "list"): ReconcileError {
  const error = explain(
    { act: 'read "URL"', folders: ["/data/staging/0123"] },
    new OperationError(op, failure),
  );
  if (!(error instanceof ReconcileError)) throw new Error("not explained");
  return error;
}

describe("explain()", () => {
  const remotes: { said: string; reason: Reason }[] = [
    { said: "failed to resolve address for no.invalid: Name or service not known", reason: "FetchFailed" },
    { said: "failed to connect to 127.0.0.1: Connection refused", reason: "FetchFailed" },
    { said: "unexpected http status code: 404", reason: "RepositoryNotFound" },
    { said: "unexpected http status code: 500", reason: "FetchFailed" },
    { said: "unexpected http status code: 403", reason: "AuthenticationFailed" },
    { said: "remote authentication required but no callback set", reason: "AuthenticationFailed" },
    { said: "the SSL certificate is invalid", reason: "CertificateInvalid" },
    { said: "SSL error: error:0A00010B:SSL routines::wrong version number", reason: "FetchFailed" },
    { said: "cannot redirect from 'a' to 'b'", reason: "FetchFailed" },
    { said: "remote error: access denied or repository not exported: /x", reason: "RepositoryNotFound" },
    { said: "failed to resolve path '/none': No such file or directory", reason: "RepositoryNotFound" },
    { said: "could not find repository at '/x'", reason: "RepositoryNotFound" },
    { said: "invalid content-type: 'text/html'", reason: "RepositoryNotFound" },
    { said: "unexpected EOF", reason: "FetchFailed" },
    { said: "remote error: no such repository: /x", reason: "RepositoryNotFound" },
  ];
  for (const { said, reason } of remotes) {
    it(`gives ${JSON.stringify(said)} the reason ${reason}, and is not terminal`, () => {
      const error = explained(native(said));

      expect({ reason: error.reason, terminal: error.terminal }).to.deep.equal({ reason, terminal: false });
      expect(error.message).to.match(/^Cannot read "URL": [^\n]+$/);
    });
  }

  it("says to one without credentials where they go", () => {
    expect(explained(native("remote authentication required but no callback set")).message).to.contain(
      "name a Secret in spec.source.secretRef",
    );
  });

  const others: { name: string; failure: OperationFailure; op: "list" | "checkout"; reason: Reason }[] = [
    { name: "a remote over its limit", failure: { kind: "timedOut" }, op: "list", reason: "RemoteTimedOut" },
    {
      name: "a checkout over its limit",
      failure: { kind: "timedOut" },
      op: "checkout",
      reason: "CheckoutFailed",
    },
    {
      name: "a lost worker",
      failure: { kind: "lost", how: "signal SIGABRT" },
      op: "list",
      reason: "FetchFailed",
    },
    { name: "too much that waits", failure: { kind: "crowded" }, op: "list", reason: "FetchFailed" },
    { name: "the end of ConOps", failure: { kind: "closed" }, op: "checkout", reason: "CheckoutFailed" },
    {
      name: "a full disk",
      failure: native("No space left on device"),
      op: "checkout",
      reason: "CheckoutFailed",
    },
  ];
  for (const { name, failure, op, reason } of others) {
    it(`gives ${name} the reason ${reason}`, () => {
      expect(explained(failure, op).reason).to.equal(reason);
    });
  }

  it("makes a path that libgit2 refuses terminal, and names it", () => {
    const error = explained(native("cannot checkout to invalid path 'git~1/x'"), "checkout");

    expect({ reason: error.reason, terminal: error.terminal }).to.deep.equal({
      reason: "UnsafePath",
      terminal: true,
    });
    expect(error.message).to.equal('Cannot read "URL": it holds the unsafe path "git~1/x"');
  });

  it("leaves out our own folders, credentials and line breaks", () => {
    const said = "failed to write\n'/data/staging/0123/a/b' of https://user:secret@example.com/x";

    expect(explained(native(said), "checkout").message).to.equal(
      `Cannot read "URL": failed to write 'a/b' of https://***@example.com/x`,
    );
  });

  it("leaves other errors as they are", () => {
    const error = new Error("stopping");

    expect(explain({ act: "read" }, error)).to.equal(error);
  });
});

describe("isDamage()", () => {
  const cases: { op: "fetch" | "checkout"; said: string; expected: boolean }[] = [
    { op: "fetch", said: "failed to connect to 127.0.0.1: Connection refused", expected: false },
    { op: "fetch", said: "unexpected http status code: 404", expected: false },
    { op: "fetch", said: "remote authentication required but no callback set", expected: false },
    { op: "fetch", said: "No space left on device", expected: false },
    { op: "fetch", said: "object not found - no match for id (0123)", expected: true },
    { op: "fetch", said: "failed to lock file '/m/refs/x.lock' for writing", expected: true },
    { op: "fetch", said: "missing delta bases", expected: true },
    { op: "checkout", said: "cannot checkout to invalid path '.git'", expected: false },
    { op: "checkout", said: "could not open '/x/y': File name too long", expected: false },
    { op: "checkout", said: "failed to write: No space left on device", expected: false },
    { op: "checkout", said: "invalid literal/lengths set", expected: true },
    { op: "checkout", said: "object not found: 0123", expected: true },
  ];
  for (const { op, said, expected } of cases) {
    it(`${expected ? "suspects" : "does not suspect"} the mirror when a ${op} says ${JSON.stringify(said)}`, () => {
      expect(isDamage(new OperationError(op, native(said)))).to.equal(expected);
    });
  }

  it("suspects the mirror when libgit2 crashes, and not when somebody ends its worker", () => {
    const lost = (how: string) => new OperationError("fetch", { kind: "lost", how });

    expect(isDamage(lost("signal SIGSEGV"))).to.equal(true);
    expect(isDamage(lost("signal SIGBUS"))).to.equal(true);
    expect(isDamage(lost("signal SIGKILL"))).to.equal(false);
    expect(isDamage(lost("exit code 1"))).to.equal(false);
  });

  it("does not suspect the mirror for what the content is, or how long it took", () => {
    const unsafe: OperationFailure = { kind: "failed", failure: { kind: "UnsafePath", message: "corrupt" } };

    expect(isDamage(new OperationError("checkout", unsafe))).to.equal(false);
    expect(isDamage(new OperationError("checkout", { kind: "timedOut" }))).to.equal(false);
    expect(isDamage(new Error("corrupt"))).to.equal(false);
  });
});
