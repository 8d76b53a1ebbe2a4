import { expect } from "chai";
import { secretTexts } from "../../../controller/secret/secret-texts.ts";
import { signersOf } from "../../../controller/secret/signers.ts";
import { openedOf, type SecretParts } from "../../support/secrets.ts";

function textsOf(parts: SecretParts): readonly string[] {
  return secretTexts(openedOf(parts)).map(String).toSorted();
}

describe("secretTexts()", () => {
  for (const { name, parts, expected } of [
    { name: "every field of an Opaque one", parts: { stringData: { a: "1", b: "2" } }, expected: ["1", "2"] },
    {
      name: "no signers, whom messages name",
      parts: { stringData: { allowed_signers: "ada", x: "2" } },
      expected: ["2"],
    },
    {
      name: "key and passphrase",
      parts: {
        type: "kubernetes.io/ssh-auth",
        stringData: { "ssh-privatekey": "k", passphrase: "p", known_hosts: "h" },
      },
      expected: ["k", "p"],
    },
    {
      name: "the password, and not the user",
      parts: {
        type: "kubernetes.io/basic-auth",
        stringData: { username: "ada", password: "p", further: "f" },
      },
      expected: ["f", "p"],
    },
    {
      name: "the token",
      parts: { type: "conops.dev/bearer-token", stringData: { token: "t" } },
      expected: ["t"],
    },
    {
      name: "the credentials within a Docker config, in either form",
      parts: {
        type: "kubernetes.io/dockerconfigjson",
        stringData: {
          ".dockerconfigjson": JSON.stringify({
            auths: {
              a: { auth: "YWRhOnA6dw==" },
              b: { username: "ada", password: "pw" },
              c: { identitytoken: "it" },
            },
          }),
        },
      },
      expected: ["", "", "YWRhOnA6dw==", "it", "p:w", "pw"],
    },
    {
      name: "all of a Docker config that cannot be read",
      parts: { type: "kubernetes.io/dockerconfigjson", stringData: { ".dockerconfigjson": "{hunter2" } },
      expected: ["{hunter2"],
    },
  ]) {
    it(`are ${name}`, () => {
      expect(textsOf(parts).filter((text) => text !== "")).to.deep.equal(
        expected.filter((text) => text !== ""),
      );
    });
  }
});

describe("signersOf()", () => {
  it("reads either field, and both", () => {
    expect(signersOf(openedOf({ stringData: { allowed_signers: "a" } }))).to.deep.equal({
      kind: "ok",
      value: { allowedSigners: "a" },
    });
    expect(
      signersOf(openedOf({ stringData: { allowed_signers: "a", allowed_pgp_keys: "b" } })),
    ).to.deep.equal({
      kind: "ok",
      value: { allowedSigners: "a", allowedPGPKeys: "b" },
    });
  });

  it("believes nobody when there is neither, or one cannot be opened", () => {
    const none = signersOf(openedOf({ stringData: { signers: "a" } }));
    const sealed = signersOf(
      openedOf({ stringData: { allowed_signers: "a" }, sealedData: { allowed_pgp_keys: "conops-v1.x" } }),
    );

    expect(none.kind === "fault" && none.message).to.contain('Secret "shop" names no signers');
    expect(sealed.kind === "fault" && sealed.message).to.contain(
      'the field "allowed_pgp_keys" of Secret "shop"',
    );
  });
});
