import { randomBytes } from "node:crypto";
import { expect } from "chai";
import fc from "fast-check";
import { KEY_BYTES, makeSealingKey, seal, sealingKeyOf, unseal } from "../../../controller/lib/aead.ts";

describe("seal() and unseal()", () => {
  const key = makeSealingKey();

  it("give back what went in, of any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.string(), (plain, context) => {
        expect(unseal(key, context, seal(key, context, plain))).to.deep.equal(Buffer.from(plain));
      }),
    );
  });

  it("never give the same text twice", () => {
    const plain = Buffer.from("the same");

    expect(seal(key, "c", plain).equals(seal(key, "c", plain))).to.equal(false);
  });

  it("open with no other key, and in no other context", () => {
    const sealed = seal(key, "shop", Buffer.from("x"));

    expect(unseal(makeSealingKey(), "shop", sealed)).to.equal(undefined);
    expect(unseal(key, "blog", sealed)).to.equal(undefined);
  });

  it("open nothing of which one bit was changed, or that was cut or lengthened", () => {
    const sealed = seal(key, "shop", Buffer.from("value"));
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const changed = Buffer.from(sealed);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(unseal(key, "shop", changed), `bit ${bit}`).to.equal(undefined);
    }
    for (let length = 0; length < sealed.length; length++) {
      expect(unseal(key, "shop", sealed.subarray(0, length)), `${length} bytes`).to.equal(undefined);
    }
    expect(unseal(key, "shop", Buffer.concat([sealed, Buffer.of(0)]))).to.equal(undefined);
  });
});

describe("sealingKeyOf()", () => {
  it("names a key by the same eight digits each time, and another key by others", () => {
    const bytes = randomBytes(KEY_BYTES);

    expect(sealingKeyOf(bytes).id).to.match(/^[0-9a-f]{8}$/);
    expect(sealingKeyOf(Buffer.from(bytes)).id).to.equal(sealingKeyOf(bytes).id);
    expect(sealingKeyOf(Buffer.alloc(KEY_BYTES)).id).to.equal("0a061d29");
    expect(sealingKeyOf(Buffer.alloc(KEY_BYTES, 1)).id).to.not.equal("0a061d29");
  });

  for (const length of [0, 16, 31, 33]) {
    it(`refuses ${length} bytes`, () => {
      expect(() => sealingKeyOf(new Uint8Array(length))).to.throw(RangeError, `not ${length}`);
    });
  }
});
