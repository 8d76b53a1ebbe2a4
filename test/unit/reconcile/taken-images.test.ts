import { expect } from "chai";
import type { Trigger } from "../../../controller/api/status.ts";
import type { RenderedProject } from "../../../controller/compose/compose.ts";
import { sha256 } from "../../../controller/lib/hash.ts";
import {
  digestsOf,
  imagesToKeep,
  originsOf,
  takenImage,
} from "../../../controller/reconcile/taken-images.ts";

const project: RenderedProject = {
  name: "shop",
  services: {
    web: { image: "web:1" },
    app: { build: { context: "." } },
    both: { image: "both:1", build: { context: "." } },
    local: { image: "local:1", pull_policy: "never" },
  },
};
const taken = (name: string, id = `sha256:${name}`) => ({ name: sha256(name), id, digests: [] });
const BEFORE = {
  web: taken("web:1"),
  app: taken("shop-app"),
  both: taken("both:1"),
  local: taken("local:1"),
  gone: taken("gone:1"),
};

describe("imagesToKeep()", () => {
  type Pull = "missing" | "never" | "always";
  const cases: readonly (readonly [string, Trigger, Pull, boolean, readonly string[]])[] = [
    ["all that is not built", "NewRevision", "missing", true, ["web", "local"]],
    ["all, where nothing is built", "NewRevision", "missing", false, ["web", "app", "both", "local"]],
    ["the same where nothing is pulled", "SpecChanged", "never", true, ["web", "local"]],
    ["what a pull leaves out, where everything is pulled", "NewRevision", "always", true, ["local"]],
    ["what is neither pulled nor built", "ImageChanged", "always", false, ["app", "both", "local"]],
    ["nothing where a person asks", "Requested", "missing", false, []],
  ];
  for (const [what, trigger, pull, build, kept] of cases) {
    it(`keeps ${what} (${trigger}, pull: ${pull}, build: ${build})`, () => {
      const keep = imagesToKeep(project, BEFORE, trigger, { pull, build }, sha256);

      expect(Object.keys(keep)).to.deep.equal(kept);
    });
  }

  it("keeps nothing of a service whose image has another name", () => {
    const renamed = { ...project, services: { ...project.services, web: { image: "web:2" } } };

    expect(
      imagesToKeep(renamed, BEFORE, "NewRevision", { pull: "missing", build: true }, sha256),
    ).to.not.have.property("web");
  });
});

describe("takenImage()", () => {
  it("has the digests of that name's repository alone, and not the name", () => {
    const image = {
      id: "sha256:1",
      tags: [],
      digests: ["r.example.com/web@sha256:b", "r.example.com/web@sha256:a", "other/web@sha256:c"],
    };

    expect(takenImage("r.example.com/web:1", image, sha256)).to.deep.equal({
      name: sha256("r.example.com/web:1"),
      id: "sha256:1",
      digests: ["sha256:a", "sha256:b"],
    });
    expect(digestsOf("docker.io/other/web", image)).to.deep.equal(["sha256:c"]);
    expect(digestsOf("sha256:1", image)).to.deep.equal([]);
  });
});

describe("originsOf()", () => {
  const of = (changed: Partial<RenderedProject>, images = BEFORE): Readonly<Record<string, string>> =>
    originsOf({ ...project, ...changed }, images, sha256);

  it("differ for a service whose rendering or image differs, and for no other", () => {
    const before = of({});
    const rendered = of({ services: { ...project.services, web: { image: "web:1", user: "0" } } });
    const pulled = of({}, { ...BEFORE, web: taken("web:1", "sha256:new") });

    for (const after of [rendered, pulled]) {
      expect(after["web"]).to.not.equal(before["web"]);
      expect(after["app"]).to.equal(before["app"]);
    }
  });

  it("differ for all where something differs that is of no single service", () => {
    const before = of({});
    const after = of({ networks: { default: { name: "n" } } });

    for (const name of Object.keys(before)) expect(after[name]).to.not.equal(before[name]);
  });
});
