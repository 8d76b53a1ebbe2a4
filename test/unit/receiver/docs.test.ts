import { expect } from "chai";
import { readFileSync } from "node:fs";
import { RECEIVER_TYPES } from "../../../controller/api/receiver.ts";
import { REFUSAL_REASONS } from "../../../controller/receiver/refusals.ts";
import { parseManifests } from "../../../controller/registry/parse.ts";

const page = readFileSync(new URL("../../../docs/webhooks.md", import.meta.url), "utf8");

describe("docs/webhooks.md", () => {
  const manifests = [...page.matchAll(/```yaml\n([^]*?)```/g)].map(([, text]) => text ?? "");
  const parsed = manifests.flatMap(
    (text) => parseManifests("webhooks.yaml", Buffer.from(text), { allowFileRepos: false }).documents,
  );

  it("shows manifests that are valid, one for every type", () => {
    const types = new Set<string>();
    for (const document of parsed) {
      expect(document.kind).to.equal("resource");
      if (document.kind === "resource" && document.resource.kind === "Receiver")
        types.add(document.resource.spec.type);
    }

    expect([...types].toSorted()).to.deep.equal([...RECEIVER_TYPES].toSorted());
  });

  it("explains every reason of a refusal, and no other", () => {
    const explained = page
      .split("\n")
      .filter((line) => /^\| \d{3} /.test(line))
      .flatMap((line) => /`([A-Z]\w+)`/.exec(line.split("|")[3] ?? "")?.[1] ?? []);

    expect(explained.toSorted()).to.deep.equal([...REFUSAL_REASONS].toSorted());
  });
});
