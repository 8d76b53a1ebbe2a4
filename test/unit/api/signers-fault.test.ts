import { expect } from "chai";
import { allowedPGPKeysFault, allowedSignersFault } from "../../../controller/api/signers-fault.ts";

describe("allowedSignersFault()", () => {
  it("names the line that is not understood", () => {
    expect(allowedSignersFault("# who\nada@example.com ssh-ed25519 AAAA\n")).to.equal(
      "line 2: the key ends too early",
    );
  });
});

describe("allowedPGPKeysFault()", () => {
  it("repeats nothing of a private key", () => {
    const text = "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nsecret\n-----END PGP PRIVATE KEY BLOCK-----\n";

    expect(allowedPGPKeysFault(text)).to.equal(
      "a private key stands where public keys belong: replace that key, it is not private any more",
    );
  });

  it("says what is wanted", () => {
    expect(allowedPGPKeysFault("0xDEADBEEF")).to.equal(
      "must hold armored public keys, as gpg --armor --export prints them",
    );
    expect(allowedPGPKeysFault("-----BEGIN PGP PUBLIC KEY BLOCK-----\n")).to.equal(undefined);
  });
});
