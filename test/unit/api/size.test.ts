import { expect } from "chai";
import fc from "fast-check";
import { formatSize, parseSize } from "../../../controller/api/size.ts";

describe("parseSize()", () => {
  const sizes: Record<string, number> = {
    "0B": 0,
    "512B": 512,
    "64kB": 64_000,
    "64KB": 64_000,
    "100MiB": 104_857_600,
    "1.5GB": 1_500_000_000,
    "2GiB": 2_147_483_648,
    "1TiB": 1_099_511_627_776,
  };
  for (const [text, bytes] of Object.entries(sizes)) {
    it(`reads ${text}`, () => {
      expect(parseSize(text)).to.equal(bytes);
    });
  }

  for (const text of ["", "2", "GiB", "2 GiB", "-2GiB", "2G", "2gigabytes", ".5GiB", "1e3MB", "9999999TiB"]) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      expect(parseSize(text)).to.equal(undefined);
    });
  }
});

describe("formatSize()", () => {
  it("takes the largest unit of which it is a whole number", () => {
    expect([2_147_483_648, 104_857_600, 1_500_000_000, 1000, 1025, 0].map(formatSize)).to.deep.equal([
      "2GiB",
      "100MiB",
      "1500MB",
      "1kB",
      "1025B",
      "0B",
    ]);
  });

  it("writes what can be read back", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (bytes) => {
        expect(parseSize(formatSize(bytes))).to.equal(bytes);
      }),
    );
  });
});
