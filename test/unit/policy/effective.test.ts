import { expect } from "chai";
import { EVERYTHING } from "../../../controller/api/policy.ts";
import { DEFAULT_POLICY, effectivePolicy } from "../../../controller/policy/effective.ts";
import type { Policy } from "../../../controller/api/policy.ts";
import { RESTRICTED } from "../../support/policy.ts";

const app = (name: string, labels: Readonly<Record<string, string>> = {}) => ({ name, labels });
const policy = (name: string, more: Partial<Policy> = {}): Policy => ({
  name,
  allowed: RESTRICTED,
  exceptions: [],
  ...more,
});

describe("effectivePolicy()", () => {
  it("is the first policy that is for the Application, by name, by label, or for everybody", () => {
    const policies = [
      policy("media", { appliesTo: { applications: ["jelly*", "radio"] } }),
      policy("infra", { appliesTo: { labels: { team: "infra", tier: "1" } } }),
      policy("both", { appliesTo: { applications: ["db"], labels: { team: "web" } } }),
      policy("others"),
    ];
    const found = [
      app("jellyfin"),
      app("radio2"),
      app("x", { team: "infra", tier: "1" }),
      app("x", { team: "infra" }),
      app("db", { team: "web" }),
      app("db"),
    ].map((application) => effectivePolicy(policies, application).name);

    expect(found).to.deep.equal(["media", "others", "infra", "others", "both", "others"]);
  });

  it("is restricted for whom no policy is", () => {
    const only = policy("media", { appliesTo: { applications: ["media"] }, allowed: EVERYTHING });

    expect(effectivePolicy([only], app("shop"))).to.deep.include({ name: "restricted", allowed: RESTRICTED });
  });

  it("allows all that a rule is about to whom it does not hold for, and nothing else", () => {
    const policies = [
      policy("p", {
        exceptions: [
          { applications: ["traefik"], rules: ["docker-socket", "ports"] },
          { labels: { trusted: "yes" }, rules: ["privileged"] },
        ],
      }),
    ];

    expect(effectivePolicy(policies, app("traefik")).allowed).to.deep.equal({
      ...RESTRICTED,
      dockerSocket: true,
      ports: ["0-65535"],
    });
    expect(effectivePolicy(policies, app("traefik", { trusted: "yes" })).allowed.privileged).to.equal(true);
    expect(effectivePolicy(policies, app("traefik2")).allowed).to.deep.equal(RESTRICTED);
  });

  it("has a digest that changes with what is allowed to that Application, and with nothing else", () => {
    const exception = { applications: ["traefik"], rules: ["privileged"] } as const;
    const before = policy("p");
    const after = policy("renamed", { exceptions: [exception] });
    const digests = (name: string) => [before, after].map((one) => effectivePolicy([one], app(name)).digest);

    expect(new Set(digests("shop")).size).to.equal(1);
    expect(new Set(digests("traefik")).size).to.equal(2);
  });

  it("allows everything by default", () => {
    expect(effectivePolicy([DEFAULT_POLICY], app("shop")).allowed).to.deep.equal(DEFAULT_POLICY.allowed);
    expect(DEFAULT_POLICY.allowed).to.equal(EVERYTHING);
  });
});
