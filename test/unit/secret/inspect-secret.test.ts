import { expect } from "chai";
import { createContentDigest } from "../../../controller/secret/content-digest.ts";
import { describeFields, secretFaults } from "../../../controller/secret/inspect-secret.ts";
import { parseKeyring } from "../../../controller/secret/keyring.ts";
import { openSecret } from "../../../controller/secret/opened-secret.ts";
import { sealValue } from "../../../controller/secret/sealed-value.ts";
import { secretOf, type SecretParts } from "../../support/secrets.ts";

const keyring = parseKeyring(
  `${Buffer.alloc(32, 1).toString("base64")}\n${Buffer.alloc(32, 2).toString("base64")}`,
  "a test",
);
const NOW = Date.UTC(2026, 0, 1);

function sealed(field: string, value: string, key = 0, name = "shop"): string {
  const { keys } = keyring;
  return sealValue(keys[key] ?? expect.fail(), { kind: "Secret", name, field }, Buffer.from(value), NOW);
}

const faultsOf = (parts: SecretParts): readonly string[] =>
  secretFaults(openSecret(secretOf(parts), keyring));

describe("describeFields()", () => {
  it("tells names, keys and times, and nothing of the values", () => {
    const fields = describeFields(
      secretOf({ stringData: { b: "geheim" }, sealedData: { a: sealed("a", "geheim") } }),
    );

    expect(fields).to.deep.equal([
      { name: "a", keyID: keyring.keys[0]?.id, sealedAt: "2026-01-01T00:00:00Z" },
      { name: "b" },
    ]);
  });
});

describe("secretFaults()", () => {
  it("finds none where every field opens and the type has what it needs", () => {
    expect(faultsOf({ sealedData: { a: sealed("a", "x"), b: sealed("b", "y", 1) } })).to.deep.equal([]);
    expect(faultsOf({ type: "conops.dev/bearer-token", stringData: { token: "x" } })).to.deep.equal([]);
  });

  it("names each field that does not open, once, and what the type misses", () => {
    expect(faultsOf({ sealedData: { a: sealed("b", "x"), c: sealed("c", "x", 0, "blog") } })).to.deep.equal([
      'the field "a" of Secret "shop" was changed, or moved here from another Secret or field',
      'the field "c" of Secret "shop" was changed, or moved here from another Secret or field',
    ]);
    expect(
      faultsOf({ type: "conops.dev/bearer-token", sealedData: { token: sealed("t", "x") } }),
    ).to.deep.equal([
      'the field "token" of Secret "shop" was changed, or moved here from another Secret or field',
    ]);
    expect(faultsOf({ type: "kubernetes.io/dockerconfigjson" })).to.have.length(1);
    expect(
      faultsOf({ type: "kubernetes.io/ssh-auth", stringData: { "ssh-privatekey": "geheim" } }).join(),
    ).to.match(/^the field "ssh-privatekey" of Secret "shop" (?!.*geheim)/);
  });
});

describe("createContentDigest()", () => {
  const digest = createContentDigest();
  const of = (parts: SecretParts): string => digest(secretOf(parts), openSecret(secretOf(parts), keyring));

  it("is the same for the same values, sealed or not, by whichever key", () => {
    const all = [
      { stringData: { a: "x", b: "y" } },
      { data: { b: "eQ==" }, stringData: { a: "x" } },
      { sealedData: { a: sealed("a", "x"), b: sealed("b", "y", 1) } },
    ].map(of);

    expect(new Set(all).size).to.equal(1);
  });

  it("differs with each value, name and type, and with the text of what does not open", () => {
    const all = [
      { stringData: { a: "x" } },
      { stringData: { a: "y" } },
      { stringData: { b: "x" } },
      { type: "conops.dev/bearer-token", stringData: { a: "x" } },
      { sealedData: { a: sealed("b", "x") } },
      { sealedData: { a: sealed("b", "x") } },
    ].map(of);

    expect(new Set(all).size).to.equal(all.length);
  });

  it("means nothing to another process", () => {
    const secret = secretOf({ stringData: { a: "x" } });

    expect(createContentDigest()(secret, openSecret(secret, keyring))).not.to.equal(
      of({ stringData: { a: "x" } }),
    );
  });
});
