import { expect } from "chai";
import { API_VERSION, type Application } from "../../controller/api/application.ts";
import { applicationFromManifest } from "../../controller/api/schema.ts";
import { makeSealingKey } from "../../controller/lib/aead.ts";
import { NO_KEYS } from "../../controller/secret/keyring.ts";
import { wireSecrets } from "../../controller/wire-secrets.ts";

function application(secret: string | undefined): Application {
  const env = [{ name: "DB", valueFrom: { secretKeyRef: { name: secret, key: "db" } } }];
  const found = applicationFromManifest(
    {
      apiVersion: API_VERSION,
      kind: "Application",
      metadata: { name: "shop" },
      spec: {
        source: { repoURL: "https://git.example.com/shop.git" },
        ...(secret !== undefined && { compose: { env } }),
      },
    },
    { allowFileRepos: false },
  );
  if (found === undefined) throw new Error("not an Application");
  return found;
}

describe("wireSecrets()", () => {
  it("names the Secrets that an edit refers to anew, or no more, also of what was there at the start", () => {
    let now: Application | undefined = application("one");
    const wiring = wireSecrets({
      registry: {
        keys: () => ["shop"],
        get: () =>
          now === undefined
            ? { kind: "deleted" }
            : { kind: "declared", resource: now, place: { file: "shop.yaml", document: 0 } },
        lastGood: () => now,
      },
      records: { list: () => [] },
      keyring: NO_KEYS,
      dataKey: makeSealingKey(),
      readManifest: () => undefined,
    });
    const turned: (readonly string[])[] = [];
    for (const next of [
      application("two"),
      application("two"),
      application(undefined),
      application("one"),
      undefined,
    ]) {
      now = next;
      turned.push([...wiring.dependents("shop")]);
    }

    expect(turned).to.deep.equal([
      ["secret/two", "secret/one"],
      [],
      ["secret/two"],
      ["secret/one"],
      ["secret/one"],
    ]);
  });
});
