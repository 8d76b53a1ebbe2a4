import { describeSpec } from "./describe-application.ts";
import { line } from "./paragraphs.ts";
import type { Resource } from "./resource.ts";

/** Spec of a Receiver, and where its deliveries go. */
export function describeReceiver(resource: Resource): string {
  const { status } = resource;
  return describeSpec(resource) + (status?.kind === "Receiver" ? line("Path", status.status.path) : "");
}
