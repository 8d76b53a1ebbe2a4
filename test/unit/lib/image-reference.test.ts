import { expect } from "chai";
import { listedName, parseImageReference, shortDigest } from "../../../controller/lib/image-reference.ts";

const HEX = "0123456789abcdef".repeat(4);
const DIGEST = `sha256:${HEX}`;

describe("parseImageReference()", () => {
  const cases: readonly (readonly [string, ReturnType<typeof parseImageReference>, string | undefined])[] = [
    ["web", { registry: "docker.io", repository: "web", tag: "latest" }, "web:latest"],
    ["library/web:1", { registry: "docker.io", repository: "web", tag: "1" }, "web:1"],
    ["docker.io/library/web:1", { registry: "docker.io", repository: "web", tag: "1" }, "web:1"],
    [
      "index.docker.io/acme/web",
      { registry: "docker.io", repository: "acme/web", tag: "latest" },
      "acme/web:latest",
    ],
    [
      "acme/web:1.4-alpine",
      { registry: "docker.io", repository: "acme/web", tag: "1.4-alpine" },
      "acme/web:1.4-alpine",
    ],
    [
      "localhost/web",
      { registry: "localhost", repository: "localhost/web", tag: "latest" },
      "localhost/web:latest",
    ],
    [
      "localhost:5000/web",
      { registry: "localhost:5000", repository: "localhost:5000/web", tag: "latest" },
      "localhost:5000/web:latest",
    ],
    [
      "r.example.com/a/b/c:2",
      { registry: "r.example.com", repository: "r.example.com/a/b/c", tag: "2" },
      "r.example.com/a/b/c:2",
    ],
    [
      `r.example.com/a@${DIGEST}`,
      { registry: "r.example.com", repository: "r.example.com/a", digest: DIGEST },
      `r.example.com/a@${DIGEST}`,
    ],
    [
      `web:1@${DIGEST}`,
      { registry: "docker.io", repository: "web", tag: "1", digest: DIGEST },
      `web@${DIGEST}`,
    ],
    [DIGEST, undefined, undefined],
    [HEX, undefined, undefined],
    ["", undefined, undefined],
    ["web:", undefined, undefined],
    ["a b", undefined, undefined],
    ["r.example.com/", undefined, undefined],
    ["a:b:c", undefined, undefined],
  ];
  for (const [text, reference, listed] of cases) {
    it(`reads ${JSON.stringify(text)}, and names it as the engine does`, () => {
      expect(parseImageReference(text)).to.deep.equal(reference);
      expect(listedName(text)).to.equal(listed);
    });
  }
});

describe("shortDigest()", () => {
  it("keeps the kind and twelve digits", () => {
    expect(shortDigest(DIGEST)).to.equal("sha256:0123456789ab");
  });
});
