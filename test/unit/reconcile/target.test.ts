import { expect } from "chai";
import { sha256 } from "../../../controller/lib/hash.ts";
import type { ApplicationSpec } from "../../../controller/api/application.ts";
import { applicationFromManifest } from "../../../controller/api/schema.ts";
import type { Rendering } from "../../../controller/compose/compose.ts";
import type { TreeEntry } from "../../../controller/git/git.ts";
import { runKeys, sameTarget, specHash, usedFilesHash } from "../../../controller/reconcile/target.ts";

function spec(extra: Readonly<Record<string, unknown>> = {}): ApplicationSpec {
  const application = applicationFromManifest(
    {
      apiVersion: "conops.dev/v1alpha1",
      kind: "Application",
      metadata: { name: "shop" },
      spec: { source: { repoURL: "https://git.example.com/shop.git" }, ...extra },
    },
    { allowFileRepos: false },
  );
  if (application === undefined) throw new Error("the manifest of this test is not valid");
  return application.spec;
}
const source = { repoURL: "https://git.example.com/shop.git" };

describe("specHash()", () => {
  it("stays through what does not shape what runs", () => {
    for (const extra of [
      { suspend: true },
      { state: "Stopped" },
      { source: { ...source, interval: "5s" } },
      { source: { ...source, revision: { branch: "main" } } },
      { compose: { adopt: true } },
      { compose: { pull: "always" } },
      { sync: { automated: false, selfHeal: false, prune: false, timeout: "1m" } },
      { deletionPolicy: "Orphan" },
    ]) {
      expect(specHash(spec(extra))).to.equal(specHash(spec()));
    }
  });

  it("changes with each part that does", () => {
    const hashes = [
      {},
      { source: { repoURL: "https://git.example.com/blog.git" } },
      { source: { ...source, path: "deploy" } },
      { compose: { projectName: "other" } },
      { compose: { overrides: ["prod.yaml"] } },
      { compose: { profiles: ["web"] } },
      { compose: { env: [{ name: "TAG", value: "1" }] } },
      { compose: { env: [{ name: "TAG", value: "2" }] } },
      { compose: { envFiles: ["prod.env"] } },
      { compose: { allowUnset: ["TAG"] } },
      { compose: { build: false } },
    ].map((extra) => specHash(spec(extra)));

    expect(new Set(hashes).size).to.equal(hashes.length);
  });
});

describe("sameTarget()", () => {
  it("compares revision and spec, and is never true of nothing", () => {
    const target = { revision: "a", specHash: "1" };

    expect(sameTarget(target, { ...target })).to.equal(true);
    expect(sameTarget(target, { ...target, revision: "b" })).to.equal(false);
    expect(sameTarget(target, { ...target, specHash: "2" })).to.equal(false);
    expect(sameTarget(undefined, undefined)).to.equal(false);
    expect(sameTarget(target, undefined)).to.equal(false);
  });
});

describe("used files", () => {
  const entries = (files: Readonly<Record<string, string>>): readonly TreeEntry[] =>
    Object.entries(files).map(([path, blob]) => ({ path, mode: "100644", blob }));
  const rendering = (usedPaths: Rendering["usedPaths"], services = {}): Rendering =>
    ({ usedPaths, project: { name: "shop", services } }) as Rendering;
  const hash = (usedPaths: Rendering["usedPaths"], files: Readonly<Record<string, string>>): string =>
    usedFilesHash(rendering(usedPaths), entries(files));

  it("are those below the used folders, and no others", () => {
    const used = { web: ["conf"] };
    const before = hash(used, { "conf/a": "1", "README.md": "1", conference: "1" });

    expect(hash(used, { "conf/a": "1", "README.md": "2", conference: "2" })).to.equal(before);
    expect(hash(used, { "conf/a": "2", "README.md": "1" })).not.to.equal(before);
    expect(hash(used, { "conf/a": "1", "conf/b": "1" })).not.to.equal(before);
    expect(hash({ web: ["."] }, { "x/y": "1" })).not.to.equal(hash({ web: ["."] }, { "x/y": "2" }));
  });

  it("count with their modes, and whichever service uses them", () => {
    const file: TreeEntry = { path: "run.sh", mode: "100644", blob: "1" };
    const of = (entry: TreeEntry): string => usedFilesHash(rendering({ web: ["run.sh"] }), [entry]);

    expect(of({ ...file, mode: "100755" })).not.to.equal(of(file));
    expect(hash({ web: [], db: ["x"] }, { x: "1" })).to.equal(hash({ web: ["x"] }, { x: "1" }));
  });

  it("give a service a new run when its definition, its image or its files change, and only then", () => {
    const services = { migrate: { image: "m:1" }, web: { image: "w:1" } };
    const used = { migrate: ["sql"], web: ["www"] };
    const idsOf = (
      images: Readonly<Record<string, string>>,
    ): Readonly<Record<string, { readonly id: string }>> =>
      Object.fromEntries(Object.entries(images).map(([name, id]) => [name, { id }]));
    const key = (images: Readonly<Record<string, string>>, files: Readonly<Record<string, string>>): string =>
      runKeys(rendering(used, services), entries(files), idsOf(images), sha256)["migrate"] ?? "";
    const before = key({ migrate: "i1", web: "i1" }, { "sql/1": "1", "www/x": "1" });

    expect(key({ migrate: "i1", web: "i2" }, { "sql/1": "1", "www/x": "2" })).to.equal(before);
    expect(key({ migrate: "i2", web: "i1" }, { "sql/1": "1" })).not.to.equal(before);
    expect(key({ migrate: "i1", web: "i1" }, { "sql/1": "2" })).not.to.equal(before);
    expect(
      runKeys(
        rendering(used, { migrate: { image: "m:2" } }),
        entries({ "sql/1": "1" }),
        { migrate: { id: "i1" } },
        sha256,
      )["migrate"],
    ).not.to.equal(before);
  });
});
