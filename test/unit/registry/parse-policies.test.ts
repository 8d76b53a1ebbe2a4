import { expect } from "chai";
import { readFileSync } from "node:fs";
import { formatFault } from "../../../controller/api/application.ts";
import { EVERYTHING, fieldOfRule, ruleOf, type Allowed } from "../../../controller/api/policy.ts";
import { ALLOWED_FIELDS, restrictedPolicy } from "../../../controller/api/policy-schema.ts";
import { showPolicy } from "../../../controller/cli/policy.ts";
import { POLICY_RULES } from "../../../controller/policy/judge.ts";
import { parseManifests } from "../../../controller/registry/parse.ts";
import { parsePolicies } from "../../../controller/registry/parse-policies.ts";

const HEAD = "apiVersion: conops.dev/v1alpha1\nkind: Policy\nmetadata: { name: p }\n";
/** What the page says in the place of a list. */
const WORDS: Readonly<Record<string, string>> = {
  none: "",
  all: "`*`",
  "the MTU": "`com.docker.network.driver.mtu`",
  "this host alone": "`127.0.0.0/8`, `::1/128`",
};
const bytes = (text: string): Uint8Array => Buffer.from(text);
const faultsOf = (text: string): readonly string[] =>
  (parsePolicies("p.yaml", bytes(text)).faults ?? []).map(formatFault);

describe("a file of Policies", () => {
  it("that says nothing is restricted", () => {
    const parsed = parsePolicies("p.yaml", bytes(HEAD));

    expect(parsed).to.deep.equal({ policies: [{ ...restrictedPolicy(), name: "p" }] });
  });

  const wrong: readonly (readonly [name: string, text: string, faults: readonly string[]])[] = [
    [
      "a field that is not there",
      `${HEAD}spec:\n  privilged: true\n`,
      ['p.yaml:5:3: spec.privilged: unknown field "privilged", did you mean "privileged"?'],
    ],
    [
      "values of the wrong type",
      `${HEAD}spec:\n  privileged: yes\n  capabilities: ALL\n`,
      [
        'p.yaml:5:15: spec.privileged: must be true or false, not the string "yes"',
        'p.yaml:6:17: spec.capabilities: must be a list, not the string "ALL": begin each item with "- "',
      ],
    ],
    [
      "a rule that is not there",
      `${HEAD}spec:\n  exceptions:\n    - applications: [a]\n      rules: [docker-sock]\n`,
      [],
    ],
    [
      "an exception for nobody, and a policy for nobody",
      `${HEAD}spec:\n  appliesTo: {}\n  exceptions:\n    - rules: [ports]\n`,
      [
        "p.yaml:5:14: spec.appliesTo: must name applications or labels, or both",
        "p.yaml:7:7: spec.exceptions[0]: must name applications or labels, or both",
      ],
    ],
    [
      "an exception from nothing",
      `${HEAD}spec:\n  exceptions:\n    - {applications: [a], rules: []}\n`,
      ["p.yaml:6:34: spec.exceptions[0].rules: must have at least one item"],
    ],
    [
      "ports, ranges and paths that are none",
      `${HEAD}spec:\n  ports: ["9-8", "70000"]\n  subnets: [10.0.0.0/33]\n  portAddresses: [localhost]\n  hostPaths: [{path: /a/../b}, {path: c}]\n`,
      [
        'p.yaml:5:11: spec.ports[0]: must be a port up to 65535, or a range from a lower to a higher one, not "9-8"',
        'p.yaml:5:18: spec.ports[1]: must be a port up to 65535, or a range from a lower to a higher one, not "70000"',
        'p.yaml:6:13: spec.subnets[0]: must be an address or a range in CIDR notation, such as 10.0.0.0/8, or "*", not "10.0.0.0/33"',
        'p.yaml:7:19: spec.portAddresses[0]: must be an address or a range in CIDR notation, such as 10.0.0.0/8, or "*", not "localhost"',
        'p.yaml:8:22: spec.hostPaths[0].path: must be a path without "." and "..", not "/a/../b"',
        'p.yaml:8:39: spec.hostPaths[1].path: must be an absolute path, not "c"',
      ],
    ],
    [
      "two Policies of one name, and one behind that for everybody",
      `${HEAD}---\n${HEAD}`,
      [
        "p.yaml:5:1: the Policy before it is for everybody: give that one appliesTo, or put it last",
        'p.yaml:7:19: metadata.name: the Policy "p" is there twice in this file',
      ],
    ],
    [
      "a manifest",
      "apiVersion: conops.dev/v1alpha1\nkind: Secret\nmetadata: {name: p}\n",
      ['p.yaml:2:7: kind: must be Policy, not "Secret"'],
    ],
    ["what is no YAML", "a: [", []],
    [
      "nothing",
      "# nothing\n",
      ['p.yaml:1:1: holds no Policy: write "apiVersion: conops.dev/v1alpha1" and "kind: Policy"'],
    ],
  ];
  for (const [name, text, faults] of wrong) {
    it(`is refused for ${name}`, () => {
      const found = faultsOf(text);

      expect(found.length).to.be.greaterThan(0);
      if (faults.length > 0) expect(found).to.deep.equal(faults);
    });
  }

  it("names the rule that was meant", () => {
    const [fault = ""] = faultsOf(
      `${HEAD}spec:\n  exceptions: [{applications: [a], rules: [docker-sock]}]\n`,
    );

    expect(fault).to.match(/not "docker-sock": did you mean "docker-socket"\?$/);
  });

  it("is no manifest, and says where it belongs", () => {
    const [document] = parseManifests("p.yaml", bytes(HEAD), { allowFileRepos: false }).documents;

    expect(document?.kind === "invalid" ? document.faults.map(formatFault) : []).to.deep.equal([
      'p.yaml:2:7: kind: a Policy is no manifest, which whoever writes manifests could change: keep it elsewhere, check it with "conops policy check FILE", and give it to the controller by --policy FILE',
    ]);
  });
});

