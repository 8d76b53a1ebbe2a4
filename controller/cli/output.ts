import { stringify } from "yaml";
import { printerColumns } from "../api/kinds.ts";
import type { PrinterColumn } from "../api/crd.ts";
import { ageOf } from "./age.ts";
import { plainText } from "./clean.ts";
import { parseJsonPath } from "./json-path.ts";
import { toObject, toShownObject } from "./resource.ts";
import type { Resource } from "./resource.ts";
import type { Table } from "./table.ts";

export const OUTPUTS = ["table", "wide", "json", "yaml", "name"] as const;
export type Output = (typeof OUTPUTS)[number];

/** `application.conops.dev/shop`, as kubectl names an object. */
export function fullName(name: string): string {
  return `application.conops.dev/${name}`;
}

/** One object, or a list of them, as JSON or YAML with a line break at the end. */
export function formatObjects(
  output: "json" | "yaml",
  resources: readonly Resource[],
  asList: boolean,
): string {
  const objects = resources.map(toObject);
  const value = asList
    ? { apiVersion: "conops.dev/v1alpha1", kind: "ApplicationList", items: objects }
    : objects[0];
  if (output === "yaml") return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** The printer columns of the CRD as a table, with NAME before them. `nowMs` is what ages count from. */
export function toTable(resources: readonly Resource[], wide: boolean, nowMs: number): Table {
  const columns = printerColumns("Application")
    .filter(({ priority = 0 }) => wide || priority === 0)
    .map((column) => ({ column, find: parseJsonPath(column.jsonPath) }));
  return {
    head: ["NAME", ...columns.map(({ column }) => column.name.toUpperCase())],
    rows: resources.map((resource) => {
      const object = toShownObject(resource);
      return [resource.name, ...columns.map(({ column, find }) => toCell(column, find(object), nowMs))];
    }),
  };
}

function toCell({ type }: PrinterColumn, values: readonly unknown[], nowMs: number): string {
  if (type === "date") return ageOf(values[0], nowMs) ?? "";
  return values.map((value) => shorten(plainText(value))).join(",");
}

/** A commit as people name it. */
function shorten(text: string): string {
  return /^[0-9a-f]{40}([0-9a-f]{24})?$/.test(text) ? text.slice(0, 10) : text;
}
