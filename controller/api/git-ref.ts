/**
 * What is wrong with the name of a branch or tag, in words, or undefined: the rules of `git check-ref-format`, and what
 * would be an option on a command line or is surely not meant.
 */
export function refFault(kind: "branch" | "tag", name: string): string | undefined {
  const shown = JSON.stringify(name);
  const prefix = kind === "branch" ? "refs/heads/" : "refs/tags/";
  if (name.startsWith(prefix))
    return `must be the short name ${JSON.stringify(name.slice(prefix.length))}, without "${prefix}"`;
  if (name.startsWith("refs/")) return `must be a ${kind}, not the full ref ${shown}`;
  if (kind === "branch" && name === "HEAD")
    return 'must not be "HEAD": leave revision out to follow the HEAD of the remote';
  const bad = `${shown} is not a name that Git accepts for a ${kind}`;
  if (name.startsWith("-")) return `${bad}: it begins with "-"`;
  if (name.startsWith("/") || name.endsWith("/") || name.includes("//"))
    return `${bad}: a part between "/" is empty`;
  if (name.includes("..")) return `${bad}: it holds ".."`;
  if (name.includes("@{") || name === "@") return `${bad}: it holds "@" with a meaning of its own`;
  if (name.endsWith(".")) return `${bad}: it ends with "."`;
  for (const part of name.split("/")) {
    if (part.startsWith(".")) return `${bad}: a part begins with "."`;
    if (part.endsWith(".lock")) return `${bad}: a part ends with ".lock"`;
  }
  const character = /[\p{Cc}\p{White_Space}~^:?*[\\]/u.exec(name)?.[0];
  if (character !== undefined) return `${bad}: it holds ${JSON.stringify(character)}`;
  return undefined;
}
