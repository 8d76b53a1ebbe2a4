import { expect } from "chai";
import { ReconcileError } from "../../controller/api/errors.ts";
import { applicationFromManifest } from "../../controller/api/schema.ts";
import type { Advertisement } from "../../controller/git/git.ts";
import { hashOf } from "../../controller/lib/hash.ts";
import { findSource, type SourceQuestion } from "../../controller/preview-source.ts";

const URL = "https://git.example.com/shop.git";
const [MAIN, NEXT, OLD] = ["a1", "b2", "c3"].map((begin) => begin.repeat(20)) as [string, string, string];
const ADVERTISED: Advertisement = {
  head: { ref: "refs/heads/main", sha: MAIN },
  refs: { "refs/heads/main": MAIN, "refs/heads/next": NEXT, "refs/tags/v1": OLD, "refs/tags/next": OLD },
};

function question(extra: Partial<SourceQuestion> = {}, revision?: object): SourceQuestion {
  const application = applicationFromManifest(
    {
      apiVersion: "conops.dev/v1alpha1",
      kind: "Application",
      metadata: { name: "shop" },
      spec: { source: { repoURL: URL, ...(revision && { revision }) } },
    },
    { allowFileRepos: false },
  );
  if (application === undefined) throw new Error("Cannot make the Application");
  return { application, named: undefined, remote: { id: "1", url: URL }, record: { history: [] }, ...extra };
}

const never = new AbortController().signal;
const git = { listRefs: () => Promise.resolve(ADVERTISED) };
const silent = { listRefs: () => Promise.reject(new Error("Cannot be asked")) };
const down = {
  listRefs: () => Promise.reject(new ReconcileError("Cannot read it: down", { reason: "FetchFailed" })),
};

describe("findSource()", () => {
  const cases: readonly { readonly named?: string; readonly revision?: object; readonly is: object }[] = [
    { is: { revision: MAIN, ref: "refs/heads/main" } },
    { revision: { branch: "next" }, is: { revision: NEXT, ref: "refs/heads/next" } },
    { named: "next", is: { revision: NEXT, ref: "refs/heads/next" } },
    { named: "refs/tags/next", is: { revision: OLD, ref: "refs/tags/next" } },
    { named: "v1", is: { revision: OLD, ref: "refs/tags/v1" } },
    { named: NEXT.slice(0, 9), is: { revision: NEXT } },
  ];
  for (const { named, revision, is } of cases) {
    it(`finds ${named ?? JSON.stringify(revision ?? "what HEAD is")}`, async () => {
      expect(await findSource(question({ named }, revision), git, never)).to.deep.equal(is);
    });
  }

  it("asks nobody for a commit in full", async () => {
    expect(await findSource(question({ named: OLD }), silent, never)).to.deep.equal({ revision: OLD });
    expect(await findSource(question({}, { commit: OLD }), silent, never)).to.deep.equal({ revision: OLD });
  });

  it("refuses what nobody has, with what may be meant", async () => {
    const error = await findSource(question({ named: "nex" }), git, never).catch((thrown: unknown) => thrown);

    expect((error as ReconcileError).reason).to.equal("RevisionNotFound");
    expect((error as ReconcileError).message).to.include('"next"');
  });

  it("takes what was seen last while the remote is down, and says so", async () => {
    const record = {
      history: [],
      source: { revision: OLD, ref: "refs/heads/main", since: "" },
      sourceUrlHash: hashOf(URL),
    };

    expect(await findSource(question({ record }), down, never)).to.deep.equal({
      revision: OLD,
      ref: "refs/heads/main",
      note: "the remote cannot be read, and the last known revision is taken instead: Cannot read it: down",
    });
  });

  it("takes nothing of another repository, and nothing for a name", async () => {
    const record = {
      history: [],
      source: { revision: OLD, since: "" },
      sourceUrlHash: hashOf("https://other"),
    };
    const own = { ...record, sourceUrlHash: hashOf(URL) };

    for (const asked of [question({ record }), question({ record: own, named: "next" })]) {
      const error = await findSource(asked, down, never).catch((thrown: unknown) => thrown);
      expect((error as Error).message).to.equal("Cannot read it: down");
    }
  });
});
