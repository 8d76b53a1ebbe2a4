import { expect } from "chai";
import { EMPTY_LISTING, type Listing } from "../../../controller/registry/listing.ts";
import type { FileContent } from "../../../controller/registry/readings.ts";
import type { KnownResource, RegistryRequest } from "../../../controller/registry/registry.ts";
import {
  absentView,
  changedKeys,
  consumedView,
  firstView,
  forgottenView,
  listedView,
  type View,
} from "../../../controller/registry/view.ts";
import { manifestText, parseTestManifests } from "../../support/temp-registry.ts";

function listingOf(
  folder: Readonly<Record<string, string>>,
  requests: readonly RegistryRequest[] = [],
): Listing {
  const files = new Map<string, FileContent>();
  for (const [file, text] of Object.entries(folder)) {
    const { documents } = parseTestManifests(file, Buffer.from(text), { allowFileRepos: false });
    files.set(file, { kind: "parsed", documents });
  }
  return {
    ...EMPTY_LISTING,
    files,
    requests: new Map(requests.map((request) => [`${request.name}.${request.action}`, request])),
  };
}

const after = (before: View, now: number, listing: Listing): View =>
  listedView(before, listing, { now, graceMs: 2000, complete: true });

function kindsOf({ declarations }: View): Readonly<Record<string, string>> {
  return Object.fromEntries([...declarations].map(([key, { kind }]) => [key, kind]));
}

