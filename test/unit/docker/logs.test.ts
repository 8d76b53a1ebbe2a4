import { Readable } from "node:stream";

import { expect } from "chai";

import { parseLog, readLog } from "../../../controller/docker/logs.ts";

function frame(stream: number, text: string): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt8(stream, 0);
  header.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([header, Buffer.from(text)]);
}

describe("parseLog()", () => {
  const cases = [
    {
      name: "both streams in their order",
      log: [frame(1, "one\n"), frame(2, "two\n")],
      lines: ["one", "two"],
    },
    { name: "a line in several frames", log: [frame(1, "on"), frame(1, "e\n")], lines: ["one"] },
    { name: "a terminal's raw text", log: [Buffer.from("one\r\ntwo\r\n")], lines: ["one", "two"] },
    { name: "a terminal's text that is JSON", log: [Buffer.from('{"a":1}\n')], lines: ['{"a":1}'] },
    {
      name: "a frame that is cut off",
      log: [frame(1, "one\n"), frame(2, "two three").subarray(0, 11)],
      lines: ["one", "two"],
    },
    {
      name: "colours and control characters",
      log: [frame(1, "\u001b[1;31mred\u001b[0m\u0007\tx\n")],
      lines: ["red\tx"],
    },
    { name: "the last lines only", log: [frame(1, "1\n2\n3\n4\n")], lines: ["2", "3", "4"] },
    { name: "nothing", log: [], lines: [] },
  ];
  for (const { name, log, lines } of cases) {
    it(`reads ${name}`, () => {
      expect(parseLog(Buffer.concat(log), 3)).to.deep.equal(lines);
    });
  }

  it("shortens an endless line", () => {
    expect(parseLog(frame(1, "x".repeat(100_000)), 1)[0]).to.have.length(2000);
  });
});

describe("readLog()", () => {
  it("stops reading at a limit", async () => {
    const endless = Readable.from(
      (function* () {
        for (;;) yield Buffer.alloc(64 * 1024, "x");
      })(),
    );

    const log = await readLog(endless);

    expect(log.length).to.be.lessThan(512 * 1024);
    expect(endless.destroyed).to.equal(true);
  });
});
