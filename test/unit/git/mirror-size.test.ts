import { expect } from "chai";
import fc from "fast-check";
import { isOvergrown, type MirrorSize } from "../../../controller/git/mirror-size.ts";

const MIB = 1024 ** 2;

function sizeOf(...packMiBs: number[]): MirrorSize {
  const bytes = packMiBs.reduce((sum, mib) => sum + mib * MIB, 0);
  return { packs: packMiBs.length, bytes, largestBytes: Math.max(0, ...packMiBs) * MIB };
}

describe("isOvergrown()", () => {
  const cases: { name: string; size: MirrorSize; expected: boolean }[] = [
    { name: "is false for a mirror that is not there", size: sizeOf(), expected: false },
    { name: "is false for one pack of any size", size: sizeOf(2000), expected: false },
    {
      name: "is false for fifty small packs",
      size: sizeOf(...Array<number>(50).fill(0.01)),
      expected: false,
    },
    { name: "is true for one more", size: sizeOf(...Array<number>(51).fill(0.01)), expected: true },
    {
      name: "lets a large mirror have more packs before all of it is fetched again",
      size: sizeOf(800, ...Array<number>(200).fill(0.1)),
      expected: false,
    },
    {
      name: "lets none have very many",
      size: sizeOf(80_000, ...Array<number>(300).fill(0.1)),
      expected: true,
    },
    {
      name: "is false for a few forced pushes of a small repository",
      size: sizeOf(9, 9, 9),
      expected: false,
    },
    { name: "is true for a few forced pushes of a large one", size: sizeOf(90, 90, 90), expected: true },
  ];
  for (const { name, size, expected } of cases) {
    it(name, () => {
      expect(isOvergrown(size)).to.equal(expected);
    });
  }

  it("keeps every mirror below twice its largest pack and some slack, and is never true of a fresh one", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 500 }), { maxLength: 400 }), (packs) => {
        const size = sizeOf(...packs);
        if (!isOvergrown(size)) {
          expect(size.bytes).to.be.at.most(2 * size.largestBytes + 64 * MIB);
          expect(size.packs).to.be.at.most(300);
        }
        expect(isOvergrown(sizeOf(packs.reduce((sum, mib) => sum + mib, 0)))).to.equal(false);
      }),
    );
  });
});
