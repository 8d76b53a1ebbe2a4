import { expect } from "chai";
import { createReconcileWorld, type ReconcileWorld } from "../../support/reconcile-world.ts";

const A = "a".repeat(40);
const B = "b".repeat(40);
const C = "c".repeat(40);
const V1 = "refs/tags/v1";

describe("what is noted of a source", () => {
  let world: ReconcileWorld;

  beforeEach(async () => {
    world = await createReconcileWorld();
    for (const sha of [A, B, C]) world.push(sha, { web: { image: "web:1" } });
    world.declare("shop", {
      source: { repoURL: "https://git.example.com/shop.git", revision: { tag: "v1" } },
    });
  });
  afterEach(() => world.close());

  async function at(revision: string, ref?: string): Promise<object | undefined> {
    const now = world.clock.now();
    world.sources.set("shop", { revision, checkedAt: now, polledAt: now, ...(ref !== undefined && { ref }) });
    await world.settle("shop", 60_000);
    const { since: _when, ...noted } = world.statuses.get("shop")?.status.source ?? { since: "" };
    return noted;
  }
  const message = (): string | undefined =>
    world.statuses.get("shop")?.status.conditions.find(({ type }) => type === "SourceReady")?.message;

  it("is the commit and the ref", async () => {
    expect(await at(A, V1)).to.deep.equal({ revision: A, ref: V1 });
    expect(message()).to.equal(`the remote is at ${A.slice(0, 12)}`);
  });

  it("is from where a tag was moved, also while nobody looked, until it is moved again", async () => {
    await at(A, V1);
    await world.restart();

    expect(await at(B, V1)).to.deep.equal({ revision: B, ref: V1, movedFrom: A });
    expect(message()).to.equal(
      `the remote is at ${B.slice(0, 12)}; the tag "v1" was moved there from ${A.slice(0, 12)}`,
    );
    expect(await at(B, V1)).to.deep.equal({ revision: B, ref: V1, movedFrom: A });
    expect(await at(C, V1)).to.deep.equal({ revision: C, ref: V1, movedFrom: B });
  });

  it("says nothing of a move where a branch moved, or a range of versions went from tag to tag", async () => {
    await at(A, "refs/heads/main");

    expect(await at(B, "refs/heads/main")).to.deep.equal({ revision: B, ref: "refs/heads/main" });
    expect(await at(C, V1)).to.deep.equal({ revision: C, ref: V1 });
    expect(await at(A, "refs/tags/v1.1")).to.deep.equal({ revision: A, ref: "refs/tags/v1.1" });
  });

  it("says nothing of a move where another repository has a tag of that name", async () => {
    await at(A, V1);
    world.declare("shop", {
      source: { repoURL: "https://git.example.com/other.git", revision: { tag: "v1" } },
    });

    expect(await at(B, V1)).to.deep.equal({ revision: B, ref: V1 });
  });
});
