/** A path in a repository, without `.` segments and doubled or closing slashes; "." for the root. */
export function normalizeRepoPath(path: string): string {
  const segments = path.split("/").filter((segment) => segment !== "" && segment !== ".");
  return segments.length === 0 ? "." : segments.join("/");
}

/** What is wrong with a path that must stay within the repository, in words, or undefined. */
export function repoPathFault(path: string): string | undefined {
  const shown = JSON.stringify(path);
  if (path.startsWith("/")) return `must be relative to the root of the repository, not ${shown}`;
  if (path.includes("\\")) return `must have "/" between its parts, not "\\": ${shown}`;
  if (/\p{Cc}/u.test(path)) return `must not hold control characters: ${shown}`;
  if (path.split("/").includes("..")) return `must not hold "..": ${shown}`;
  return undefined;
}

/** As `repoPathFault`, for a path that must name a file. */
export function repoFileFault(path: string): string | undefined {
  const fault = repoPathFault(path);
  if (fault !== undefined) return fault;
  const isFolder = normalizeRepoPath(path) === "." || path.endsWith("/") || path.endsWith("/.");
  return isFolder ? `must name a file, not a folder: ${JSON.stringify(path)}` : undefined;
}
