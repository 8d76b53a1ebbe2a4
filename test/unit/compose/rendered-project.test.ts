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

    expect(split.variables).to.deep.equal([{ name: "CONOPS_VALUE_0", value: "a$b" }]);
    expect(JSON.parse(split.json)).to.deep.equal({
      name: "p",
      services: { a: { image: "x" } },
      secrets: { s: { environment: "CONOPS_VALUE_0" }, t: { environment: "NONE" } },
    });
  });

  it("lets a repository put nothing into Compose's environment under a name of its choice", () => {
    const foreign = { "x-conops-environment": { LD_PRELOAD: "/evil.so" } };
    const project = { name: "p", services: {}, secrets: { s: { environment: "LD_PRELOAD" } }, ...foreign };

    const without = completeProject({ ...project, secrets: {} }, [], () => undefined);
    const { variables } = splitEnvironment(canonicalJson(completeProject(project, [], () => "/evil.so")));

    expect(without).to.deep.equal({ name: "p", services: {}, secrets: {} });
    expect(variables).to.deep.equal([{ name: "CONOPS_VALUE_0", value: "/evil.so" }]);
    expect(splitEnvironment(canonicalJson({ ...project, ...foreign })).variables).to.deep.equal([]);
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
