/**
 * A CustomResourceDefinition as far as ConOps reads it, and the JSON Schema of the manifests that it stands for.
 */
export interface Validation {
  /** CEL, as the API server of a cluster would evaluate it. Here `schema-rules.ts` enforces it. */
  readonly rule: string;
  readonly message: string;
}

/** What the CRDs of ConOps use of OpenAPI: all of it means the same in JSON Schema. */
export interface Schema {
  readonly description?: string;
  readonly type: "object" | "array" | "string" | "boolean" | "integer" | "number";
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | false;
  readonly items?: Schema;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly format?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly "x-kubernetes-validations"?: readonly Validation[];
  readonly "x-kubernetes-list-type"?: "atomic" | "set" | "map";
  readonly "x-kubernetes-list-map-keys"?: readonly string[];
}

/** A column of `conops get`, as in Kubernetes: those with a priority above 0 are for wide output. */
export interface PrinterColumn {
  readonly name: string;
  readonly type: string;
  readonly description?: string;
  readonly jsonPath: string;
  readonly priority?: number;
}

export interface CustomResourceDefinition {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly group: string;
    readonly scope: string;
    readonly names: {
      readonly kind: string;
      readonly listKind: string;
      readonly plural: string;
      readonly singular: string;
      readonly shortNames: readonly string[];
      readonly categories: readonly string[];
    };
    /** One version is served; conversion between versions does not exist yet. */
    readonly versions: readonly [
      {
        readonly name: string;
        readonly served: boolean;
        readonly storage: boolean;
        readonly subresources: { readonly status: object };
        readonly additionalPrinterColumns: readonly PrinterColumn[];
        readonly schema: { readonly openAPIV3Schema: Schema };
      },
    ];
  };
}

/**
 * The schema of a manifest as a person writes it: closed (an unknown field is an error), with the metadata that a manifest
 * may hold, without status. It keeps `x-kubernetes-*`, which plain JSON Schema does not know.
 */
export function manifestSchema(crd: CustomResourceDefinition): Schema {
  const [version] = crd.spec.versions;
  const { required = [], properties = {} } = version.schema.openAPIV3Schema;
  const { status: _, metadata, apiVersion, kind, ...rest } = properties;
  if (metadata === undefined || apiVersion === undefined || kind === undefined) {
    throw new Error(`Cannot use ${crd.metadata.name}: its schema has no apiVersion, kind or metadata`);
  }
  return closed({
    ...version.schema.openAPIV3Schema,
    required: ["apiVersion", "kind", "metadata", ...required],
    properties: {
      apiVersion: { ...apiVersion, enum: [`${crd.spec.group}/${version.name}`] },
      kind: { ...kind, enum: [crd.spec.names.kind] },
      metadata: {
        ...metadata,
        required: ["name"],
        properties: {
          ...metadata.properties,
          labels: {
            description: "Short words to find and group by, as in Kubernetes.",
            type: "object",
            default: {},
            additionalProperties: { type: "string" },
          },
          annotations: {
            description: "Further words about the resource, as in Kubernetes.",
            type: "object",
            default: {},
            additionalProperties: { type: "string" },
          },
        },
      },
      ...rest,
    },
  });
}

/** `schema` with every object that lists its properties refusing others. */
function closed(schema: Schema): Schema {
  const { properties, items, additionalProperties } = schema;
  return {
    ...schema,
    ...(properties && {
      properties: Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, closed(value)])),
      additionalProperties: false,
    }),
    ...(items && { items: closed(items) }),
    ...(additionalProperties && { additionalProperties: closed(additionalProperties) }),
  };
}
