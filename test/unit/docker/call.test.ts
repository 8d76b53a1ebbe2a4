import { expect } from "chai";

import { createCall, mapBounded, type CallOptions } from "../../../controller/docker/call.ts";
import { refusalStatus } from "../../../controller/docker/errors.ts";
import { createFakeClock } from "../../support/fake-clock.ts";

const WHERE = { name: "unix:///run/engine.sock" };
const REACH = 'Cannot reach the Docker engine at "unix:///run/engine.sock": ';

function setUp(options: Partial<CallOptions> = {}) {
  const clock = createFakeClock();
  const controller = new AbortController();
  const call = createCall(clock, WHERE);
  const run = <T>(request: (signal: AbortSignal) => Promise<T>): Promise<unknown> =>
    call(
      { act: "list containers", limitMs: 10_000, signal: controller.signal, reads: true, ...options },
      request,
    ).catch((error: unknown) => error);
  return { clock, controller, run };
}

const failure = (properties: object): Error => Object.assign(new Error("raw"), properties);

describe("createCall()", () => {
  const faults = [
    { fault: { code: "ENOENT" }, says: `${REACH}the socket does not exist` },
    { fault: { code: "ECONNREFUSED" }, says: `${REACH}connection refused` },
    {
      fault: { code: "EACCES" },
      says: `${REACH}permission denied (run as root, or as a member of the group docker)`,
    },
    { fault: { code: "ECONNRESET" }, says: `${REACH}it closed the connection` },
    { fault: { code: "EPIPE" }, says: `${REACH}it closed the connection` },
    { fault: { code: "ENOTFOUND" }, says: `${REACH}the host name is not known` },
    { fault: { message: "certificate has expired" }, says: `${REACH}certificate has expired` },
    {
      fault: { statusCode: 500, json: { message: "no space\nleft" } },
      says: "Cannot list containers: the engine answered 500: no space left",
    },
    {
      fault: { statusCode: 502, json: "<html>", message: "(HTTP code 502) unexpected - <html> " },
      says: "Cannot list containers: the engine answered 502: <html>",
    },
  ];
  for (const { fault, says } of faults) {
    it(`turns ${JSON.stringify(fault)} into EngineUnavailable that can be retried`, async () => {
      const { run } = setUp();

      const error = await run(() => Promise.reject(failure(fault)));

      expect(error).to.include({ reason: "EngineUnavailable", terminal: false, message: says });
    });
  }

  it("calls a refused act HealFailed, and an unreachable engine EngineUnavailable also then", async () => {
    const { run } = setUp({ reads: false, act: 'start container "a"' });

    expect(
      await run(() => Promise.reject(failure({ statusCode: 500, json: { message: "port taken" } }))),
    ).to.include({
      reason: "HealFailed",
      message: 'Cannot start container "a": the engine answered 500: port taken',
    });
    expect(await run(() => Promise.reject(failure({ code: "ENOENT" })))).to.include({
      reason: "EngineUnavailable",
    });
  });

  it("ends at its limit a call that never settles", async () => {
    const { clock, run } = setUp();
    let requestSignal: AbortSignal | undefined;

    const running = run((signal) => {
      requestSignal = signal;
      return new Promise(() => {});
    });
    await clock.advance(10_000);

    expect(await running).to.include({
      reason: "EngineUnavailable",
      message: `${REACH}no answer within 10 s`,
    });
    expect(requestSignal?.aborted).to.equal(true);
  });

  it("rejects with the caller's own reason when the caller aborts", async () => {
    const { clock, controller, run } = setUp();
    const reason = new Error("shutting down");

    const running = run(() => new Promise(() => {}));
    controller.abort(reason);

    expect(await running).to.equal(reason);
    expect(await run(() => Promise.resolve(1))).to.equal(reason);
    expect(clock.pending()).to.equal(0);
  });

  it("tries a read again, once, when its connection is cut", async () => {
    const { run } = setUp();
    let attempts = 0;

    const answer = await run(() => {
      attempts++;
      return attempts === 1 ? Promise.reject(failure({ code: "ECONNRESET" })) : Promise.resolve("ok");
    });

    expect(answer).to.equal("ok");
    expect(attempts).to.equal(2);
  });

  it("does not repeat an act whose connection is cut: it may have happened", async () => {
    const { run } = setUp({ reads: false });
    let attempts = 0;

    await run(() => {
      attempts++;
      return Promise.reject(failure({ code: "ECONNRESET" }));
    });

    expect(attempts).to.equal(1);
  });

  it("leaves no timer behind", async () => {
    const { clock, run } = setUp();

    await run(() => Promise.resolve(1));

    expect(clock.pending()).to.equal(0);
  });
});

describe("refusalStatus()", () => {
  it("is what the engine answered, and nothing where it did not answer", async () => {
    const { run } = setUp();

    expect(refusalStatus(await run(() => Promise.reject(failure({ statusCode: 404 }))))).to.equal(404);
    expect(refusalStatus(await run(() => Promise.reject(failure({ code: "ENOENT" }))))).to.equal(undefined);
  });
});

describe("mapBounded()", () => {
  it("keeps the order and the width", async () => {
    let underWay = 0;
    let most = 0;

    const results = await mapBounded([1, 2, 3, 4, 5], 2, async (item) => {
      most = Math.max(most, ++underWay);
      await new Promise((resolve) => setImmediate(resolve));
      underWay--;
      return item * 10;
    });

    expect(results).to.deep.equal([10, 20, 30, 40, 50]);
    expect(most).to.equal(2);
  });

  it("takes nothing more after a failure", async () => {
    const taken: number[] = [];

    const error: unknown = await mapBounded([1, 2, 3, 4], 2, async (item) => {
      taken.push(item);
      await new Promise((resolve) => setImmediate(resolve));
      if (item === 1) throw new Error("first");
    }).catch((thrown: unknown) => thrown);
    await new Promise((resolve) => setTimeout(resolve, 5));

    expect(error).to.have.property("message", "first");
    expect(taken).to.deep.equal([1, 2]);
  });
});
