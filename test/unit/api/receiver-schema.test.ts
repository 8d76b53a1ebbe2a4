import { expect } from "chai";
import { formatPath } from "../../../controller/api/field-fault.ts";
import { checkReceiver } from "../../../controller/api/receiver-schema.ts";
import { hashOf } from "../../../controller/lib/hash.ts";

const base = { apiVersion: "conops.dev/v1alpha1", kind: "Receiver", metadata: { name: "github" } };

function faultsOf(spec: unknown): readonly string[] {
  const checked = checkReceiver({ ...base, spec });
  return "faults" in checked
    ? checked.faults.map(({ path, message }) => `${formatPath(path)}: ${message}`)
    : [];
}

describe("checkReceiver()", () => {
  it("fills in the defaults", () => {
    const spec = { type: "github", secretRef: { name: "hook" }, matchRepository: true };
    const checked = checkReceiver({ ...base, spec });
    if ("faults" in checked) throw new Error("it is right");

    expect(checked.receiver.spec).to.deep.equal({
      type: "github",
      secretRef: "hook",
      applications: [],
      matchRepository: true,
    });
    expect(checked.receiver.writtenSpecHash).to.equal(hashOf(spec));
  });

  it("asks for somebody to tell", () => {
    const spec = { type: "generic", secretRef: { name: "hook" } };

    expect(faultsOf(spec)).to.deep.equal(["spec: must name applications, or set matchRepository: true"]);
    expect(faultsOf({ ...spec, applications: [{ name: "shop" }] })).to.deep.equal([]);
  });

  it("asks for a type and a Secret", () => {
    expect(faultsOf({ type: "gogs", matchRepository: true })).to.deep.equal([
      "spec.secretRef: is required",
      'spec.type: must be github, gitlab, gitea, bitbucket, azure-devops or generic, not "gogs"',
    ]);
  });
});
