import { expect } from "chai";
import fc from "fast-check";
import type { RevisionWanted } from "../../../controller/api/application.ts";
import type { Advertisement } from "../../../controller/git/git.ts";
import { pickWanted } from "../../../controller/git/wanted-refs.ts";
import { resolveRevision } from "../../../controller/watch/git-revision.ts";

const A = "a".repeat(40);
const B = "b".repeat(40);
const ALL: Advertisement = {
  head: { ref: "refs/heads/main", sha: A },
  refs: { "refs/heads/main": A, "refs/heads/dev": B, "refs/tags/v1.0.0": A, "refs/tags/v1": B },
  tagObjects: { "refs/tags/v1": B },
};

describe("pickWanted()", () => {
  it("leaves out what nobody follows", () => {
    const wanted: RevisionWanted[] = [
      { kind: "branch", name: "dev" },
      { kind: "tag", name: "v1" },
    ];

    expect(pickWanted(ALL, wanted)).to.deep.equal({
      head: ALL.head,
      refs: { "refs/heads/dev": B, "refs/tags/v1": B },
      tagObjects: { "refs/tags/v1": B },
    });
    expect(pickWanted(ALL, [{ kind: "head" }]).refs).to.deep.equal({});
  });

  it("leaves all where a name is not there, for the error names others", () => {
    const wanted: RevisionWanted[] = [
      { kind: "branch", name: "dev" },
      { kind: "branch", name: "deb" },
    ];

    expect(pickWanted(ALL, wanted)).to.equal(ALL);
  });

  it("changes nothing of what any revision resolves to, nor of any message", () => {
    const name = fc.constantFrom("main", "dev", "v1", "v1.0.0", "1.2.3", "2.0.0-rc.1", "toString");
    const sha = fc.constantFrom(A, B);
    const ref = fc.tuple(fc.constantFrom("refs/heads/", "refs/tags/"), name).map((parts) => parts.join(""));
    const refs = fc
      .uniqueArray(fc.tuple(ref, sha), { selector: ([key]) => key })
      .map((entries): Record<string, string> => Object.fromEntries(entries));
    const head = fc.option(fc.record({ ref, sha }), { nil: undefined });
    const advertised = fc.tuple(head, refs).map(([one, all]) => ({ ...(one && { head: one }), refs: all }));
    const revision = fc.oneof(
      name.map((text): RevisionWanted => ({ kind: "branch", name: text })),
      name.map((text): RevisionWanted => ({ kind: "tag", name: text })),
      fc.constant<RevisionWanted>({ kind: "head" }),
      fc.constant<RevisionWanted>({ kind: "semver", range: ">=1.0.0-0" }),
      sha.map((text): RevisionWanted => ({ kind: "commit", sha: text })),
    );
    fc.assert(
      fc.property(advertised, fc.array(revision, { maxLength: 4 }), (all, wanted) => {
        const picked = pickWanted(all, wanted);
        for (const one of wanted) {
          expect(resolveRevision(one, picked, "u")).to.deep.equal(resolveRevision(one, all, "u"));
        }
      }),
    );
  });
});
