import { generateKeyPairSync } from "node:crypto";
import { expect } from "chai";
import type { ApplicationSpec } from "../../../controller/api/application.ts";
import { applicationFromManifest } from "../../../controller/api/schema.ts";
import type { Secret } from "../../../controller/api/secret.ts";
import { checkSecret } from "../../../controller/api/secret-schema.ts";
import { sealingKeyOf } from "../../../controller/lib/aead.ts";
import { createGrowingMask, secretsInUse } from "../../../controller/reconcile/secrets.ts";
import { NO_KEYS } from "../../../controller/secret/keyring.ts";
import { createSecretStore, type SecretStore } from "../../../controller/secret/secret-store.ts";

const { privateKey } = generateKeyPairSync("ed25519", {
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
  publicKeyEncoding: { type: "spki", format: "pem" },
});
const apiVersion = "conops.dev/v1alpha1";

function secretOf(name: string, type: string, stringData: Readonly<Record<string, string>>): Secret {
  const checked = checkSecret({ apiVersion, kind: "Secret", metadata: { name }, type, stringData });
  if ("faults" in checked) throw new Error(JSON.stringify(checked.faults));
  return checked.secret;
}

function storeOf(...secrets: readonly Secret[]): SecretStore {
  return createSecretStore({
    declared(name) {
      const secret = secrets.find((each) => each.name === name);
      return secret === undefined ? { kind: "missing" } : { kind: "present", secret };
    },
    declaredNames: () => secrets.map(({ name }) => name),
    keyring: NO_KEYS,
    dataKey: sealingKeyOf(new Uint8Array(32)),
  });
}

function specOf(fields: { readonly source?: object; readonly compose?: object }): ApplicationSpec {
  const application = applicationFromManifest(
    {
      apiVersion,
      kind: "Application",
      metadata: { name: "shop" },
      spec: {
        source: { repoURL: "https://git.example.com/shop.git", ...fields.source },
        compose: { ...fields.compose },
      },
    },
    { allowFileRepos: false },
  );
  if (application === undefined) throw new Error("the manifest is not valid");
  return application.spec;
}

const fromSecret = (name: string, key: string, secret = "shop") => ({
  name,
  valueFrom: { secretKeyRef: { name: secret, key } },
});
const shop = (fields: Readonly<Record<string, string>>): Secret => secretOf("shop", "Opaque", fields);

