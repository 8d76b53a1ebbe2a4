import { expect } from "chai";
import {
  imageName,
  isInPorts,
  isInRanges,
  isListed,
  isListedImage,
} from "../../../controller/policy/patterns.ts";

const HEX = "0123456789abcdef".repeat(4);

describe("isListedImage()", () => {
  const cases: readonly (readonly [image: string, pattern: string, isListed: boolean])[] = [
    ["nginx", "docker.io", true],
    ["nginx", "docker.io/library", true],
    ["nginx", "docker.io/library/nginx", true],
    ["nginx", "nginx", true],
    ["docker.io/nginx:1", "nginx", true],
    ["index.docker.io/library/nginx", "nginx", true],
    ["nginx2", "nginx", false],
    ["library/nginx", "nginx", true],
    ["other/nginx", "nginx", false],
    ["other/nginx", "docker.io/other", true],
    ["ghcr.io/acme/shop:1", "ghcr.io", true],
    ["GHCR.IO/acme/shop:1", "ghcr.io/acme", true],
    ["ghcr.io/acme2/shop", "ghcr.io/acme", false],
    ["ghcr.io/acme/shop", "ghcr.io/acme/", true],
    ["ghcr.io.evil.com/acme/shop", "ghcr.io", false],
    ["evil.com/ghcr.io/acme/shop", "ghcr.io/acme", false],
    ["evil/ghcr.io/x", "ghcr.io", false],
    ["a.example.com/shop-web", "*.example.com/shop-*", true],
    ["evil.com/a.example.com/shop-web", "*.example.com/shop-*", false],
    ["a.example.com/x/shop-web", "*.example.com/shop-*", false],
    ["localhost:5000/x/y@sha256:" + HEX, "localhost:5000", true],
    ["localhost:5001/x", "localhost:5000", false],
    ["localhost/x", "localhost", true],
    [HEX, "docker.io", false],
    [`sha256:${HEX}`, "docker.io", false],
    ["cafe", "docker.io", false],
    ["cafe:1", "docker.io", true],
    ["anything", "*", true],
  ];
  for (const [image, pattern, wanted] of cases) {
    it(`${wanted ? "finds" : "does not find"} ${image} under ${pattern}`, () => {
      expect(isListedImage(imageName(image), [pattern])).to.equal(wanted);
    });
  }

  it("knows a whole digest from half of one", () => {
    const digests = [`x@sha256:${HEX}`, `x:1@sha256:${HEX}`, "x@sha256:abc", "x:sha256", "x"];

    expect(digests.map((image) => imageName(image).hasDigest)).to.deep.equal([
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});

describe("isInRanges()", () => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ["127.0.0.1", "127.0.0.0/8", true],
    ["128.0.0.1", "127.0.0.0/8", false],
    ["10.0.0.0/8", "10.0.0.0/8", true],
    ["10.0.0.0/7", "10.0.0.0/8", false],
    ["10.1.0.0/16", "10.0.0.0/8", true],
    ["11.0.0.0/16", "10.0.0.0/8", false],
    ["::1", "::1/128", true],
    ["::2", "::1/128", false],
    ["::1", "0.0.0.0/0", false],
    ["127.0.0.1", "::/0", false],
    ["", "127.0.0.0/8", false],
    ["127.1", "127.0.0.0/8", false],
    ["127.0.0.1/x", "127.0.0.0/8", false],
    ["localhost", "127.0.0.0/8", false],
    ["", "*", true],
  ];
  for (const [text, range, wanted] of cases) {
    it(`says that "${text}" is ${wanted ? "" : "not "}in ${range}`, () => {
      expect(isInRanges(text, [range])).to.equal(wanted);
    });
  }
});

describe("isInPorts() and isListed()", () => {
  it("want the whole range in one range", () => {
    const allowed = ["80", "8000-8999"];
    const texts = ["80", "8000-8999", "8100", "7999-8001", "81", "80-81", "x", "80 ", "-80", "080"];

    expect(texts.filter((text) => isInPorts(text, allowed))).to.deep.equal([
      "80",
      "8000-8999",
      "8100",
      "080",
    ]);
  });

  it("take nothing but the star for a pattern, over line breaks too", () => {
    expect(isListed("a.b", ["a.b"])).to.equal(true);
    expect(isListed("axb", ["a.b"])).to.equal(false);
    expect(isListed("a\nb", ["a*"])).to.equal(true);
    expect(isListed("ab\n", ["ab"])).to.equal(false);
    expect(isListed("x", [])).to.equal(false);
  });
});
