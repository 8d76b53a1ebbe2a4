import type { SecretStatus } from "../api/status.ts";
import { ageOf } from "./age.ts";
import { line, list, section, type Shown } from "./paragraphs.ts";
import { secretStatus } from "./resource.ts";
import type { Resource } from "./resource.ts";

/** Type and fields of a Secret: of each field the name, the key that sealed it, since when, and nothing else. */
export function describeSecret(resource: Resource, { terminal, clock }: Shown): string {
  const status = secretStatus(resource);
  if (status === undefined) return "";
  const isKnown = resource.status !== undefined;
  const rows = status.fields.map(({ name, keyID, sealedAt }) => [
    name,
    keyID ?? (isKnown ? "none: plain text" : ""),
    ageOf(sealedAt, clock.now()),
  ]);
  return (
    line("Type", status.type) +
    section("Fields", ["NAME", "KEY", "AGE"], rows, terminal) +
    list("Used by", usersOf(status))
  );
}

/** `Application/shop` → `application/shop`, as the command line takes it. */
function usersOf({ usedBy = [] }: Partial<SecretStatus>): readonly string[] {
  return usedBy.map((user) => user.replace(/^[^/]+/, (kind) => kind.toLowerCase()));
}
