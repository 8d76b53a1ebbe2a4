import { expect } from "chai";
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { checkApplication } from "../../../controller/api/schema.ts";

const page = readFileSync("docs/verification.md", "utf8");

describe("docs/verification.md", () => {
  it("has an example that is valid", () => {
    const example = parse(/^```yaml\n([^]*?)^```$/m.exec(page)?.[1] ?? "") as object;
    const manifest = {
      apiVersion: "conops.dev/v1alpha1",
      kind: "Application",
      metadata: { name: "shop" },
      ...example,
    };

    expect(checkApplication(manifest, { allowFileRepos: false })).not.to.have.property("faults");
    expect(manifest).to.have.nested.property("spec.source.verify.allowedSigners");
  });
});
