import { expect } from "chai";
import fc from "fast-check";
import { redact } from "../../../controller/lib/redact.ts";

describe("redact()", () => {
  for (const { name, text, expected } of [
    {
      name: "a user with a password",
      text: "https://user:secret@host/x.git",
      expected: "https://***@host/x.git",
    },
    { name: "a token alone", text: "https://ghp_token@host/x", expected: "https://***@host/x" },
    { name: "an empty user", text: "https://:secret@host/", expected: "https://***@host/" },
    { name: "a password that holds an @", text: "https://user:p@ss@host/", expected: "https://***@host/" },
    { name: "any scheme", text: "SSH+Git://me:pw@host:22/x", expected: "SSH+Git://***@host:22/x" },
    {
      name: "every URL of a text",
      text: "from 'http://a:b@one/x' to \"http://c:d@two/y\"",
      expected: "from 'http://***@one/x' to \"http://***@two/y\"",
    },
    {
      name: "text of several lines",
      text: "fatal: no\nhttps://a:b@host/: 403\n",
      expected: "fatal: no\nhttps://***@host/: 403\n",
    },
  ]) {
    it(`takes out ${name}`, () => {
      expect(redact(text)).to.equal(expected);
    });
  }

  for (const text of [
    "https://host/x.git",
    "https://host/path/@scope/package",
    "https://host:8443/a@b",
    "git@github.com:org/repo.git",
    "someone@example.com wrote",
    "",
  ]) {
    it(`leaves "${text}" as it is`, () => {
      expect(redact(text)).to.equal(text);
    });
  }

  it("lets no password through, whatever it is made of that may stand in a URL", () => {
    const password = fc.stringMatching(/^[a-zA-Z0-9!$&'()*+,;=:%._~@-]{6,20}$/).map((text) => `Pw${text}`);

    fc.assert(
      fc.property(password, fc.stringMatching(/^[a-z]{0,5}$/), (secret, user) => {
        const text = redact(`Cannot fetch "https://${user}:${secret}@host/x.git": 403`);
        expect(text).to.equal('Cannot fetch "https://***@host/x.git": 403');
      }),
    );
  });

  it("changes nothing the second time", () => {
    const words = fc.array(fc.constantFrom("https://", "a", ":", "@", "/", " ", "ssh://u:p@h/", "\n", "***"));

    fc.assert(
      fc.property(words, (parts) => {
        const once = redact(parts.join(""));
        expect(redact(once)).to.equal(once);
      }),
    );
  });

  for (const [name, word] of [
    ["letters", "a"],
    ["schemes", "a://"],
    ["at signs", "@"],
    ["users", "https://a@"],
  ] as const) {
    it(`is quick with a megabyte of ${name}`, () => {
      const text = word.repeat(2 ** 20 / word.length);

      expect(redact(text).length).to.be.at.most(2 * text.length);
    });
  }
});