describe("the fields of a Policy", () => {
  const names = ALLOWED_FIELDS.map(({ name }) => name);

  it("are the rules, one to one", () => {
    expect(names.map(ruleOf).toSorted()).to.deep.equal(POLICY_RULES.map(({ name }) => name).toSorted());
    expect(names.map(ruleOf).map(fieldOfRule)).to.deep.equal(names);
  });

  it("and the rules are those of docs/policy.md, with the values that they have in restricted", () => {
    const { allowed } = restrictedPolicy();
    const rows = [
      ...readFileSync("docs/policy.md", "utf8").matchAll(/^\| `([a-z-]+)` \| `(\w+)` \| (.+?) \|/gm),
    ];
    const told = rows.map(([, rule, field, value]) => [rule, field, WORDS[value ?? ""] ?? value]);

    expect(told).to.deep.equal(
      names.map((field) => {
        const value = allowed[field];
        return [
          ruleOf(field),
          field,
          Array.isArray(value)
            ? (value as readonly unknown[])
                .map((item) => `\`${typeof item === "string" ? item : JSON.stringify(item)}\``)
                .join(", ")
            : `\`${value}\``,
        ];
      }),
    );
  });

  it("can be named by exceptions, each of them", () => {
    const rules = names.map(ruleOf).join(", ");
    const text = `${HEAD}spec:\n  exceptions: [{applications: [a], rules: [${rules}]}]\n`;

    expect(faultsOf(text)).to.deep.equal([]);
  });

  it("all have a value by which everything is allowed, which is one that may be written", () => {
    expect(Object.keys(EVERYTHING).toSorted()).to.deep.equal(names.toSorted());
    expect(faultsOf(`${HEAD}spec: ${JSON.stringify(EVERYTHING)}\n`)).to.deep.equal([]);
  });

  for (const [name, allowed] of [
    ["restricted", restrictedPolicy().allowed],
    ["default", EVERYTHING],
  ] as const) {
    it(`are shown of ${name} in a file that is that very policy`, () => {
      let text = "";
      showPolicy({ out: (part: string) => (text += part) } as never, name);
      const parsed = parsePolicies("p.yaml", bytes(text));

      expect(parsed.faults).to.equal(undefined);
      const [policy] = parsed.faults === undefined ? parsed.policies : [];
      expect(policy).to.deep.equal({ name, allowed: allowed satisfies Allowed, exceptions: [] });
      expect(text.split("\n").every((line) => line.length <= 120)).to.equal(true);
    });
  }
});
