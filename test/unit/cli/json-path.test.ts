import { expect } from "chai";
import { printerColumns } from "../../../controller/api/kinds.ts";
import { KINDS } from "../../../controller/api/resource.ts";
import { parseJsonPath } from "../../../controller/cli/json-path.ts";

const ROOT = {
  metadata: { name: "shop", labels: { "conops.dev/x": "y" } },
  list: [
    { type: "Ready", status: "True", deep: { n: 1 } },
    { type: "Healthy", status: "False", deep: { n: 2 } },
  ],
  empty: null,
};

describe("parseJsonPath()", () => {
  const cases: readonly { readonly path: string; readonly found: readonly unknown[] }[] = [
    { path: "", found: [ROOT] },
    { path: ".metadata.name", found: ["shop"] },
    { path: ".metadata['labels']['conops.dev/x']", found: ["y"] },
    { path: '.list[?(@.type=="Ready")].status', found: ["True"] },
    { path: ".list[?(@.type=='Healthy')].status", found: ["False"] },
    { path: ".list[?( @.deep.n == 2 )].type", found: ["Healthy"] },
    { path: '.list[?(@.type=="Gone")].status', found: [] },
    { path: ".list[0].type", found: ["Ready"] },
    { path: ".list[-1].type", found: ["Healthy"] },
    { path: ".list[7].type", found: [] },
    { path: ".list[*].status", found: ["True", "False"] },
    { path: ".empty", found: [null] },
    { path: ".metadata.name.length", found: [] },
    { path: ".toString", found: [] },
    { path: ".no.such.thing", found: [] },
  ];
  for (const { path, found } of cases) {
    it(`finds ${JSON.stringify(found).slice(0, 40)} at ${JSON.stringify(path)}`, () => {
      expect(parseJsonPath(path)(ROOT)).to.deep.equal(found);
    });
  }

  for (const path of ["name", ".a..b", ".a[?(@.b>1)]", ".a[", "$.a"]) {
    it(`refuses ${JSON.stringify(path)}`, () => {
      expect(() => parseJsonPath(path)).to.throw(SyntaxError, "Cannot read the JSONPath");
    });
  }

  it("reads every path of the printer columns", () => {
    for (const kind of KINDS) {
      const columns = printerColumns(kind);
      expect(columns.map(({ jsonPath }) => parseJsonPath(jsonPath)({}))).to.deep.equal(columns.map(() => []));
    }
  });
});