const apps = (...names: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(names.map((name) => [`${name}.yaml`, manifestText(name)]));

const known = (...names: readonly string[]): readonly KnownResource[] =>
  names.map((key) => ({ key, place: { file: `${key}.yaml`, document: 0 } }));

const request = (name: string, action: RegistryRequest["action"], token: string): RegistryRequest => {
  return { name, action, token, requestedAt: "2026-01-02T03:04:05Z" };
};

describe("the view of a registry", () => {
  it("judges what was deleted while no controller ran", () => {
    const first = after(firstView(known("a", "b", "c"), 0), 0, listingOf(apps("a", "b")));
    const second = after(first, 2000, listingOf(apps("a", "b")));

    expect(kindsOf(first)).to.deep.equal({ a: "declared", b: "declared", c: "absent" });
    expect(kindsOf(second)).to.deep.equal({ a: "declared", b: "declared", c: "deleted" });
  });

  it("holds a mass disappearance while no controller ran", () => {
    const first = after(firstView(known("a", "b", "c"), 0), 0, listingOf({}));
    const second = after(first, 2000, listingOf({}));

    expect(kindsOf(second)).to.deep.equal({ a: "held", b: "held", c: "held" });
  });

  it("goes on with a deletion that was decided before, and with one that was held", () => {
    const records: readonly KnownResource[] = [
      { ...(known("a")[0] as KnownResource), deletion: "decided" },
      { ...(known("b")[0] as KnownResource), deletion: "held" },
    ];

    expect(kindsOf(after(firstView(records, 0), 0, listingOf(apps("c"))))).to.deep.equal({
      a: "deleted",
      b: "held",
      c: "declared",
    });
  });

  it("takes what returns after its deletion was decided for declared", () => {
    const records: readonly KnownResource[] = [{ ...(known("a")[0] as KnownResource), deletion: "decided" }];

    expect(kindsOf(after(firstView(records, 0), 0, listingOf(apps("a"))))).to.deep.equal({ a: "declared" });
  });

  it("says of everything that it is absent while the registry is, and counts no absence", () => {
    const there = after(firstView([], 0), 0, listingOf(apps("a", "b")));
    const gone = absentView(there, "not mounted");
    const back = after(gone, 99_000, listingOf(apps("a")));

    expect([...gone.declarations]).to.deep.equal([
      ["a", { kind: "absent", message: "not mounted" }],
      ["b", { kind: "absent", message: "not mounted" }],
    ]);
    expect([kindsOf(back), back.againInMs]).to.deep.equal([{ a: "declared", b: "absent" }, 2000]);
  });

  describe("the last good resource", () => {
    const folder = { "a.yaml": "app a v1\n---\nsecret s one\n", "b.yaml": "app b v1\n" };
    const there = after(firstView([], 0), 0, listingOf(folder));
    const textOf = ({ lastGood }: View): unknown => lastGood.get("secret/s")?.manifest["stringData"];

    it("is what stands in the manifest, and what stood there last while that is wrong", () => {
      const edited = after(there, 1, listingOf({ ...folder, "a.yaml": "app a v1\n---\nsecret s two\n" }));
      const wrong = after(edited, 2, listingOf({ ...folder, "a.yaml": "app a v1\n---\nwrong secret/s\n" }));

      expect(kindsOf(wrong)["secret/s"]).to.equal("invalid");
      expect([there, edited, wrong].map(textOf)).to.deep.equal([
        { text: "one" },
        { text: "two" },
        { text: "two" },
      ]);
    });

    it("is kept while the registry is absent, and through the grace, and goes with the deletion", () => {
      const absent = absentView(there, "not mounted");
      const missing = after(absent, 5000, listingOf({ ...folder, "a.yaml": "app a v1\n" }));
      const deleted = after(missing, 7000, listingOf({ ...folder, "a.yaml": "app a v1\n" }));

      expect([missing, deleted].map((view) => kindsOf(view)["secret/s"])).to.deep.equal([
        "absent",
        "deleted",
      ]);
      expect([absent, missing, deleted].map(textOf)).to.deep.equal([
        { text: "one" },
        { text: "one" },
        undefined,
      ]);
      expect(deleted.lastGood.has("a")).to.equal(true);
    });

    it("is there for a held Application", () => {
      const missing = after(there, 1000, listingOf({}));
      const held = after(missing, 3000, listingOf({}));

      expect(kindsOf(held)).to.deep.equal({ a: "held", b: "held", "secret/s": "deleted" });
      expect([...held.lastGood.keys()].toSorted()).to.deep.equal(["a", "b"]);
    });
  });

  it("deletes a held name when its request confirms it, and not the others", () => {
    const confirmed = listingOf({}, [request("a", "confirm-deletion", "t"), request("b", "sync", "t")]);
    const first = after(firstView(known("a", "b"), 0), 0, listingOf({}));
    const held = after(first, 2000, listingOf({}));

    expect(kindsOf(after(held, 9000, confirmed))).to.deep.equal({ a: "deleted", b: "held" });
  });

  it("forgets what was torn down, but not what is declared again", () => {
    const first = after(firstView([], 0), 0, listingOf(apps("a", "b")));
    const missing = after(first, 0, listingOf(apps("b")));
    const deleted = after(missing, 2000, listingOf(apps("b")));
    const forgotten = forgottenView(forgottenView(deleted, "a"), "b");

    expect([kindsOf(deleted), kindsOf(forgotten)]).to.deep.equal([
      { a: "deleted", b: "declared" },
      { b: "declared" },
    ]);
    expect(kindsOf(after(forgotten, 3000, listingOf(apps("b"))))).to.deep.equal({ b: "declared" });
  });

  it("gives the name of what was deleted to whoever declares it next", () => {
    const first = after(firstView(known("a"), 0), 0, listingOf({}));
    const deleted = after(first, 2000, listingOf({}));
    const again = after(deleted, 3000, listingOf({ "x.yaml": manifestText("a") }));

    expect(again.declarations.get("a")).to.deep.include({
      kind: "declared",
      place: { file: "x.yaml", document: 0 },
    });
  });

  describe("changedKeys()", () => {
    const view = (
      folder: Readonly<Record<string, string>>,
      requests: readonly RegistryRequest[] = [],
    ): View => after(firstView([], 0), 0, listingOf(folder, requests));

    it("names nothing when the same is listed again, in whatever bytes", () => {
      const before = view({ "a.yaml": "app a v1\n", "b.yaml": "{", "c.yaml": "app c v1\n---\n# old\n" });
      const same = view({ "a.yaml": "\n app a v1", "b.yaml": "{{", "c.yaml": "app c v1\n---\n# new\n" });

      expect([...changedKeys(before, same)]).to.deep.equal([]);
    });

    it("names what is new, changed, moved, wrong and gone", () => {
      const before = view({ ...apps("same", "edited", "moved", "broken", "gone"), "x.yaml": "{" });
      const now = listingOf({
        ...apps("same", "new"),
        "edited.yaml": manifestText("edited", "v2"),
        "elsewhere.yaml": manifestText("moved"),
        "broken.yaml": "{",
      });

      expect([...changedKeys(before, after(before, 1, now))].toSorted()).to.deep.equal([
        "broken",
        "edited",
        "gone",
        "moved",
        "new",
        "x.yaml#0",
      ]);
    });

    it("names a Secret when a value of it changes, and nothing where the same is written otherwise", () => {
      const before = view({ "s.yaml": "secret s one\n" });
      const same = view({ "s.yaml": "\nsecret s one" });
      const edited = view({ "s.yaml": "secret s two\n" });

      expect([...changedKeys(before, same)]).to.deep.equal([]);
      expect([...changedKeys(before, edited)]).to.deep.equal(["secret/s"]);
    });

    it("names a new request and a newer one, but not the same nor one that was consumed", () => {
      const sync = request("a", "sync", "t1");
      const none = view(apps("a"));
      const one = view(apps("a"), [sync]);
      const newer = view(apps("a"), [request("a", "sync", "t2")]);
      const names = [changedKeys(none, one), changedKeys(one, newer), changedKeys(one, one)].map((keys) => [
        ...keys,
      ]);

      expect(names).to.deep.equal([["a"], ["a"], []]);
      expect([
        ...consumedView(one, sync).requests,
        ...changedKeys(one, consumedView(one, sync)),
      ]).to.deep.equal([]);
      expect([...consumedView(newer, sync).requests].length).to.equal(1);
    });

    it("names a request for something that is not there", () => {
      expect([...changedKeys(view({}), view({}, [request("nobody", "sync", "t1")]))]).to.deep.equal([
        "nobody",
      ]);
    });
  });
});
