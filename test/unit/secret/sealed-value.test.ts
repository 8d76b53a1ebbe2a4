import { randomBytes } from "node:crypto";
import { expect } from "chai";
import fc from "fast-check";
import { makeSealingKey } from "../../../controller/lib/aead.ts";
import { NO_KEYS, type Keyring } from "../../../controller/secret/keyring.ts";
import { openValue, readSealedHeader, sealValue } from "../../../controller/secret/sealed-value.ts";
import type { Binding } from "../../../controller/secret/sealed-value.ts";

const key = makeSealingKey();
const old = makeSealingKey();
const keyring: Keyring = { keys: [key, old] };
const now = Date.parse("2026-05-04T03:02:01.987Z");
const binding: Binding = { kind: "Secret", name: "shop", field: "db" };

function whyNot(text: string, at: Binding = binding, keys = keyring): string {
  const opened = openValue(keys, at, text);
  return opened.kind === "fault" ? opened.message : "it opened";
}

describe("sealValue() and openValue()", () => {
  it("write one word that needs no quotes in YAML, with key id and time", () => {
    const text = sealValue(key, binding, Buffer.from("hunter2"), now);

    expect(text).to.match(new RegExp(`^conops-v1\\.${key.id}\\.20260504T030201Z\\.[A-Za-z0-9_-]+$`));
    expect(readSealedHeader(text)).to.deep.equal({
      keyId: key.id,
      sealedAt: Date.parse("2026-05-04T03:02:01Z"),
    });
  });

  it("give back any bytes, whichever of the keys sealed them", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.constantFrom(key, old),
        fc.record({ kind: fc.string(), name: fc.string(), field: fc.string() }),
        fc.date({ noInvalidDate: true, min: new Date(0), max: new Date("9999-12-31T23:59:59Z") }),
        (bytes, sealing, at, time) => {
          const opened = openValue(keyring, at, sealValue(sealing, at, bytes, time.getTime()));
          expect(opened.kind === "opened" && opened.bytes.equals(bytes)).to.equal(true);
        },
      ),
    );
  });

  for (const { name, bytes } of [
    { name: "nothing", bytes: Buffer.alloc(0) },
    { name: "a mebibyte", bytes: randomBytes(1024 * 1024) },
  ]) {
    it(`give back ${name}`, () => {
      const opened = openValue(keyring, binding, sealValue(key, binding, bytes, now));

      expect(opened.kind === "opened" && opened.bytes.equals(bytes)).to.equal(true);
    });
  }

  it("refuse a text of which any one character is another", () => {
    const text = sealValue(key, binding, Buffer.from("hunter2"), now);
    const signs = "conpsvABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abfz-_.=+/ \n";
    for (let at = 0; at < text.length; at++) {
      for (const sign of signs) {
        if (sign === text[at]) continue;
        const changed = text.slice(0, at) + sign + text.slice(at + 1);
        expect(whyNot(changed), changed).to.not.equal("it opened");
      }
    }
  });

  it("refuse whatever was done to a text, and tell nothing of what it held", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 12, maxLength: 60 }),
        fc.nat(),
        fc.nat(),
        fc.string({ maxLength: 5 }),
        (bytes, from, length, instead) => {
          const text = sealValue(key, binding, bytes, now);
          const begin = from % (text.length + 1);
          const changed = text.slice(0, begin) + instead + text.slice(begin + (length % 8));
          fc.pre(changed !== text);
          const opened = openValue(keyring, binding, changed);
          expect(opened.kind).to.equal("fault");
          if (opened.kind === "fault") {
            expect(opened.message).to.not.contain("\n");
            expect(opened.message).to.not.contain(Buffer.from(bytes).toString("base64").slice(0, 12));
          }
        },
      ),
    );
  });

  it("refuse a text that was cut off anywhere", () => {
    const text = sealValue(key, binding, Buffer.from("hunter2"), now);
    for (let length = 0; length < text.length; length++) {
      expect(whyNot(text.slice(0, length)), text.slice(0, length)).to.not.equal("it opened");
    }
  });

  for (const { name, at } of [
    { name: "another field", at: { ...binding, field: "db2" } },
    { name: "another Secret", at: { ...binding, name: "shop-2" } },
    { name: "another kind", at: { ...binding, kind: "Receiver" } },
    { name: "a place whose names join to the same text", at: { kind: "Secret", name: "sho", field: "pdb" } },
  ]) {
    it(`refuse a value that was moved to ${name}`, () => {
      const text = sealValue(key, binding, Buffer.from("hunter2"), now);

      expect(whyNot(text, at)).to.equal("was changed, or moved here from another Secret or field");
    });
  }

  it("name the key that is not there", () => {
    const text = sealValue(key, binding, Buffer.from("hunter2"), now);

    expect(whyNot(text, binding, { keys: [old] })).to.equal(
      `was sealed by key ${key.id}, which is not among the encryption keys`,
    );
    expect(whyNot(text, binding, NO_KEYS)).to.contain(`was sealed by key ${key.id}, and ConOps has no`);
  });

  for (const { name, text, expected } of [
    { name: "a plain text", text: "hunter2-is-the-password", expected: "is not a sealed value" },
    {
      name: "a later version",
      text: "conops-v2.x.y.z",
      expected: "has the form conops-v2, and this version",
    },
    { name: "a header alone", text: "conops-v1.0a061d29.20260504T030201Z.", expected: "is not whole" },
    {
      name: "a day that does not exist",
      text: "conops-v1.0a061d29.20260231T030201Z.AAAA",
      expected: "is not whole",
    },
    {
      name: "another text of base64 for the same bytes",
      text: "conops-v1.0a061d29.20260504T030201Z.AB",
      expected: "is not whole",
    },
  ]) {
    it(`say what is wrong with ${name}, and repeat nothing of it`, () => {
      expect(whyNot(text)).to.contain(expected);
      expect(whyNot(text)).to.not.contain("hunter2");
      expect(readSealedHeader(text)).to.equal(undefined);
    });
  }
});
