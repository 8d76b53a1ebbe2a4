import { Ajv } from "ajv";
import { expect } from "chai";
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { manifestSchema, type CustomResourceDefinition, type Schema } from "../../../controller/api/crd.ts";
import { DRIFT_KINDS } from "../../../controller/api/drift.ts";
import { applicationsCRD } from "../../../controller/api/generated/applications-crd.ts";
import { PATTERN_WORDS } from "../../../controller/api/schema-faults.ts";
import { policiesCRD } from "../../../controller/api/generated/policies-crd.ts";
import { receiversCRD } from "../../../controller/api/generated/receivers-crd.ts";
import { secretsCRD } from "../../../controller/api/generated/secrets-crd.ts";
import { kindNamed, kindNames, printerColumns } from "../../../controller/api/kinds.ts";
import { POLICY_RULES } from "../../../controller/api/policy-schema.ts";
import { RECEIVER_RULES } from "../../../controller/api/receiver-schema.ts";
import { RECEIVER_TYPES } from "../../../controller/api/receiver.ts";
import { KINDS, type Kind } from "../../../controller/api/resource.ts";
import { APPLICATION_RULES, ruledFields } from "../../../controller/api/schema-rules.ts";
import { SECRET_RULES } from "../../../controller/api/secret-schema.ts";
import { SECRET_TYPES } from "../../../controller/api/secret.ts";
import { PHASES, TRIGGERS, type ApplicationStatus } from "../../../controller/api/status.ts";

function readCRD(kind: Kind | "Policy"): CustomResourceDefinition {
  const file = kind === "Policy" ? "crds/policies.yaml" : `crds/${kind.toLowerCase()}s.yaml`;
  return parse(readFileSync(file, "utf8")) as CustomResourceDefinition;
}

/** Every schema within `schema`, with its field: items of lists as `[]`, values of maps as `.*`. */
function* schemasOf(schema: Schema, field = ""): Generator<readonly [string, Schema]> {
  yield [field, schema];
  for (const [key, child] of Object.entries(schema.properties ?? {})) {
    yield* schemasOf(child, field === "" ? key : `${field}.${key}`);
  }
  if (schema.items) yield* schemasOf(schema.items, `${field}[]`);
  if (schema.additionalProperties) yield* schemasOf(schema.additionalProperties, `${field}.*`);
}

function schemaOf(field: string, root: Schema): Schema {
  for (const [name, schema] of schemasOf(root)) if (name === field) return schema;
  throw new Error(`the CRD has no field ${field}`);
}

const status: ApplicationStatus = {
  observedGeneration: 3,
  observedSpecHash: "5e",
  phase: "Degraded",
  sync: {
    status: "OutOfSync",
    applied: { revision: "1f", specHash: "2e" },
    attempted: { revision: "3d", specHash: "4c" },
    message: "Sell more",
    author: "Ada",
    committedAt: "2026-01-01T00:00:00Z",
    syncedAt: "2026-01-01T00:00:00Z",
    trigger: "NewRevision",
  },
  source: { revision: "3d", ref: "refs/tags/v1", movedFrom: "1f", since: "2026-01-01T00:00:00Z" },
  health: {
    status: "Degraded",
    services: [
      {
        name: "web",
        status: "Degraded",
        replicas: "1/2",
        image: "shop:1",
        imageID: "sha256:1",
        message: "x",
      },
    ],
  },
  drift: [
    {
      service: "web",
      kind: "Modified",
      expected: "a",
      actual: "b",
      since: "2026-01-01T00:00:00Z",
      ignored: true,
    },
  ],
  adoption: { removes: ["a"], changes: ["b"] },
  violations: [{ rule: "privileged", service: "web", field: "services.web.privileged", message: "x" }],
  lastHandledRequests: { sync: "t" },
  history: [
    {
      revision: "1f",
      startedAt: "2026-01-01T00:00:00Z",
      finishedAt: "2026-01-01T00:00:10Z",
      result: "Succeeded",
      trigger: "Requested",
      reason: "x",
      durationSeconds: 10.5,
      images: { web: "sha256:1" },
      count: 2,
    },
  ],
  conditions: [
    {
      type: "Ready",
      status: "False",
      observedGeneration: 3,
      lastTransitionTime: "2026-01-01T00:00:00Z",
      reason: "ServiceNotHealthy",
      message: "",
    },
  ],
};

