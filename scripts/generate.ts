/**
 * Makes from the CRDs of `crds/` what must not differ from them: the types of a manifest, the copy of the CRD that is
 * compiled into the program, and the JSON Schema for editors; and from the situations of `test/truth/`, their page for users.
 * With --check it writes nothing, and exits 1 if any is stale.
 */
import { readFile, mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { compile } from "json-schema-to-typescript";
import { parse } from "yaml";
import { driftTable } from "../test/truth/drift-table.ts";
import { TRUTH_TABLE } from "../test/truth/table.ts";
import { manifestSchema, type CustomResourceDefinition, type Schema } from "../controller/api/crd.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const PLURALS = ["applications", "secrets", "receivers"] as const;
/** Kinds that no manifest declares. */
const OTHER_PLURALS = ["policies"] as const;

/** What the schema of a CRD may use: anything else would be lost on the way without a word. */
const KEYWORDS = new Set(
  (
    "description type properties required additionalProperties items default enum pattern format minLength maxLength " +
    "minItems maxItems minProperties maxProperties minimum maximum x-kubernetes-validations x-kubernetes-list-type " +
    "x-kubernetes-list-map-keys"
  ).split(" "),
);

const outputs: Record<string, string> = {};
for (const plural of [...PLURALS, ...OTHER_PLURALS])
  Object.assign(outputs, await outputsOf(`crds/${plural}.yaml`, plural));
outputs["crds/schema/conops.schema.json"] = await schemaOfAll();
outputs["docs/drift-table.md"] = driftTable(TRUTH_TABLE);

const stale: string[] = [];
for (const [path, text] of Object.entries(outputs)) {
  const old = await readFile(join(ROOT, path), "utf8").catch(() => undefined);
  if (old === text) continue;
  stale.push(path);
  if (process.argv.includes("--check")) continue;
  await mkdir(dirname(join(ROOT, path)), { recursive: true });
  await writeFile(join(ROOT, path), text);
  process.stdout.write(`wrote ${path}\n`);
}
if (process.argv.includes("--check") && stale.length > 0) {
  process.stderr.write(
    `Not made from crds/ and test/truth/ as they are now: ${stale.join(", ")}; run make generate\n`,
  );
  process.exitCode = 1;
}

/** Path → text of everything that is made from one CRD. */
async function outputsOf(source: string, plural: string): Promise<Readonly<Record<string, string>>> {
  const crd = await readCRD(source);
  const [version] = crd.spec.versions;
  const { kind, singular } = crd.spec.names;
  requireComplete(version.schema.openAPIV3Schema, "", source);
  const schema = manifestSchema(crd);
  const banner = `// Made from ${source} by "make generate". Do not edit.`;
  return {
    [`controller/api/generated/${singular}.ts`]: await typesOf(schema, kind, banner),
    [`controller/api/generated/${plural}-crd.ts`]: [
      banner,
      'import type { CustomResourceDefinition } from "../crd.ts";\n',
      `export const ${plural}CRD: CustomResourceDefinition = ${JSON.stringify(crd, null, 2)};\n`,
    ].join("\n"),
    [`crds/schema/${singular}.schema.json`]: `${JSON.stringify(
      {
        $schema: "http://json-schema.org/draft-07/schema#",
        title: `${kind} (${crd.spec.group}/${version.name})`,
        $comment: `Made from ${source} by "make generate". Do not edit.`,
        ...plain(schema),
      },
      null,
      2,
    )}\n`,
  };
}

/** One JSON Schema for a manifest of any kind, so that one line serves every file: the kind decides what holds. */
async function schemaOfAll(): Promise<string> {
  const crds = await Promise.all(PLURALS.map((plural) => readCRD(`crds/${plural}.yaml`)));
  const kinds = crds.map((crd) => crd.spec.names.kind);
  const [{ spec }] = crds as [CustomResourceDefinition];
  const apiVersion = `${spec.group}/${spec.versions[0].name}`;
  const schema = {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: `A manifest of ConOps (${apiVersion})`,
    $comment: 'Made from crds/ by "make generate". Do not edit.',
    type: "object",
    required: ["apiVersion", "kind"],
    properties: {
      apiVersion: {
        description: "The version of this resource's schema.",
        type: "string",
        enum: [apiVersion],
      },
      kind: { description: "What this manifest declares.", type: "string", enum: kinds },
    },
    allOf: kinds.map((kind) => ({
      if: { required: ["kind"], properties: { kind: { const: kind } } },
      // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
      then: { $ref: `#/definitions/${kind}` },
    })),
    definitions: Object.fromEntries(crds.map((crd) => [crd.spec.names.kind, plain(manifestSchema(crd))])),
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

async function readCRD(source: string): Promise<CustomResourceDefinition> {
  return parse(await readFile(join(ROOT, source), "utf8")) as CustomResourceDefinition;
}

/** Throws for a field without a description, and for keywords that nothing here understands. */
function requireComplete(schema: Schema, path: string, source: string): void {
  const unknown = Object.keys(schema).find((keyword) => !KEYWORDS.has(keyword));
  if (unknown !== undefined)
    throw new Error(`Cannot use ${source}: ${path}: keyword "${unknown}" is not understood`);
  if (schema.description === undefined)
    throw new Error(`Cannot use ${source}: ${path}: the description is missing`);
  for (const [key, child] of Object.entries(schema.properties ?? {}))
    requireComplete(child, `${path}.${key}`, source);
  if (schema.items) requireComplete(schema.items, `${path}[]`, source);
  if (schema.additionalProperties) requireComplete(schema.additionalProperties, `${path}.*`, source);
}

async function typesOf(schema: Schema, kind: string, banner: string): Promise<string> {
  const options = {
    bannerComment: "",
    additionalProperties: false,
    unknownAny: true,
    // A list of at most 16 would be a union of 17 tuples.
    ignoreMinAndMaxItems: true,
    style: { printWidth: 110 },
  };
  const asWritten = await compile(plain(schema), `${kind}Manifest`, options);
  const withDefaults = await compile(plain(defaulted(schema)), `${kind}WithDefaults`, options);
  return [
    banner,
    "\n/** A manifest as a person may write it. */",
    asWritten.replace(/^\/\*\*[\s\S]*?\*\/\n/, "").trim(),
    "\n/** The same, after the defaults were filled in. */",
    `${withDefaults.replace(/^\/\*\*[\s\S]*?\*\/\n/, "").trim()}\n`,
  ].join("\n");
}

/** The same schema, with each field that has a default required. */
function defaulted(schema: Schema): Schema {
  const fields = Object.entries(schema.properties ?? {});
  const filled = fields.filter(([, field]) => field.default !== undefined).map(([key]) => key);
  return {
    ...schema,
    ...(schema.properties && {
      properties: Object.fromEntries(fields.map(([key, field]) => [key, defaulted(field)])),
      required: [...(schema.required ?? []), ...filled],
    }),
    ...(schema.items && { items: defaulted(schema.items) }),
  };
}

/** JSON Schema without what only Kubernetes knows; of formats, editors would hold durations against ISO 8601. */
function plain(schema: Schema): object {
  const kept = Object.entries(schema).filter(
    ([keyword]) => !keyword.startsWith("x-kubernetes-") && keyword !== "format",
  );
  const { properties, items, additionalProperties } = schema;
  return {
    ...Object.fromEntries(kept),
    ...(properties && {
      properties: Object.fromEntries(Object.entries(properties).map(([key, field]) => [key, plain(field)])),
    }),
    ...(items && { items: plain(items) }),
    ...(additionalProperties && { additionalProperties: plain(additionalProperties) }),
  };
}
