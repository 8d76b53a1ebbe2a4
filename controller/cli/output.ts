import { stringify } from "yaml";
import { API_VERSION } from "../api/application.ts";
import { printerColumns } from "../api/kinds.ts";
import type { PrinterColumn } from "../api/crd.ts";
import type { Kind } from "../api/resource.ts";
import { ageOf } from "./age.ts";
import { plainText } from "./clean.ts";
import { parseJsonPath } from "./json-path.ts";
import { toObject, toShownObject } from "./resource.ts";
import type { Resource } from "./resource.ts";
import type { Table } from "./table.ts";

export const OUTPUTS = ["table", "wide", "json", "yaml", "name"] as const;
export type Output = (typeof OUTPUTS)[number];

/** `application.conops.dev/shop`, as kubectl names an object. */
export function fullName({ kind = "Application", name }: Resource): string {
  return `${kind.toLowerCase()}.conops.dev/${name}`;
}

/**
 * One object, or a list of them, as JSON or YAML with a line break at the end. A list is of these kinds; undefined gives the
 * only object.
 */
export function formatObjects(
  output: "json" | "yaml",
  resources: readonly Resource[],
  listOf: readonly Kind[] | undefined,
): string {
  const objects = resources.map(toObject);
  const kind = listOf?.length === 1 ? `${listOf[0]}List` : "List";
  const value = listOf === undefined ? objects[0] : { apiVersion: API_VERSION, kind, items: objects };
  if (output === "yaml") return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
  return `${JSON.stringify(value, null, 2)}\n`;
}

export interface TableOptions {
  readonly wide: boolean;
  /** Names have their kind before them. */
  readonly kindInNames: boolean;
  /** What ages count from. */
  readonly nowMs: number;
}

/** The printer columns of the kind's CRD as a table, with NAME before them. */
export function toTable(
  kind: Kind,
  resources: readonly Resource[],
  { wide, kindInNames, nowMs }: TableOptions,
): Table {
  const columns = printerColumns(kind)
    .filter(({ priority = 0 }) => wide || priority === 0)
    .map((column) => ({ column, find: parseJsonPath(column.jsonPath) }));
  return {
    head: ["NAME", ...columns.map(({ column }) => column.name.toUpperCase())],
    rows: resources.map((resource) => {
      const object = toShownObject(resource);
      const name = kindInNames ? `${kind.toLowerCase()}/${resource.name}` : resource.name;
      return [name, ...columns.map(({ column, find }) => toCell(column, find(object), nowMs))];
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
