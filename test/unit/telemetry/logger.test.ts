import { expect } from "chai";
import { Writable } from "node:stream";
import { ReconcileError } from "../../../controller/api/errors.ts";
import type { Log } from "../../../controller/lib/log.ts";
import { createLogger } from "../../../controller/telemetry/logger.ts";
import { createFakeClock } from "../../support/fake-clock.ts";

function setUp(options: { format?: "json" | "pretty"; level?: "debug" | "info" | "warn" | "error" } = {}) {
  const { format = "json", level = "info" } = options;
  let text = "";
  const stream = new Writable({
    write(chunk: Buffer, _encoding, callback) {
      text += chunk.toString();
      callback();
    },
  });
  const log = createLogger({ format, level, stream, clock: createFakeClock() });
  const lines = async (): Promise<string[]> => {
    await log.close();
    return text.split("\n").slice(0, -1);
  };
  return { log, lines };
}

async function jsonOf(write: (log: Log) => void): Promise<Record<string, unknown>> {
  const { log, lines } = setUp();
  write(log);
  const [line = ""] = await lines();
  return JSON.parse(line) as Record<string, unknown>;
}

/** The lines without their local time. */
async function prettyOf(write: (log: Log) => void): Promise<string[]> {
  const { log, lines } = setUp({ format: "pretty" });
  write(log);
  const written = await lines();
  return written.map((line) => line.replace(/^\d\d:\d\d:\d\d /, ""));
}

describe("createLogger(): json", () => {
  it("writes one object a line, with time, level, message and fields", async () => {
    const { log, lines } = setUp();

    log.info("application synced", { application: "shop", seconds: 1.5, first: true, none: null });
    log.warn("reconcile failed");

    expect(await lines()).to.deep.equal([
      '{"timestamp":"2026-01-01T00:00:00.000Z","level":"info","msg":"application synced","application":"shop","seconds":1.5,"first":true,"none":null}',
      '{"timestamp":"2026-01-01T00:00:00.000Z","level":"warn","msg":"reconcile failed"}',
    ]);
  });

  for (const { level, written } of [
    { level: "debug", written: ["debug", "info", "warn", "error"] },
    { level: "info", written: ["info", "warn", "error"] },
    { level: "warn", written: ["warn", "error"] },
    { level: "error", written: ["error"] },
  ] as const) {
    it(`writes from ${level} upwards`, async () => {
      const { log, lines } = setUp({ level });

      for (const method of ["debug", "info", "warn", "error"] as const) log[method]("x");

      const levels = (await lines()).map((line) => (JSON.parse(line) as { level: string }).level);
      expect(levels).to.deep.equal(written);
    });
  }

  it("keeps fields whose names the line itself or the library needs", async () => {
    const line = await jsonOf((log) =>
      log.info("x", { level: 3, timestamp: "t", msg: "m", message: "what happened", stack: "s", splat: [1] }),
    );

    expect(line).to.deep.equal({
      timestamp: "2026-01-01T00:00:00.000Z",
      level: "info",
      msg: "x",
      level_: 3,
      timestamp_: "t",
      msg_: "m",
      message: "what happened",
      stack: "s",
      splat: [1],
    });
  });

  it("lets no credential of a URL through, wherever it stands", async () => {
    const url = "https://user:hunter2@git.example.com/shop.git";
    const { log, lines } = setUp();

    log.info(`cloning ${url}`, {
      text: `Cannot fetch "${url}"`,
      nested: { list: [url] },
      map: new Map([["remote", url]]),
      set: new Set([url]),
      url: new URL(url),
      error: new Error(`no ${url}`, { cause: new Error(`because of ${url}`) }),
    });

    const [line = ""] = await lines();
    expect(line).not.to.contain("hunter2");
    expect(line.match(/https:\/\/\*\*\*@git\.example\.com/g)?.length).to.be.greaterThan(7);
  });

  it("writes an error with name, code, reason, stack and its whole chain of causes", async () => {
    const root = Object.assign(new Error("connect refused"), { code: "ECONNREFUSED" });
    const error = new ReconcileError("Cannot fetch: refused", { reason: "FetchFailed", cause: root });

    const line = await jsonOf((log) => log.error("x", { error }));

    const { stack, cause, ...rest } = line["error"] as Record<string, unknown>;
    expect(rest).to.deep.equal({
      name: "ReconcileError",
      message: "Cannot fetch: refused",
      reason: "FetchFailed",
    });
    expect(stack).to.contain("logger.test.ts");
    const { stack: causeStack, ...causeRest } = cause as Record<string, unknown>;
    expect(causeRest).to.deep.equal({ name: "Error", message: "connect refused", code: "ECONNREFUSED" });
    expect(causeStack).to.contain("logger.test.ts");
  });

  it("writes what JSON cannot hold as text, and cuts off what is endless", async () => {
    const circular: Record<string, unknown> = { name: "loop" };
    circular["self"] = circular;
    let deep: unknown = "bottom";
    for (let level = 0; level < 20; level++) deep = [deep];

    const { msg, level, timestamp, ...fields } = await jsonOf((log) =>
      log.info("x", {
        big: 10n,
        infinite: Infinity,
        date: new Date(0),
        noDate: new Date(Number.NaN),
        bytes: Buffer.from("abc"),
        fn: () => 1,
        nothing: undefined,
        circular,
        deep,
      }),
    );

    expect([msg, level, typeof timestamp]).to.deep.equal(["x", "info", "string"]);
    expect(fields).to.deep.equal({
      big: "10",
      infinite: "Infinity",
      date: "1970-01-01T00:00:00.000Z",
      noDate: "[no date]",
      bytes: "[3 bytes]",
      fn: "[function]",
      circular: { name: "loop", self: "[circular]" },
      deep: [[[[["[...]"]]]]],
    });
  });

  it("survives an error that is its own cause", async () => {
    const error = new Error("round");
    error.cause = error;

    const line = await jsonOf((log) => log.warn("x", { error }));

    expect((line["error"] as { cause: unknown }).cause).to.equal("[circular]");
  });
});

