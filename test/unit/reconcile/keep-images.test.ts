import { expect } from "chai";
import { planKeptImages } from "../../../controller/reconcile/keep-images.ts";
import { sampleApplied, sampleMade, sampleRecord } from "../../support/record.ts";

const id = (letter: string): string => `sha256:${letter.repeat(64)}`;
const image = (letter: string, tags: readonly string[] = []) => ({ id: id(letter), tags, digests: [] });
const kept = (letter: string): string => `conops.local/shop:uid1-${letter.repeat(12)}`;
const images = (letter: string) => ({ web: { name: "n", id: id(letter), digests: [] } });

describe("planKeptImages()", () => {
  const record = sampleRecord({
    uid: "uid-1",
    applied: sampleApplied({ images: images("b") }),
    lastHealthy: sampleMade({ images: images("a") }),
  });

  it("names all that is needed before a sync, each once", () => {
    const host = [image("a", ["web:1"]), image("b", ["web:2", kept("b")]), image("c", ["web:3"])];

    expect(planKeptImages(host, record, "every")).to.deep.equal({ tag: [[id("a"), kept("a")]], untag: [] });
  });

  it("then only what would have no name otherwise, and takes the names of what is not needed", () => {
    const host = [
      image("a", [kept("a")]),
      image("b", ["web:2", kept("b")]),
      image("c", [kept("c")]),
      image("d", ["conops.local/shop:other-dddddddddddd", "conops.local/web:uid1-dddddddddddd"]),
    ];

    expect(planKeptImages(host, record, "nameless")).to.deep.equal({
      tag: [],
      untag: [kept("b"), kept("c")],
    });
    expect(planKeptImages([image("a"), image("b")], record, "nameless").tag).to.deep.equal([
      [id("a"), kept("a")],
      [id("b"), kept("b")],
    ]);
  });

  it("takes all its names at the end, and no others", () => {
    const host = [image("a", [kept("a")]), image("b", ["web:2"]), image("d", ["conops.local/shop:other-d"])];

    expect(planKeptImages(host, record, "none")).to.deep.equal({ tag: [], untag: [kept("a")] });
  });
});
