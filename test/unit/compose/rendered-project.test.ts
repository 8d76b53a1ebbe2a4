import { expect } from "chai";
import { canonicalJson } from "../../../controller/lib/hash.ts";
import {
  completeProject,
  replacePaths,
  splitEnvironment,
  withPullPolicy,
} from "../../../controller/compose/rendered-project.ts";

describe("a rendered project", () => {
  it("has a path replaced in every string, at any depth, also where a dollar sign is written twice", () => {
    expect(
      replacePaths({ a: ["/s$$1/x:/s$$1", { b: "-/s$$1-" }], n: 1, z: null, t: true }, ["/s$1"], "/stable$"),
    ).to.deep.equal({ a: ["/stable$$/x:/stable$$", { b: "-/stable$$-" }], n: 1, z: null, t: true });
  });

  it("carries the values of secrets from the environment beside the fields that Compose is given", () => {
    const project = completeProject(
      {
        name: "p",
        services: { a: { image: "x" } },
        secrets: { s: { environment: "PW" }, t: { environment: "NONE" } },
      },
      [],
      (name) => (name === "PW" ? "a$b" : undefined),
    );

    const split = splitEnvironment(canonicalJson(project));

    expect(split.variables).to.deep.equal([{ name: "PW", value: "a$b" }]);
    expect(split.json.includes("a$b")).to.equal(false);
    expect(Object.keys(JSON.parse(split.json) as object)).to.deep.equal(["name", "secrets", "services"]);
  });

  it("is untouched where nothing is injected and no secret is asked for", () => {
    const project = { name: "p", services: { a: { image: "x" } } };

    expect(
      completeProject(project, [{ name: "V", value: "1", inject: false }], () => undefined),
    ).to.deep.equal(project);
  });

  it("has one pull policy, but where the file builds or never pulls", () => {
    const json = canonicalJson({
      name: "p",
      services: {
        a: {},
        b: { pull_policy: "always" },
        c: { pull_policy: "never" },
        d: { pull_policy: "build" },
      },
    });

    expect((JSON.parse(withPullPolicy(json, "missing")) as { services: unknown }).services).to.deep.equal({
      a: { pull_policy: "missing" },
      b: { pull_policy: "missing" },
      c: { pull_policy: "never" },
      d: { pull_policy: "build" },
    });
  });
});