describe("createLogger(): pretty", () => {
  it("writes a short line in local time", async () => {
    const { log, lines } = setUp({ format: "pretty" });

    log.info("applied", { revision: "1a2b3c4" });

    const time = new Date(Date.UTC(2026, 0, 1)).toTimeString().slice(0, 8);
    expect(await lines()).to.deep.equal([`${time} info  applied  revision=1a2b3c4`]);
  });

  for (const { name, write, expected } of [
    {
      name: "puts the application first, and shortens the id of a commit",
      write: (log: Log) => log.info("applied", { application: "shop", revision: "0123456789".repeat(4) }),
      expected: ["info  shop: applied  revision=012345678901"],
    },
    {
      name: "leaves out what only machines read, or what stands there already",
      write: (log: Log) =>
        log.info("applied", { event: "Applied", reason: "Drift", trigger: "Drift", stuck: [], list: [1] }),
      expected: ["info  applied  reason=Drift list=[1]"],
    },
    {
      name: "keeps a trigger that is not the reason",
      write: (log: Log) => log.info("failed", { reason: "PullFailed", trigger: "Drift" }),
      expected: ["info  failed  reason=PullFailed trigger=Drift"],
    },
    {
      name: "puts what happened behind the message",
      write: (log: Log) => log.warn("reconcile failed", { key: "shop", message: "Cannot fetch: refused" }),
      expected: ["warn  reconcile failed: Cannot fetch: refused  key=shop"],
    },
    {
      name: "quotes what would not be told from what stands around it",
      write: (log: Log) => log.info("x", { a: "two words", b: "", c: 'say "hi"', d: "k=v", n: 5, t: true }),
      expected: ['info  x  a="two words" b="" c="say \\"hi\\"" d="k=v" n=5 t=true'],
    },
    {
      name: "writes objects as JSON, and leaves out what is undefined",
      write: (log: Log) => log.info("x", { list: [1, { a: "b" }], none: null, gone: undefined }),
      expected: ['info  x  list=[1,{"a":"b"}] none=null'],
    },
    {
      name: "tells an error with its causes",
      write: (log: Log) =>
        log.warn("x", { error: new Error("outer", { cause: new Error("inner", { cause: "root" }) }) }),
      expected: ["warn  x: outer (cause: inner (cause: root))"],
    },
    {
      name: "tells a foreseen error in its own words alone, without causes and stack",
      write: (log: Log) =>
        log.error("x", { error: new Error('Cannot read "a": gone', { cause: new Error("ENOENT") }) }),
      expected: ['error x: Cannot read "a": gone'],
    },
    {
      name: "puts text of several lines below, indented",
      write: (log: Log) => log.info("compose said", { output: "one\r\n  two\n", key: "shop" }),
      expected: ["info  compose said  key=shop", "    output:", "    one", "      two"],
    },
    {
      name: "lets no control character through, so that no line is forged",
      write: (log: Log) =>
        log.info("x\n00:00:00 info  forged", { a: "\u001b[31mred\u0007", b: "one\n\u009b2Jtwo", "c\n": 1 }),
      expected: [
        "info  x\\u000a00:00:00 info  forged  a=\\u001b[31mred\\u0007 c\\u000a=1",
        "    b:",
        "    one",
        "    \\u009b2Jtwo",
      ],
    },
  ]) {
    it(name, async () => {
      expect(await prettyOf(write)).to.deep.equal(expected);
    });
  }

  it("shows where an error came from at level error only", async () => {
    const error = new Error("first line\n    at forged (line:1:1)");

    const atError = await prettyOf((log) => log.error("x", { error }));
    const atWarn = await prettyOf((log) => log.warn("x", { error }));

    expect(atError.some((line) => line.includes("logger.test.ts"))).to.equal(true);
    expect(atWarn.some((line) => line.includes("logger.test.ts"))).to.equal(false);
  });

  it("is not coloured where there is no terminal", async () => {
    const lines = await prettyOf((log) => log.error("x", { a: 1 }));

    expect(lines.join("\n")).not.to.contain("\u001b");
  });
});

describe("createLogger(): close", () => {
  it("waits until a slow stream has everything, in order", async () => {
    const seen: string[] = [];
    const stream = new Writable({
      write(chunk: Buffer, _encoding, callback) {
        setImmediate(() => {
          seen.push(...chunk.toString().split("\n").filter(Boolean));
          callback();
        });
      },
    });
    const log = createLogger({ format: "json", level: "info", stream });

    for (let number = 0; number < 500; number++) log.info("x", { number });
    await log.close();

    const numbers = seen.map((line) => (JSON.parse(line) as { number: number }).number);
    expect(numbers).to.deep.equal(Array.from({ length: 500 }, (_, number) => number));
  });

  it("drops what is logged afterwards, and can be called again", async () => {
    const { log, lines } = setUp();
    log.info("before");
    await log.close();

    log.info("after");
    await log.close();

    expect((await lines()).length).to.equal(1);
  });
});
