import { expect } from "chai";
import { formatRow, formatTable, widthsOf } from "../../../controller/cli/table.ts";
import { createTerminal } from "../../../controller/cli/terminal.ts";
import { createTestTerminal } from "./test-terminal.ts";

describe("formatTable()", () => {
  it("makes columns as wide as their widest cell, and ends no line in blanks", () => {
    const table = {
      head: ["NAME", "READY"],
      rows: [
        ["a", "True"],
        ["a-longer-name", ""],
      ],
    };

    expect(formatTable(table, createTestTerminal())).to.equal(
      "NAME            READY\na               True\na-longer-name\n",
    );
  });

  it("shows a cell of several lines on one, without control characters", () => {
    const table = { head: ["A", "B"], rows: [["x\ny\u001b[31m", "z"]] };

    expect(formatTable(table, createTestTerminal())).to.equal("A     B\nx y   z\n");
  });

  it("counts no colours as width", () => {
    const rows = [
      ["True", "x"],
      ["Unknown", "y"],
    ];
    const plain = formatTable({ head: ["R", "N"], rows }, createTestTerminal());
    const colored = formatTable({ head: ["R", "N"], rows }, createTestTerminal({ color: true }));

    expect(colored).to.include("\u001b[32mTrue\u001b[39m      x\n");
    // oxlint-disable-next-line no-control-regex -- the colours are what is taken out
    expect(colored.replace(/\u001b\[\d+m/g, "")).to.equal(plain);
  });

  it("lets an over-long cell push only its own line", () => {
    const long = "x".repeat(100);
    const table = {
      head: ["A", "B"],
      rows: [
        [long, "1"],
        ["y", "2"],
      ],
    };

    expect(formatTable(table, createTestTerminal()).split("\n")).to.deep.equal([
      `A${" ".repeat(62)}B`,
      `${long}   1`,
      `y${" ".repeat(62)}2`,
      "",
    ]);
  });

  it("keeps the widths of earlier rows", () => {
    const widths = widthsOf({ head: ["A", "B"], rows: [["x", "1"]] }, [8, 1]);

    expect(formatRow(["x", "1"], widths, createTestTerminal())).to.equal("x          1\n");
  });
});

describe("createTerminal()", () => {
  const paint = (isTTY: boolean, env: Readonly<Record<string, string>>): string => {
    const process = { stdout: { isTTY }, env } as unknown as NodeJS.Process;
    return createTerminal(process).paint("red", "x");
  };

  it("paints on a terminal", () => {
    expect(paint(true, { TERM: "xterm" })).to.equal("\u001b[31mx\u001b[39m");
  });

  for (const { isTTY, env } of [
    { isTTY: false, env: {} },
    { isTTY: true, env: { NO_COLOR: "1" } },
    { isTTY: true, env: { TERM: "dumb" } },
  ]) {
    it(`does not paint with ${JSON.stringify({ isTTY, env })}`, () => {
      expect(paint(isTTY, env)).to.equal("x");
    });
  }
});
