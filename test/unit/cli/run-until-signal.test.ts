import { EventEmitter } from "node:events";
import { expect } from "chai";
import { runUntilSignal } from "../../../controller/cli/run-until-signal.ts";
import { silentLog } from "../../../controller/lib/log.ts";

/** A controller whose end is in the test's hands. */
function createRunning() {
  let onStopped: () => void = () => {};
  let onFailed: (error: Error) => void = () => {};
  const stopped = new Promise<void>((resolve, reject) => {
    onStopped = resolve;
    onFailed = reject;
  });
  const reasons: string[] = [];
  const running = {
    stopped,
    stop(reason: string) {
      reasons.push(reason);
      return stopped;
    },
  };
  return { running, reasons, end: () => onStopped(), fail: (error: Error) => onFailed(error) };
}

function createProcess() {
  const emitter = new EventEmitter();
  const exits: number[] = [];
  const exit = (code?: number | string | null): never => {
    exits.push(Number(code));
    return undefined as never;
  };
  return {
    exits,
    listeners: () => emitter.eventNames(),
    send: (signal: NodeJS.Signals) => emitter.emit(signal, signal),
    process: Object.assign(emitter, { exit }) as unknown as NodeJS.Process,
  };
}

describe("runUntilSignal()", () => {
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    it(`stops at ${signal}, and is over when everything has ended`, async () => {
      const controller = createRunning();
      const { process, send, exits, listeners } = createProcess();
      let isOver = false;
      const run = runUntilSignal(() => Promise.resolve(controller.running), { log: silentLog, process });
      void run.then(() => (isOver = true));
      await Promise.resolve();

      send(signal);
      await new Promise(setImmediate);
      const beforeEnd = { reasons: [...controller.reasons], isOver };
      controller.end();
      await run;

      expect(beforeEnd).to.deep.equal({ reasons: [signal], isOver: false });
      expect({ exits, listeners: listeners() }).to.deep.equal({ exits: [], listeners: [] });
    });
  }

  for (const [signal, code] of [
    ["SIGTERM", 143],
    ["SIGINT", 130],
    ["SIGHUP", 129],
  ] as const) {
    it(`ends at once with ${code} at a second signal ${signal}`, async () => {
      const controller = createRunning();
      const { process, send, exits } = createProcess();
      const run = runUntilSignal(() => Promise.resolve(controller.running), { log: silentLog, process });

      send("SIGTERM");
      send(signal);
      const asked = [...exits];
      controller.end();
      await run;

      expect(asked).to.deep.equal([code]);
    });
  }

  it("stops what was still starting when the signal came", async () => {
    const controller = createRunning();
    const { process, send } = createProcess();
    let onStarted: (running: typeof controller.running) => void = () => {};
    const starting = new Promise<typeof controller.running>((resolve) => (onStarted = resolve));
    const run = runUntilSignal(() => starting, { log: silentLog, process });
    send("SIGTERM");

    onStarted(controller.running);
    controller.end();
    await run;

    expect(controller.reasons).to.deep.equal(["SIGTERM"]);
  });

  it("is over when the controller ends by itself", async () => {
    const controller = createRunning();
    const { process } = createProcess();
    const run = runUntilSignal(() => Promise.resolve(controller.running), { log: silentLog, process });

    controller.end();
    await run;

    expect(controller.reasons).to.deep.equal([]);
  });

  it("fails when the controller cannot start, and when it has to give up", async () => {
    const cause = new Error("no such folder");
    const { process } = createProcess();
    const atStart = runUntilSignal(() => Promise.reject(cause), { log: silentLog, process });
    const first = await atStart.catch((error: unknown) => error);
    const controller = createRunning();
    const later = runUntilSignal(() => Promise.resolve(controller.running), { log: silentLog, process });
    controller.fail(cause);
    const second = await later.catch((error: unknown) => error);

    expect([first, second]).to.deep.equal([cause, cause]);
  });
});
