import type { FieldFault, FieldPath } from "./field-fault.ts";

/**
 * The fields that this version knows but cannot obey, where they are set to more than their default. Looks at any
 * document, sound or not, so that all is told at once.
 */
export function unsupportedFields(document: unknown): readonly FieldFault[] {
  const spec = fieldOf(document, "spec");
  const dependsOn = fieldOf(spec, "dependsOn");
  const faults: FieldFault[] = [];
  const refuseIf = (isSet: boolean, path: FieldPath): void => {
    if (isSet) faults.push({ path, at: "key", message: "is not supported by this version; remove it" });
  };
  refuseIf(fieldOf(spec, "manifests") !== undefined, ["spec", "manifests"]);
  refuseIf(Array.isArray(dependsOn) && dependsOn.length > 0, ["spec", "dependsOn"]);
  return faults;
}

/** The field, where `value` is a mapping that has it and it is not empty. */
function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name] ?? undefined;
}