const kinds = [
  { kind: "Application", compiled: applicationsCRD, rules: APPLICATION_RULES, words: ["app", "apps"] },
  { kind: "Secret", compiled: secretsCRD, rules: SECRET_RULES, words: ["sec"] },
  { kind: "Receiver", compiled: receiversCRD, rules: RECEIVER_RULES, words: ["rcv"] },
] as const;

for (const { kind, compiled, rules } of [
  ...kinds,
  { kind: "Policy", compiled: policiesCRD, rules: POLICY_RULES },
] as const) {
  describe(`the CRD of ${kind}`, () => {
    const crd = readCRD(kind);
    const root = crd.spec.versions[0].schema.openAPIV3Schema;

    it("is what the program was compiled with", () => {
      expect(compiled).to.deep.equal(crd);
    });

    it("is named and versioned as manifests are", () => {
      expect(`${crd.spec.group}/${crd.spec.versions[0].name}`).to.equal("conops.dev/v1alpha1");
      expect(crd.spec.names.kind).to.equal(kind);
      expect(crd.metadata.name).to.equal(`${crd.spec.names.plural}.${crd.spec.group}`);
    });

    it("describes every field", () => {
      const silent = [...schemasOf(root)].filter(
        ([, { description = "" }]) => !/^[A-Z].*[.]$/s.test(description),
      );

      expect(silent.map(([field]) => field)).to.deep.equal([]);
    });

    it("has code for each rule in CEL, and CEL for each rule in code", () => {
      const ruled = [...schemasOf(root)].filter(
        ([, schema]) => schema["x-kubernetes-validations"] !== undefined,
      );

      expect(ruled.map(([field]) => field).toSorted()).to.deep.equal(ruledFields(rules).toSorted());
    });

    it("keeps patterns to what a Kubernetes API server understands too", () => {
      const foreign = [...schemasOf(root)].filter(([, { pattern = "" }]) =>
        /\(\?[=!<]|\\[1-9]/.test(pattern),
      );

      expect(foreign).to.deep.equal([]);
    });

    it("is structural: no object has both properties and free fields, keys of lists are required", () => {
      for (const [field, schema] of schemasOf(root)) {
        const keys = schema["x-kubernetes-list-map-keys"] ?? [];
        const { properties = {}, required = [] } = schema.items ?? {};

        expect(schema.properties !== undefined && schema.additionalProperties !== undefined, field).to.equal(
          false,
        );
        expect(
          keys.filter((key) => properties[key] === undefined || !required.includes(key)),
          field,
        ).to.deep.equal([]);
        expect(
          (schema.required ?? []).filter((key) => schema.properties?.[key] === undefined),
          field,
        ).to.deep.equal([]);
      }
    });

    it("has defaults that keep to their own schema", () => {
      const ajv = new Ajv({
        strict: false,
        formats: { password: true, "date-time": true, int32: true, int64: true },
      });
      for (const [field, schema] of schemasOf(root)) {
        if (schema.default === undefined) continue;

        expect(ajv.validate(schema, schema.default), field).to.equal(true);
      }
    });
  });
}

for (const { kind, words } of kinds) {
  describe(`the resources of crds/${kind.toLowerCase()}s.yaml`, () => {
    const crd = readCRD(kind);
    const root = crd.spec.versions[0].schema.openAPIV3Schema;

    it("are called by the words of the CRD", () => {
      const { plural, singular } = crd.spec.names;
      const fullNames = [plural, singular].map((name) => `${name}.${crd.spec.group}`);

      expect(kindNames(kind)).to.deep.equal([plural, singular, ...words, ...fullNames]);
    });

    it("have printer columns that point at fields", () => {
      for (const { name, jsonPath } of printerColumns(kind)) {
        const field = jsonPath.slice(1).replaceAll(/\[[^\]]*\]/g, "[]");
        if (field === "metadata.creationTimestamp") continue;

        expect(schemaOf(field, root).type, name).to.equal("string");
      }
    });
  });
}

describe("the schemas of all kinds", () => {
  it("have words for each pattern, and no words for none", () => {
    const patterns = [...KINDS, "Policy" as const].flatMap((kind) =>
      [...schemasOf(manifestSchema(readCRD(kind)))].flatMap(([, { pattern }]) => pattern ?? []),
    );

    expect([...new Set(patterns)].toSorted()).to.deep.equal(Object.keys(PATTERN_WORDS).toSorted());
  });

  it("know the types that the program knows", () => {
    const typeOf = (kind: Kind, field: string) =>
      schemaOf(field, readCRD(kind).spec.versions[0].schema.openAPIV3Schema).enum;

    expect(typeOf("Secret", "type")).to.deep.equal(SECRET_TYPES);
    expect(typeOf("Receiver", "spec.type")).to.deep.equal(RECEIVER_TYPES);
  });

  it("mean different words on a command line", () => {
    const words = KINDS.flatMap(kindNames);

    expect(new Set(words).size).to.equal(words.length);
    expect(words.map(kindNamed)).to.deep.equal(KINDS.flatMap((kind) => kindNames(kind).map(() => kind)));
  });
});

