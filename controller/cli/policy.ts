/** `conops policy`: what a policy allows, and whether a file of Policies is right. */
import { API_VERSION, formatFault } from "../api/application.ts";
import { ALLOWED_FIELDS, restrictedPolicy } from "../api/policy-schema.ts";
import { EVERYTHING, type Allowed } from "../api/policy.ts";
import { parsePolicies } from "../registry/parse-policies.ts";
import { oneLine } from "./clean.ts";
import { readInputFile } from "./input-file.ts";
import type { Terminal } from "./terminal.ts";

export type BuiltIn = "restricted" | "default";

const WIDTH = 110;
const EXCEPTIONS =
  "Rules that do not hold for some Applications: { applications: [traefik], rules: [docker-socket] }";

/** Prints a policy that is built in, every field with its meaning, so that a person can begin with it. */
export function showPolicy(terminal: Terminal, name: BuiltIn): void {
  const allowed = name === "restricted" ? restrictedPolicy().allowed : EVERYTHING;
  const fields = ALLOWED_FIELDS.map(({ name: field, description }) => {
    return `${commented(description, "  ")}  ${field}: ${valueOf(allowed[field])}\n`;
  });
  terminal.out(
    `# The policy "${name}", which is built in. A copy of this file is a policy of your own: conops run --policy FILE\n` +
      `apiVersion: ${API_VERSION}\nkind: Policy\nmetadata:\n  name: ${name}\nspec:\n${fields.join("")}` +
      commented(EXCEPTIONS, "  ") +
      "  exceptions: []\n",
  );
}

/** Prints all that is wrong with a file of Policies, one line each, or which Policies it holds. True when it is right. */
export async function checkPolicyFile(terminal: Terminal, path: string): Promise<boolean> {
  const parsed = parsePolicies(path === "-" ? "<stdin>" : path, await readInputFile(terminal, path));
  if (parsed.faults === undefined) {
    const { policies } = parsed;
    const names = policies.map(({ name }) => name).join(", ");
    terminal.out(`${policies.length} valid ${policies.length === 1 ? "Policy" : "Policies"}: ${names}\n`);
    return true;
  }
  for (const fault of parsed.faults) terminal.out(`${oneLine(formatFault(fault))}\n`);
  return false;
}

function valueOf(value: Allowed[keyof Allowed]): string {
  return Array.isArray(value)
    ? `[${(value as readonly unknown[]).map((item) => JSON.stringify(item)).join(", ")}]`
    : String(value);
}

function commented(text: string, indent: string): string {
  const lines = [""];
  for (const word of text.split(" ")) {
    const last = lines.at(-1) ?? "";
    if (last !== "" && last.length + word.length + indent.length + 3 > WIDTH) lines.push(word);
    else lines[lines.length - 1] = last === "" ? word : `${last} ${word}`;
  }
  return lines.map((line) => `${indent}# ${line}\n`).join("");
}
