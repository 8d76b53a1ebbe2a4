/** Why a symbolic link of a repository is not created; `inside` ones are. */
export type LinkVerdict = "inside" | "outside" | "circular";

/** As Linux: a path that follows more links than this does not resolve. */
const MAX_LINKS_FOLLOWED = 40;

/**
 * Where the symbolic link at `path` leads, as the kernel would resolve it from a checkout that holds `links` (path → target,
 * all of them), however many links it passes. `outside` also when it only passes through there, and for every absolute
 * target. What does not exist counts as a folder, since it may exist later. `spend` is told of the work, step by step.
 */
export function judgeLink(
  path: string,
  links: ReadonlyMap<string, string>,
  spend: (steps: number) => void = () => undefined,
): LinkVerdict {
  const pending = path.split("/").toReversed();
  const at: string[] = [];
  let followed = 0;
  for (let part = pending.pop(); part !== undefined; part = pending.pop()) {
    if (part === "" || part === ".") continue;
    if (part === "..") {
      if (at.pop() === undefined) return "outside";
      continue;
    }
    at.push(part);
    spend(at.length);
    const target = links.get(at.join("/"));
    if (target === undefined) continue;
    if (target.startsWith("/")) return "outside";
    if (++followed > MAX_LINKS_FOLLOWED) return "circular";
    at.pop();
    pending.push(...target.split("/").toReversed());
  }
  return "inside";
}
