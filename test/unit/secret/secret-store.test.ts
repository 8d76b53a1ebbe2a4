import { expect } from "chai";
import { makeSealingKey } from "../../../controller/lib/aead.ts";
import { hasField, readBytes, readLine, readText } from "../../../controller/secret/opened-secret.ts";
import { sealValue } from "../../../controller/secret/sealed-value.ts";
import { createSecretStore } from "../../../controller/secret/secret-store.ts";
import type { DeclaredSecret } from "../../../controller/secret/secret-store.ts";
import { openedOf, secretOf } from "../../support/secrets.ts";

const key = makeSealingKey();
const dataKey = makeSealingKey();
const sealed = (field: string, text: string, by = key): string =>
  sealValue(by, { kind: "Secret", name: "shop", field }, Buffer.from(text), 0);

describe("createSecretStore()", () => {
  function storeOf(found: DeclaredSecret, keys = [key], digests = dataKey) {
    return createSecretStore({
      declared: () => found,
      declaredNames: () => (found.kind === "missing" ? ["blog"] : ["shop"]),
      keyring: { keys },
      dataKey: digests,
    });
  }

  it("opens what is sealed, and reads what is plain", () => {
    const secret = secretOf({
      stringData: { user: "ada" },
      data: { bytes: "AP8=" },
      sealedData: { db: sealed("db", "hunter2") },
    });
    const found = storeOf({ kind: "present", secret }).get("shop");
    if (found.kind !== "ok") throw new Error(found.message);

    expect(readText(found.secret, "db")).to.deep.equal({ kind: "ok", value: "hunter2" });
    expect(readText(found.secret, "user")).to.deep.equal({ kind: "ok", value: "ada" });
    expect(readBytes(found.secret, "bytes")).to.deep.equal({ kind: "ok", value: Buffer.of(0, 255) });
    expect([...found.secret.sealed]).to.deep.equal([["db", { keyId: key.id, sealedAt: 0 }]]);
  });

  it("says which field cannot be opened and why, and goes on with the others", () => {
    const secret = secretOf({ sealedData: { db: sealed("other", "hunter2"), ok: sealed("ok", "x") } });
    const found = storeOf({ kind: "present", secret }).get("shop");
    if (found.kind !== "ok") throw new Error(found.message);

    expect(readText(found.secret, "db")).to.deep.equal({
      kind: "fault",
      message: 'the field "db" of Secret "shop" was changed, or moved here from another Secret or field',
    });
    expect(readText(found.secret, "ok").kind).to.equal("ok");
    expect(hasField(found.secret, "db")).to.equal(true);
    expect(hasField(found.secret, "nothing")).to.equal(false);
  });

  it("opens a manifest once, and a new one anew", () => {
    let declared: DeclaredSecret = { kind: "present", secret: secretOf({ stringData: { db: "one" } }) };
    const store = createSecretStore({
      declared: () => declared,
      declaredNames: () => [],
      keyring: { keys: [] },
      dataKey,
    });
    const first = store.get("shop");
    const again = store.get("shop");
    declared = { kind: "present", secret: secretOf({ stringData: { db: "two" } }) };
    const next = store.get("shop");
    declared = { kind: "missing" };

    if (first.kind !== "ok" || again.kind !== "ok" || next.kind !== "ok") throw new Error("not there");
    expect(again.secret).to.equal(first.secret);
    expect(readText(next.secret, "db")).to.deep.equal({ kind: "ok", value: "two" });
    expect(store.get("shop")).to.deep.equal({ kind: "missing", message: 'there is no Secret "shop"' });
  });

  it("says why a Secret is not there or not valid", () => {
    expect(storeOf({ kind: "missing" }).get("shop")).to.deep.equal({
      kind: "missing",
      message: 'there is no Secret "shop"',
    });
    expect(storeOf({ kind: "missing" }).get("blogg")).to.deep.equal({
      kind: "missing",
      message: 'there is no Secret "blogg", did you mean "blog"?',
    });
    expect(storeOf({ kind: "invalid", message: "shop.yaml:3:1: type: x" }).get("shop")).to.deep.equal({
      kind: "invalid",
      message: 'Secret "shop" is not valid: shop.yaml:3:1: type: x',
    });
  });

  it("gives one fingerprint for one value, plain or sealed, whichever key sealed it, and another for another", () => {
    const old = makeSealingKey();
    const digest = (parts: Parameters<typeof secretOf>[0], keys = [key], digests = dataKey) =>
      storeOf({ kind: "present", secret: secretOf(parts) }, keys, digests).digest("shop", "db");
    const plain = digest({ stringData: { db: "hunter2" } });

    expect(plain).to.match(/^[0-9a-f]{64}$/);
    expect(digest({ data: { db: "aHVudGVyMg==" } })).to.equal(plain);
    expect(digest({ sealedData: { db: sealed("db", "hunter2") } })).to.equal(plain);
    expect(digest({ sealedData: { db: sealed("db", "hunter2", old) } }, [key, old])).to.equal(plain);
    expect(digest({ stringData: { db: "hunter3" } })).to.not.equal(plain);
    expect(digest({ stringData: { db: "hunter2" } }, [key], makeSealingKey())).to.not.equal(plain);
    expect(digest({ stringData: { other: "hunter2" } })).to.equal(undefined);
    expect(digest({ sealedData: { db: sealed("db", "hunter2", old) } })).to.equal(undefined);
    expect(storeOf({ kind: "missing" }).digest("shop", "db")).to.equal(undefined);
  });
});

describe("what is read from a Secret", () => {
  for (const { name, text, expected } of [
    { name: "a line", text: "hunter2", expected: "hunter2" },
    { name: "a line with the line break of its file", text: "hunter2\r\n", expected: "hunter2" },
    { name: "blanks around it", text: " hunter2 ", expected: " hunter2 " },
  ]) {
    it(`is ${name}`, () => {
      expect(readLine(openedOf({ stringData: { pw: text } }), "pw")).to.deep.equal({
        kind: "ok",
        value: expected,
      });
    });
  }

  for (const { name, parts, message } of [
    {
      name: "an empty value",
      parts: { stringData: { pw: "" } },
      message: 'the field "pw" of Secret "shop" is empty',
    },
    { name: "two lines", parts: { stringData: { pw: "hunter2\nx" } }, message: "holds a line break" },
    { name: "bytes that are no text", parts: { data: { pw: "/w==" } }, message: "is not text in UTF-8" },
    {
      name: "a field that is not there",
      parts: { stringData: { b: "1", a: "2" } },
      message: 'Secret "shop" has no field "pw": it has "a", "b"',
    },
    { name: "a Secret without fields", parts: {}, message: 'Secret "shop" has no field "pw": it has none' },
  ]) {
    it(`is a fault for ${name}`, () => {
      const read = readLine(openedOf(parts), "pw");

      expect(read.kind === "fault" && read.message).to.contain(message);
      expect(JSON.stringify(read)).to.not.contain("hunter2");
    });
  }
});
