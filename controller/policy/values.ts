/** Reads values of which nothing is known. What is not what it should be counts as given, so that rules see it. */
import { redact } from "../lib/redact.ts";
import type { Fields, Finding, Project } from "./input.ts";

export function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

/** The items of a list; nothing for what is not there, the value itself for what is no list. */
export function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return isGiven(value) ? [value] : [];
}

export function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  return value === undefined || value === null ? "" : JSON.stringify(value);
}

/** Something stands there that could mean something. */
export function isGiven(value: unknown): boolean {
  if (value === undefined || value === null || value === "" || value === false || value === "false")
    return false;
  return typeof value !== "object" || Object.keys(value).length > 0;
}

/** For a message, in its whole length: whoever cuts it may cut a Secret's value in two, which no mask would find. */
export function quoted(text: string): string {
  return JSON.stringify(redact(text));
}

/** `undefined` for what is no number. */
export function numberOf(value: unknown): number | undefined {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : undefined;
}

/** One finding for each service of which `check` has something to say: `[field, what]`. */
export function eachService(
  { services }: Project,
  check: (service: Fields, name: string) => Iterable<readonly [field: string, what: string]>,
): readonly Finding[] {
  return Object.entries(services).flatMap(([name, service]) =>
    [...check(fieldsOf(service), name)].map(([field, what]) =>
      finding(name, `services.${name}.${field}`, what),
    ),
  );
}

export function finding(service: string, field: string, what: string): Finding {
  return { service, field, message: `${field}: ${what}` };
}

/** The same value with `change` applied to each string in it, keys too. */
export function mapTexts<T>(value: T, change: (text: string) => string): T {
  const visit = (item: unknown): unknown => {
    if (typeof item === "string") return change(item);
    if (Array.isArray(item)) return item.map(visit);
    if (typeof item !== "object" || item === null) return item;
    return Object.fromEntries(Object.entries(item).map(([key, field]) => [change(key), visit(field)]));
  };
  return visit(value) as T; // the shape stays
}
