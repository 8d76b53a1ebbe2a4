import { readFileSync } from "node:fs";
import { PassThrough, Readable } from "node:stream";

import { expect } from "chai";
import fc from "fast-check";

import type { EngineEvent } from "../../../controller/docker/docker.ts";
import { engineEvents, parseStream } from "../../../controller/docker/events.ts";
import { createFakeClock } from "../../support/fake-clock.ts";

const recorded = readFileSync(new URL("recorded-events.ndjson", import.meta.url));
const where = { name: "unix:///run/engine.sock" };

async function eventsOf(chunks: readonly Uint8Array[]): Promise<EngineEvent[]> {
  const events: EngineEvent[] = [];
  for await (const event of parseStream(Readable.from(chunks), where)) events.push(event);
  return events;
}

const thrownBy = async (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

describe("parseStream()", () => {
  it("reads what an engine sent while a project came and went", async () => {
    const events = await eventsOf([recorded]);

    expect(events.map(({ type, action }) => `${type} ${action}`)).to.deep.equal([
      "network create",
      "volume create",
      "container create",
      "container create",
      "network connect",
      "network connect",
      "volume mount",
      "container start",
      "container start",
      "network disconnect",
      "container die",
      "container kill",
      "network disconnect",
      "container destroy",
      "volume unmount",
      "container die",
      "container destroy",
      "volume destroy",
      "network destroy",
    ]);
    expect(events.find(({ action }) => action === "kill")).to.include({
      project: "shop",
      service: "web",
      killSignal: 1,
    });
  });

  it("reads the same wherever it is cut in two", async () => {
    const whole = JSON.stringify(await eventsOf([recorded]));

    for (let at = 0; at <= recorded.length; at++) {
      const cut = await eventsOf([recorded.subarray(0, at), recorded.subarray(at)]);
      expect(JSON.stringify(cut), `cut at ${at}`).to.equal(whole);
    }
    const bytes = await eventsOf([...recorded].map((byte) => Uint8Array.of(byte)));
    expect(JSON.stringify(bytes)).to.equal(whole);
  }).timeout(20_000);

  it("reads the same in chunks of any sizes, also within a character", async () => {
    const json = { Type: "container", Action: "die", Actor: { ID: "é€🙂", Attributes: {} }, timeNano: 1e9 };
    const bytes = Buffer.from(`${JSON.stringify(json)}\r\n\n${JSON.stringify(json)}\n`);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 20 }), async (cuts) => {
        const bounds = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
        const chunks = bounds.slice(1).map((end, index) => bytes.subarray(bounds[index], end));

        expect((await eventsOf(chunks)).map(({ containerId }) => containerId)).to.deep.equal([
          "é€🙂",
          "é€🙂",
        ]);
      }),
    );
  });

  it("drops a last line that is cut off", async () => {
    const lines = recorded.toString().split("\n");
    const cutOff = Buffer.from(`${lines[0]}\n${lines[2]?.slice(0, 50)}`);

    expect(await eventsOf([cutOff])).to.have.length(1);
  });

  for (const { name, line } of [
    { name: "no JSON", line: "<html>" },
    { name: "half an event", line: '{"Type":"container","Act' },
  ]) {
    it(`throws EngineUnavailable at a line that is ${name}`, async () => {
      expect(await thrownBy(eventsOf([Buffer.from(`${line}\n`)]))).to.include({
        reason: "EngineUnavailable",
      });
    });
  }

  it("throws at a line without an end instead of keeping all of it", async () => {
    const chunks = Array.from({ length: 20 }, () => Buffer.alloc(64 * 1024, "x"));

    expect(await thrownBy(eventsOf(chunks))).to.include({ reason: "EngineUnavailable" });
  });

  it("never ends in anything but events or EngineUnavailable", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 5 }), async (chunks) => {
        const error = await thrownBy(eventsOf(chunks));
        if (error !== undefined) expect(error).to.include({ reason: "EngineUnavailable" });
      }),
    );
  });
});

describe("engineEvents()", () => {
  function setUp(open: (signal: AbortSignal) => Promise<Readable>) {
    const clock = createFakeClock();
    const controller = new AbortController();
    const events = engineEvents({ clock, where, openLimitMs: 10_000, signal: controller.signal, open });
    const read = async (): Promise<EngineEvent[]> => {
      const all: EngineEvent[] = [];
      for await (const event of events) all.push(event);
      return all;
    };
    return { clock, controller, read };
  }

  it("ends quietly when its signal aborts, and closes the connection", async () => {
    let connection: AbortSignal | undefined;
    const stream = new PassThrough();
    const { clock, controller, read } = setUp((signal) => {
      connection = signal;
      signal.addEventListener("abort", () => stream.destroy(new Error("aborted")));
      return Promise.resolve(stream);
    });

    const reading = read();
    stream.write(recorded);
    await clock.advance(3_600_000);
    controller.abort();

    expect(await reading).to.have.length(19);
    expect(connection?.aborted).to.equal(true);
    expect(clock.pending()).to.equal(0);
  });

  it("throws when the stream ends", async () => {
    const { read } = setUp(() => Promise.resolve(Readable.from([recorded])));

    expect(await thrownBy(read())).to.include({
      reason: "EngineUnavailable",
      message: 'Cannot reach the Docker engine at "unix:///run/engine.sock": it ended the event stream',
    });
  });

  it("throws when the stream breaks", async () => {
    const stream = new PassThrough();
    const { clock, read } = setUp(() => Promise.resolve(stream));

    const reading = thrownBy(read());
    await clock.advance(0);
    stream.destroy(Object.assign(new Error("aborted"), { code: "ECONNRESET" }));

    expect(await reading).to.include({
      reason: "EngineUnavailable",
      message: 'Cannot reach the Docker engine at "unix:///run/engine.sock": it closed the connection',
    });
  });

  it("throws when the engine does not open the stream within the limit, whatever the connection does", async () => {
    const { clock, read } = setUp(() => new Promise(() => {}));

    const reading = thrownBy(read());
    await clock.advance(10_000);

    expect(await reading).to.include({
      message: 'Cannot reach the Docker engine at "unix:///run/engine.sock": no answer within 10 s',
    });
  });

  it("survives an error of a stream that nobody reads any more", async () => {
    const stream = new PassThrough();
    let answer = (_stream: Readable): void => {};
    const { clock, read } = setUp(() => new Promise((resolve) => (answer = resolve)));
    const reading = thrownBy(read());
    await clock.advance(10_000);
    await reading;

    answer(stream);
    await clock.advance(0);
    stream.emit("error", new Error("late"));

    expect(stream.destroyed).to.equal(true);
  });
});
