import { expect } from "chai";
import fc from "fast-check";
import { applicationFromManifest } from "../../../controller/api/schema.ts";
import { beyond, checkoutScope, widened } from "../../../controller/reconcile/checkout-scope.ts";

function scopeOf(source: object, compose: object = {}): readonly string[] | undefined {
  const application = applicationFromManifest(
    {
      apiVersion: "conops.dev/v1alpha1",
      kind: "Application",
      metadata: { name: "shop" },
      spec: { source: { repoURL: "https://git.example.com/shop.git", ...source }, compose },
    },
    { allowFileRepos: false },
  );
  if (application === undefined) throw new Error("the manifest is not valid");
  return checkoutScope(application.spec);
}

describe("checkoutScope()", () => {
  it("is everything for a project at the root", () => {
    expect(scopeOf({})).to.equal(undefined);
    expect(scopeOf({ path: "." })).to.equal(undefined);
    expect(scopeOf({ path: "compose.yaml" })).to.equal(undefined);
  });

  it("is the folder of the Compose file", () => {
    expect(scopeOf({ path: "deploy/docker-compose.yml" })).to.deep.equal(["deploy"]);
    expect(scopeOf({ path: "apps/shop" })).to.deep.equal(["apps/shop"]);
  });

  it("takes overrides and env files with it, each once", () => {
    expect(
      scopeOf(
        { path: "apps/shop/compose.yaml" },
        {
          overrides: ["apps/shop/prod.yaml", "common/prod.yaml"],
          envFiles: ["prod.env", "common/prod.yaml"],
        },
      ),
    ).to.deep.equal(["apps/shop", "common/prod.yaml", "prod.env"]);
  });
});

describe("widened()", () => {
  it("adds what is not in it, and forgets what lies below", () => {
    expect(widened(["a/b", "c"], ["a", "c/d", "e"])).to.deep.equal(["a", "c", "e"]);
  });

  it("is everything with the root", () => {
    expect(widened(["a"], ["."])).to.equal(undefined);
    expect(widened(undefined, ["a"])).to.equal(undefined);
  });
});

describe("beyond()", () => {
  it("names what a checkout says nothing of", () => {
    expect(beyond(["a", "b/c"], ["a/x", "b/c", "b", "ab", ".", "b/c/d"])).to.deep.equal(["b", "ab", ""]);
    expect(beyond(undefined, ["a"])).to.deep.equal([]);
  });

  it("is nothing once the scope is widened by it", () => {
    const path = fc
      .array(fc.constantFrom("a", "b", "c", "d.yaml"), { minLength: 0, maxLength: 4 })
      .map((parts) => parts.join("/"));
    fc.assert(
      fc.property(fc.array(path), fc.array(path), (scope, paths) => {
        const wide = widened(scope, beyond(scope, paths));
        expect(beyond(wide, [...scope, ...paths])).to.deep.equal([]);
        expect(
          wide === undefined || wide.every((one) => beyond([one], wide).length === wide.length - 1),
        ).to.equal(true);
      }),
    );
  });
});