describe("crds/applications.yaml", () => {
  const root = readCRD("Application").spec.versions[0].schema.openAPIV3Schema;

  it("knows every phase, trigger and drift kind that this version writes", () => {
    expect(schemaOf("status.phase", root).enum).to.deep.equal(PHASES);
    expect(schemaOf("status.sync.trigger", root).enum).to.include.members([...TRIGGERS]);
    expect(schemaOf("status.history[].trigger", root).enum).to.include.members([...TRIGGERS]);
    expect(schemaOf("status.drift[].kind", root).enum).to.include.members([...DRIFT_KINDS]);
  });

  it("accepts a status with every field, and knows each of them", () => {
    const closed = { type: "object", properties: { status: schemaOf("status", root) } } as const;
    const ajv = new Ajv({
      strict: false,
      allErrors: true,
      formats: { "date-time": true, int32: true, int64: true },
    });
    const isValid = ajv.validate(close(closed), { status });

    expect(ajv.errorsText(), "errors").to.equal("No errors");
    expect(isValid).to.equal(true);
  });

  it("shows the columns that a person looks for", () => {
    const shown = printerColumns("Application").filter(({ priority = 0 }) => priority === 0);

    expect(shown.map(({ name }) => name)).to.deep.equal([
      "Ready",
      "Phase",
      "Sync",
      "Health",
      "Revision",
      "Age",
    ]);
  });
});

describe("crds/schema/application.schema.json", () => {
  const schema = JSON.parse(readFileSync("crds/schema/application.schema.json", "utf8")) as object;
  const validate = new Ajv().compile(schema);
  const manifest = {
    apiVersion: "conops.dev/v1alpha1",
    kind: "Application",
    metadata: { name: "shop", labels: { team: "web" } },
    spec: {
      source: {
        repoURL: "https://git.example.com/shop.git",
        revision: { branch: "main" },
        interval: "1h30m",
      },
    },
  };

  it("is a JSON Schema by itself that accepts a manifest", () => {
    expect(validate(manifest)).to.equal(true);
  });

  it("refuses unknown fields, a status, and two kinds of revision", () => {
    const { spec } = manifest;
    const both = { ...spec, source: { ...spec.source, revision: { branch: "main", tag: "v1" } } };

    expect(validate({ ...manifest, status: {} })).to.equal(false);
    expect(validate({ ...manifest, spec: { ...spec, suspended: true } })).to.equal(false);
    expect(validate({ ...manifest, spec: both })).to.equal(false);
  });
});

describe("crds/schema/conops.schema.json", () => {
  const schema = JSON.parse(readFileSync("crds/schema/conops.schema.json", "utf8")) as object;
  const validate = new Ajv().compile(schema);
  const head = { apiVersion: "conops.dev/v1alpha1", metadata: { name: "shop" } };
  const manifests = {
    Application: { ...head, kind: "Application", spec: { source: { repoURL: "https://git.example.com/x" } } },
    Secret: { ...head, kind: "Secret", stringData: { token: "x" } },
    Receiver: { ...head, kind: "Receiver", spec: { type: "github", secretRef: { name: "hook" } } },
  };

  for (const kind of KINDS) {
    it(`holds a manifest against what its kind, ${kind}, asks for`, () => {
      const others = KINDS.filter((other) => other !== kind);

      expect(validate(manifests[kind])).to.equal(true);
      expect(validate({ ...manifests[kind], nonsense: 1 })).to.equal(false);
      for (const other of others) expect(validate({ ...manifests[kind], kind: other })).to.equal(false);
    });
  }

  it("refuses what is of no kind of ConOps", () => {
    const { kind: _, ...kindless } = manifests.Secret;

    expect(validate({ ...manifests.Application, kind: "Pod" })).to.equal(false);
    expect(validate(kindless)).to.equal(false);
  });
});

function close(schema: Schema): Schema {
  const { properties, items } = schema;
  const fields = Object.entries(properties ?? {}).map(([key, child]) => [key, close(child)] as const);
  return {
    ...schema,
    ...(properties && { properties: Object.fromEntries(fields), additionalProperties: false as const }),
    ...(items && { items: close(items) }),
  };
}
