import { expect } from "chai";
import { hasNewImages, judgeImage, type ImageFacts } from "../../../controller/reconcile/judge-image.ts";

const SERVICE = { name: "web", replicas: 1, image: "web:1", oneShot: "no", dependsOn: [] } as const;
const facts = (more: Partial<ImageFacts> = {}): ImageFacts => ({
  id: "sha256:1",
  built: false,
  isTried: false,
  ...more,
});

describe("judgeImage()", () => {
  const service = SERVICE as unknown as Parameters<typeof judgeImage>[0];
  const cases: readonly (readonly [
    string,
    ImageFacts | undefined,
    string | undefined,
    readonly string[],
    object,
  ])[] = [
    ["an image of which nothing is known", undefined, undefined, [], {}],
    [
      "one whose name stands for it",
      facts({ digest: "sha256:d" }),
      undefined,
      [],
      { imageDigest: "sha256:d" },
    ],
    [
      "one whose name stands for another",
      facts({ movedTo: "sha256:2" }),
      undefined,
      [],
      { imageMoved: "sha256:2" },
    ],
    [
      "one that is built, whose name stands for another",
      facts({ built: true, movedTo: "sha256:2" }),
      "the name stands for sha256:2, which ConOps has not built",
      ["tag"],
      { imageMoved: "sha256:2" },
    ],
    [
      "one of which its registry has another",
      facts({ digest: "sha256:d1", registryDigest: "sha256:d2" }),
      "sha256:d1",
      [],
      { imageDigest: "sha256:d1" },
    ],
    [
      "one that came from no registry, which has one now",
      facts({ registryDigest: "sha256:d2" }),
      "image sha256:1",
      [],
      {},
    ],
  ];
  for (const [what, seen, actual, acts, shown] of cases) {
    it(`${actual === undefined ? "finds nothing with" : "finds drift with"} ${what}`, () => {
      const verdict = judgeImage(service, seen);

      expect(verdict.findings.map((found) => [found.kind, found.actual])).to.deep.equal(
        actual === undefined ? [] : [["ImageChanged", actual]],
      );
      expect(verdict.steps.map(({ act }) => act)).to.deep.equal(acts);
      expect(verdict.shown).to.deep.equal(shown);
    });
  }
});

describe("hasNewImages()", () => {
  it("is true for an image that a registry has and that was not taken yet", () => {
    const of = (...all: readonly ImageFacts[]): boolean =>
      hasNewImages(new Map(all.map((one, index) => [String(index), one])));

    expect(of(facts(), facts({ registryDigest: "sha256:d" }))).to.equal(true);
    expect(of(facts({ registryDigest: "sha256:d", isTried: true }))).to.equal(false);
    expect(of(facts({ movedTo: "sha256:2" }))).to.equal(false);
    expect(hasNewImages(undefined)).to.equal(false);
  });
});
