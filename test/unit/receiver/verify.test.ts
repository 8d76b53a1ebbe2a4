import { expect } from "chai";
import fc from "fast-check";
import { createHmac } from "node:crypto";
import { RECEIVER_TYPES, type ReceiverType } from "../../../controller/api/receiver.ts";
import { verify, type Header, type VerifyFault } from "../../../controller/receiver/verify.ts";
import { sign, TOKEN } from "../../support/deliveries.ts";

const BODY = JSON.stringify({ ref: "refs/heads/main", text: "grün" });
const HEX = createHmac("sha256", TOKEN).update(BODY).digest("hex");
const WRONG = "0".repeat(64);

function check(
  type: ReceiverType,
  headers: readonly Header[],
  { token = TOKEN, body = BODY } = {},
): VerifyFault | undefined {
  const bytes = Buffer.from(body);
  return verify(type, token, { headers, body: bytes, payload: bytes });
}

function basic(text: string | Uint8Array): Header {
  return ["authorization", `Basic ${Buffer.from(text).toString("base64")}`];
}

describe("verify()", () => {
  for (const type of RECEIVER_TYPES) {
    const isOverBody = type !== "gitlab" && type !== "azure-devops";
    describe(`of ${type}`, () => {
      it("takes what the host sends", () => {
        expect(check(type, sign(type, BODY))).to.equal(undefined);
      });

      it("refuses another token", () => {
        expect(check(type, sign(type, BODY, `${TOKEN}x`))).to.equal("SignatureWrong");
        expect(check(type, sign(type, BODY, TOKEN.slice(0, -1)))).to.equal("SignatureWrong");
        expect(check(type, sign(type, BODY, ""))).to.be.oneOf(["SignatureWrong", "SignatureMalformed"]);
      });

      it("refuses what has no signature, also an empty one", () => {
        expect(check(type, [])).to.equal("SignatureMissing");
        expect(
          check(
            type,
            sign(type, BODY).map(([name]) => [name, ""]),
          ),
        ).not.to.equal(undefined);
      });

      it("refuses a signature given twice, be it twice the right one", () => {
        const [signature] = sign(type, BODY).toReversed();
        if (signature === undefined) throw new Error("nothing signed");

        expect(check(type, [signature, ["accept", "*/*"], signature])).to.equal("SignatureMalformed");
      });

      it("refuses everything while there is no token", () => {
        for (const token of [TOKEN, "", "undefined"]) {
          expect(verify(type, undefined, signedBy(type, token))).to.equal("SecretUnavailable");
        }
      });

      if (isOverBody) {
        it("refuses a body that was changed by one byte", () => {
          expect(check(type, sign(type, BODY), { body: BODY.replace("main", "mair") })).to.equal(
            "SignatureWrong",
          );
        });
      }

      it("never takes what was made without the token", () => {
        const header = fc.record({
          name: fc.constantFrom(
            "x-hub-signature",
            "x-hub-signature-256",
            "x-signature-256",
            "x-gitea-signature",
            "x-gitlab-token",
            "webhook-signature",
            "webhook-id",
            "webhook-timestamp",
            "authorization",
          ),
          value: fc.oneof(
            fc.string(),
            fc.string({ unit: "binary" }),
            fc.constantFrom(
              "sha256=",
              `sha256=${WRONG}`,
              WRONG,
              "Basic Og==",
              "Basic ",
              "v1,",
              "sha1=",
              "null",
            ),
            fc
              .uint8Array({ minLength: 32, maxLength: 32 })
              .map((bytes) => `sha256=${Buffer.from(bytes).toString("hex")}`),
          ),
        });
        fc.assert(
          fc.property(fc.array(header, { maxLength: 6 }), fc.string(), (headers, body) => {
            const given = headers.map(({ name, value }): Header => [name, value]);

            expect(check(type, given, { body })).not.to.equal(undefined);
          }),
          { numRuns: 300 },
        );
      });
    });
  }

  const cases: readonly {
    readonly name: string;
    readonly type: ReceiverType;
    readonly headers: readonly Header[];
    readonly fault: VerifyFault | undefined;
  }[] = [
    {
      name: "GitHub's SHA-1 alone",
      type: "github",
      headers: [["x-hub-signature", `sha1=${createHmac("sha1", TOKEN).update(BODY).digest("hex")}`]],
      fault: "SignatureMissing",
    },
    {
      name: "a SHA-1 in the place of the SHA-256",
      type: "github",
      headers: [["x-hub-signature-256", `sha1=${createHmac("sha1", TOKEN).update(BODY).digest("hex")}`]],
      fault: "SignatureMalformed",
    },
    {
      name: "a SHA-1 from Bitbucket",
      type: "bitbucket",
      headers: [["x-hub-signature", `sha1=${createHmac("sha1", TOKEN).update(BODY).digest("hex")}`]],
      fault: "SignatureMalformed",
    },
    {
      name: "a signature in capital letters",
      type: "github",
      headers: [["x-hub-signature-256", `SHA256=${HEX.toUpperCase()}`]],
      fault: undefined,
    },
    {
      name: "a signature with something behind it",
      type: "github",
      headers: [["x-hub-signature-256", `sha256=${HEX}, sha256=${HEX}`]],
      fault: "SignatureMalformed",
    },
    {
      name: "a signature that is too short",
      type: "github",
      headers: [["x-hub-signature-256", `sha256=${HEX.slice(2)}`]],
      fault: "SignatureMalformed",
    },
    {
      name: "a signature without its algorithm",
      type: "generic",
      headers: [["x-signature-256", HEX]],
      fault: "SignatureMalformed",
    },
    {
      name: "the generic form under GitHub's name",
      type: "generic",
      headers: [["x-hub-signature-256", `sha256=${HEX}`]],
      fault: undefined,
    },
    { name: "Gitea alone", type: "gitea", headers: [["x-gitea-signature", HEX]], fault: undefined },
    { name: "Forgejo alone", type: "gitea", headers: [["x-forgejo-signature", HEX]], fault: undefined },
    { name: "Gogs alone", type: "gitea", headers: [["x-gogs-signature", HEX]], fault: undefined },
    {
      name: "one right signature of two",
      type: "gitea",
      headers: [
        ["x-gitea-signature", HEX],
        ["x-forgejo-signature", WRONG],
      ],
      fault: "SignatureWrong",
    },
    {
      name: "GitLab's token in another header",
      type: "gitlab",
      headers: [["authorization", `Bearer ${TOKEN}`]],
      fault: "SignatureMissing",
    },
    {
      name: "Azure with any user",
      type: "azure-devops",
      headers: [basic(`somebody:${TOKEN}`)],
      fault: undefined,
    },
    { name: "Azure without a user", type: "azure-devops", headers: [basic(`:${TOKEN}`)], fault: undefined },
    {
      name: "the token as Azure's user",
      type: "azure-devops",
      headers: [basic(`${TOKEN}:`)],
      fault: "SignatureWrong",
    },
    {
      name: "Azure without a colon",
      type: "azure-devops",
      headers: [basic(TOKEN)],
      fault: "SignatureMalformed",
    },
    {
      name: "a bearer token for Azure",
      type: "azure-devops",
      headers: [["authorization", `Bearer ${Buffer.from(`:${TOKEN}`).toString("base64")}`]],
      fault: "SignatureMalformed",
    },
  ];
  for (const { name, type, headers, fault } of cases) {
    it(`${fault === undefined ? "takes" : `calls ${fault}`}: ${name}`, () => {
      expect(check(type, headers)).to.equal(fault);
    });
  }

  it("takes of a password all that follows the first colon", () => {
    expect(check("azure-devops", [basic("conops:a:b:c")], { token: "a:b:c" })).to.equal(undefined);
  });

  it("looks for Gitea's signature in the JSON of a form, and for GitHub's in the form", () => {
    const payload = Buffer.from(BODY);
    const body = Buffer.from(`payload=${encodeURIComponent(BODY)}`);

    expect(verify("gitea", TOKEN, { headers: sign("gitea", BODY), body, payload })).to.equal(undefined);
    expect(verify("github", TOKEN, { headers: sign("github", BODY), body, payload })).to.equal(
      "SignatureWrong",
    );
    expect(verify("github", TOKEN, { headers: sign("github", String(body)), body, payload })).to.equal(
      undefined,
    );
  });

  describe("of GitLab with a signing token", () => {
    const key = Buffer.from("0123456789abcdef0123456789abcdef");
    const token = `whsec_${key.toString("base64")}`;
    const signature = `v1,${createHmac("sha256", key).update(`id-1.1700000000.${BODY}`).digest("base64")}`;
    const headers: readonly Header[] = [
      ["webhook-id", "id-1"],
      ["webhook-timestamp", "1700000000"],
      ["webhook-signature", signature],
    ];

    it("takes the signature, also among others", () => {
      expect(check("gitlab", headers, { token })).to.equal(undefined);
      const others = headers.map(([name, value]): Header => [
        name,
        name === "webhook-signature" ? `v1a,x v1,${Buffer.alloc(32).toString("base64")} ${value}` : value,
      ]);
      expect(check("gitlab", others, { token })).to.equal(undefined);
    });

    it("takes nothing where the token holds no key, by which anybody could sign", () => {
      const empty = createHmac("sha256", "").update(`id-1.1700000000.${BODY}`).digest("base64");
      const signed = headers.map(([name, value]): Header => [
        name,
        name === "webhook-signature" ? `v1,${empty}` : value,
      ]);
      for (const none of ["whsec_", "whsec_==", "whsec_!"]) {
        expect(check("gitlab", signed, { token: none })).to.equal("SecretUnavailable");
      }
    });

    it("does not take the token itself", () => {
      expect(check("gitlab", [["x-gitlab-token", token]], { token })).to.equal("SignatureMissing");
    });

    for (const [name, value] of [
      ["webhook-id", "id-2"],
      ["webhook-timestamp", "1700000001"],
    ] as const) {
      it(`refuses another ${name}`, () => {
        const changed = headers.map(([key_, old]): Header => [key_, key_ === name ? value : old]);
        expect(check("gitlab", changed, { token })).to.equal("SignatureWrong");
      });

      it(`refuses a missing ${name}`, () => {
        const rest = headers.filter(([key_]) => key_ !== name);
        expect(check("gitlab", rest, { token })).to.equal("SignatureMissing");
      });
    }

    it("refuses a signature of no known version", () => {
      const changed = headers.map(([name, value]): Header => [name, value.replace("v1,", "v2,")]);
      expect(check("gitlab", changed, { token })).to.equal("SignatureMalformed");
    });
  });
});

function signedBy(type: ReceiverType, token: string) {
  const bytes = Buffer.from(BODY);
  return { headers: sign(type, BODY, token), body: bytes, payload: bytes };
}
