/**
 * The kinds of ConOps and the keys of their resources. A key names one resource in the workqueue, the registry and the status
 * files: an Application's is its name, the others' have their kind before it. Names hold no "/", so keys cannot collide.
 */
import type { Application } from "./application.ts";
import type { Receiver } from "./receiver.ts";
import type { Secret } from "./secret.ts";

export type Resource = Application | Secret | Receiver;
export type Kind = Resource["kind"];
export const KINDS = ["Application", "Secret", "Receiver"] as const satisfies readonly Kind[];

/** What a key names. */
export interface ResourceName {
  readonly kind: Kind;
  readonly name: string;
}

/** `shop`, `secret/shop`, `receiver/github`. */
export function resourceKey(kind: Kind, name: string): string {
  return kind === "Application" ? name : `${kind.toLowerCase()}/${name}`;
}

/** What `resourceKey` made the key of; undefined for the key of a document without a name (`FILE#DOCUMENT`). */
export function parseKey(key: string): ResourceName | undefined {
  if (key.includes("#")) return undefined;
  const kind = KINDS.find((each) => each !== "Application" && key.startsWith(`${each.toLowerCase()}/`));
  return kind === undefined ? { kind: "Application", name: key } : { kind, name: key.slice(kind.length + 1) };
}

/** Whether the key is that of an Application. */
export function isApplicationKey(key: string): boolean {
  return parseKey(key)?.kind === "Application";
}

/** What a message calls the resource: `"shop"` is an Application, others have their kind before the name. */
export function subjectOf(key: string): string {
  const named = parseKey(key);
  return named === undefined || named.kind === "Application" ? `"${key}"` : `${named.kind} "${named.name}"`;
}
