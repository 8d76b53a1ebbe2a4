import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { isErrno } from "../lib/atomic-file.ts";

/** The version in the package's own package.json, found above this file: in the sources and in the build. */
export function readVersion(): string {
  for (let folder = import.meta.dirname; folder !== dirname(folder); folder = dirname(folder)) {
    try {
      const found = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Record<string, unknown>;
      if (found["name"] === "conops") return String(found["version"]);
    } catch (error) {
      if (!isErrno(error, "ENOENT")) throw error;
    }
  }
  return "unknown";
}

/** One line for a person, or an object for a machine. */
export function formatVersion(output: "json" | undefined): string {
  const version = readVersion();
  const { version: node, platform, arch } = process;
  if (output === "json") return `${JSON.stringify({ version, node, platform, arch }, null, 2)}\n`;
  return `conops ${version} (node ${node}, ${platform}/${arch})\n`;
}
