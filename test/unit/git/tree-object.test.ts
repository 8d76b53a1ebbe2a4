import { expect } from "chai";
import { OperationFault } from "../../../controller/git/operation-fault.ts";
import { parseTreeObject, requireFileName } from "../../../controller/git/tree-object.ts";

const ID = "0123456789abcdef0123456789abcdef01234567";

function entry(mode: string, name: string): Buffer {
  return Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(ID, "hex")]);
}

describe("parseTreeObject()", () => {
  it("reads every entry in order", () => {
    const tree = Buffer.concat([entry("100644", "a b"), entry("40000", "dir"), entry("120000", "é")]);

    expect(parseTreeObject(tree).map(({ mode, name, id }) => [mode, name.toString(), id])).to.deep.equal([
      ["100644", "a b", ID],
      ["40000", "dir", ID],
      ["120000", "é", ID],
    ]);
  });

  it("reads the empty tree", () => {
    expect(parseTreeObject(Buffer.alloc(0))).to.deep.equal([]);
  });

  it("takes modes with a leading zero, as old programs wrote them", () => {
    expect(parseTreeObject(entry("040000", "dir"))[0]?.mode).to.equal("40000");
  });

  for (const { name, bytes } of [
    { name: "that ends early", bytes: entry("100644", "a").subarray(0, -1) },
    { name: "without a mode", bytes: Buffer.from("x") },
    { name: "without an end of name", bytes: Buffer.from("100644 x") },
  ]) {
    it(`refuses an entry ${name}`, () => {
      expect(() => parseTreeObject(bytes)).to.throw(OperationFault, "malformed tree");
    });
  }
});

describe("requireFileName()", () => {
  for (const name of ["", ".", "..", ".git", ".GIT", ".Git", "a/b", "../x"]) {
    it(`refuses ${JSON.stringify(name)} as unsafe`, () => {
      const fault = faultOf(Buffer.from(name));

      expect(fault.kind).to.equal("UnsafePath");
    });
  }

  it("refuses what is not UTF-8, and shows where", () => {
    const fault = faultOf(Buffer.from([0x61, 0xff]));

    expect(fault.kind).to.equal("UnsupportedContent");
    expect(fault.message).to.contain("dir/a");
  });

  for (const name of [".gitignore", "...", "-rf", "a b", "é", "�"]) {
    it(`takes ${JSON.stringify(name)}`, () => {
      expect(requireFileName(Buffer.from(name), "dir/")).to.equal(name);
    });
  }
});

function faultOf(name: Buffer): OperationFault {
  try {
    requireFileName(name, "dir/");
  } catch (error) {
    if (error instanceof OperationFault) return error;
  }
  throw new Error("nothing was refused");
}