describe("secretsInUse()", () => {
  it("has nothing to say of a spec without Secrets", () => {
    const used = secretsInUse(specOf({ compose: { env: [{ name: "TAG", value: "1" }] } }), storeOf());

    expect(used).to.deep.equal({
      env: [{ name: "TAG", value: "1", inject: false }],
      digest: undefined,
      credentialsDigest: undefined,
      source: undefined,
      submodules: new Map(),
      verify: undefined,
      dockerConfig: undefined,
      values: [],
      texts: [],
      sourceFault: undefined,
      fault: undefined,
    });
  });

  it("puts values into variables, in the order of the spec, and lists them as secret", () => {
    const env = [
      { name: "TAG", value: "1" },
      { ...fromSecret("DB", "db"), inject: true },
    ];
    const used = secretsInUse(specOf({ compose: { env } }), storeOf(shop({ db: "hunter2", other: "x" })));

    expect(used.env).to.deep.equal([
      { name: "TAG", value: "1", inject: false },
      { name: "DB", value: "hunter2", inject: true },
    ]);
    expect(used.texts).to.deep.equal(["hunter2"]);
    expect(used.digest)
      .to.match(/^[0-9a-f]{64}$/)
      .and.not.to.contain("hunter2");
  });

  it("gives another digest for another value, and the same for the same value in another Secret's form", () => {
    const spec = specOf({ compose: { env: [fromSecret("DB", "db")] } });
    const digest = (secret: Secret): string | undefined => secretsInUse(spec, storeOf(secret)).digest;

    expect(digest(shop({ db: "a" }))).to.equal(digest(shop({ db: "a", unused: "b" })));
    expect(digest(shop({ db: "a" }))).not.to.equal(digest(shop({ db: "b" })));
  });

  it("gives another digest when two values change places", () => {
    const spec = specOf({ compose: { env: [fromSecret("A", "a"), fromSecret("B", "b")] } });
    const digest = (a: string, b: string): string | undefined =>
      secretsInUse(spec, storeOf(shop({ a, b }))).digest;

    expect(digest("x", "y")).not.to.equal(digest("y", "x"));
  });

  for (const { name, fields, secret, fault } of [
    {
      name: "a Secret that is not there",
      fields: { compose: { env: [fromSecret("DB", "db", "gone")] } },
      fault: 'Cannot set the variable "DB" of spec.compose.env: there is no Secret "gone"',
    },
    {
      name: "a field that is not there",
      fields: { compose: { env: [fromSecret("DB", "pw")] } },
      secret: shop({ db: "hunter2" }),
      fault: 'Cannot set the variable "DB" of spec.compose.env: Secret "shop" has no field "pw": it has "db"',
    },
    {
      name: "a value that no environment can hold",
      fields: { compose: { env: [fromSecret("DB", "db")] } },
      secret: shop({ db: "a\0b" }),
      fault:
        'Cannot set the variable "DB" of spec.compose.env: the value holds a zero byte, which no environment can',
    },
    {
      name: "a value that is too long for an environment",
      fields: { compose: { env: [fromSecret("DB", "db")] } },
      secret: shop({ db: "x".repeat(131_072) }),
      fault:
        'Cannot set the variable "DB" of spec.compose.env: the value is too long for an environment: 131076 bytes with its name, at most 131072',
    },
    {
      name: "a Docker config of another type",
      fields: { compose: { imagePullSecrets: [{ name: "shop" }] } },
      secret: shop({ ".dockerconfigjson": "{}" }),
      fault: /^Cannot use spec\.compose\.imagePullSecrets: Secret "shop" .*kubernetes\.io\/dockerconfigjson/,
    },
  ] as const) {
    it(`says what is wrong with ${name}, and never a value`, () => {
      const used = secretsInUse(
        specOf(fields),
        storeOf(...("secret" in fields ? [] : secret ? [secret] : [])),
      );

      if (typeof fault === "string") expect(used.fault).to.equal(fault);
      else expect(used.fault).to.match(fault);
      expect(used.sourceFault).to.equal(undefined);
      expect(used.env).to.deep.equal([]);
    });
  }

  it("takes the first of two credentials for one registry", () => {
    const registry = (name: string, auth: string): Secret =>
      secretOf(name, "kubernetes.io/dockerconfigjson", {
        ".dockerconfigjson": JSON.stringify({
          auths: { "r.example.com": { auth }, [`${name}.example.com`]: { auth } },
        }),
      });
    const [a, b] = ["QTphYWFh", "QjpiYmJi"];
    const used = secretsInUse(
      specOf({ compose: { imagePullSecrets: [{ name: "a" }, { name: "b" }] } }),
      storeOf(registry("a", a), registry("b", b)),
    );

    expect(JSON.parse(used.dockerConfig ?? "")).to.deep.equal({
      auths: {
        "r.example.com": { auth: a },
        "a.example.com": { auth: a },
        "b.example.com": { auth: b },
      },
    });
    expect(used.digest).to.equal(undefined);
  });

  it("joins the signers of the spec and of the Secret, and changes its digest with the Secret's", () => {
    const verify = {
      mode: "HEAD",
      allowedSigners: "a@example.com ssh-ed25519 AAAA",
      secretRef: { name: "signers" },
    };
    const unsupported = specOf({});
    const spec: ApplicationSpec = {
      ...unsupported,
      source: { ...unsupported.source, verify: { ...verify, mode: "HEAD", secretRef: "signers" } },
    };
    const used = (text: string) =>
      secretsInUse(spec, storeOf(secretOf("signers", "Opaque", { allowed_signers: text })));

    expect(used("b ssh-ed25519 BBBB").verify).to.deep.equal({
      mode: "HEAD",
      allowedSigners: "a@example.com ssh-ed25519 AAAA\nb ssh-ed25519 BBBB",
    });
    expect(used("b ssh-ed25519 BBBB").digest).not.to.equal(used("c ssh-ed25519 CCCC").digest);
  });

  it("tells a fault of the source's credential apart, for then the remote is not asked", () => {
    const { source, compose, ...rest } = specOf({});
    const spec: ApplicationSpec = { ...rest, compose, source: { ...source, secretRef: "key" } };
    const good = secretsInUse(
      spec,
      storeOf(secretOf("key", "kubernetes.io/ssh-auth", { "ssh-privatekey": privateKey })),
    );
    const bad = secretsInUse(spec, storeOf());

    expect(good.source?.secret).to.equal("key");
    expect(good.source?.credential.kind).to.equal("ssh");
    expect(good.sourceFault).to.equal(undefined);
    expect(bad.sourceFault).to.equal('Cannot use spec.source.secretRef: there is no Secret "key"');
    expect(bad.fault).to.equal(bad.sourceFault);
  });
});

describe("createGrowingMask()", () => {
  it("goes on masking what was secret before", () => {
    const maskOf = createGrowingMask();

    expect(maskOf(["hunter2"])("hunter2 and swordfish")).to.equal("*** and swordfish");
    expect(maskOf(["swordfish"])("hunter2 and swordfish")).to.equal("*** and ***");
    expect(maskOf([])("hunter2")).to.equal("***");
  });
});
