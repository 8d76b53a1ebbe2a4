import { expect } from "chai";
import fc from "fast-check";
import {
  contentOf,
  findQuarantined,
  quarantine,
  released,
  renamed,
  whyQuarantined,
} from "../../../controller/reconcile/quarantine.ts";
import { sameTarget } from "../../../controller/reconcile/target.ts";
import type { Quarantined } from "../../../controller/status/rollback-types.ts";
import { sampleMade } from "../../support/record.ts";

const why = { reason: "HealthGateFailed", message: "it failed" } as const;
const made = (revision: string, content = revision) => sampleMade({ revision, content });

describe("a quarantine", () => {
  it("holds what failed by target and by content, the newest first, each content once", () => {
    const list = quarantine(
      quarantine(quarantine(undefined, made("b"), why), made("c"), why),
      made("d", "b"),
      why,
    );

    expect(list.map(({ target, content }) => [target.revision, content])).to.deep.equal([
      ["d", "b"],
      ["c", "c"],
    ]);
    expect(findQuarantined(list, "b")?.revision).to.equal("d");
    expect(findQuarantined(list, "x")).to.equal(undefined);
  });

  it("names the target that was found to hold the same, and still says what was tried", () => {
    const [entry] = quarantine(undefined, made("b"), why);
    const target = { revision: "c", specHash: "s" };

    const [now, ...others] = renamed(entry && [entry], entry as Quarantined, target);

    expect(others).to.deep.equal([]);
    expect([now?.target, now?.revision]).to.deep.equal([target, "b"]);
    expect(whyQuarantined(now as Quarantined, target).message).to.equal(
      "c holds the same as b, which failed and was rolled back: it failed",
    );
    expect(whyQuarantined(now as Quarantined, { ...target, revision: "b" }).message).to.equal(
      "b failed and was rolled back: it failed",
    );
  });

  it("stays bounded, never holds a content twice, and lets go of all that was released", () => {
    const names = fc.constantFrom(...Array.from("abcdefghijklmno"));
    const step = fc.record({ revision: names, content: names, act: fc.constantFrom("add", "release") });

    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let list: readonly Quarantined[] = [];
        for (const { revision, content, act } of steps) {
          const target = made(revision, content);
          list = act === "add" ? quarantine(list, target, why) : released(list, target);
          expect(list.length).to.be.at.most(10);
          expect(new Set(list.map((entry) => entry.content)).size).to.equal(list.length);
          expect(list.some((entry) => sameTarget(entry.target, target))).to.equal(act === "add");
          expect(findQuarantined(list, content) !== undefined).to.equal(act === "add");
        }
      }),
    );
  });
});

describe("contentOf()", () => {
  const project = { name: "shop", services: { web: { image: "web:1" }, own: { build: { context: "." } } } };
  const rendering = { digest: "r", project };
  const images = (web: string, own: string) => ({ web: { id: web }, own: { id: own } });

  it("changes with the rendering, the files, and the images that are found, but not with those that are built", () => {
    const base = contentOf(rendering, "files", images("1", "1"));

    expect(contentOf(rendering, "files", images("1", "2"))).to.equal(base);
    const others = [
      contentOf({ ...rendering, digest: "s" }, "files", images("1", "1")),
      contentOf(rendering, "other", images("1", "1")),
      contentOf(rendering, "files", images("2", "1")),
    ];
    expect(new Set([base, ...others]).size).to.equal(4);
  });
});
