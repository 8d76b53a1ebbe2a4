/** Where a submodule is, by what `.gitmodules` says and where the repository that holds it is. */
import { parseRepoURL, type RepoURL } from "../api/repo-url.ts";

const MAX_SHOWN = 200;

/**
 * The submodule's repository, under the rules of `spec.source.repoURL`; one on this machine only for a parent that is on it
 * itself. A URL that begins with `./` or `../` counts from the parent's, as Git has it, but never from above its host.
 */
export function submoduleRepo(
  parent: string,
  written: string,
): { readonly repo: RepoURL } | { readonly fault: string } {
  const url = /^\.\.?\//.test(written) ? resolve(parent, written) : written;
  if (url === undefined) return { fault: "leads above the host of the repository that holds it" };
  if (/(?:^|[/:])\.\.(?:\/|$)/.test(url)) return { fault: 'must not hold ".." after its beginning' };
  return parseRepoURL(url, { allowFileRepos: isLocal(parent) });
}

/** The URL for a message: one line, without what may be a password. */
export function shownUrl(url: string): string {
  const withoutUser = url.replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, "$1***@");
  return JSON.stringify(
    withoutUser.length > MAX_SHOWN ? `${withoutUser.slice(0, MAX_SHOWN)}...` : withoutUser,
  );
}

export function isLocal(url: string): boolean {
  return url.startsWith("/") || /^file:/i.test(url);
}

/** Undefined when it climbs out. */
function resolve(parent: string, written: string): string | undefined {
  const [, root = "", path = ""] = /^([a-z][a-z0-9+.-]*:\/\/[^/]*|[^/:]+:|)(.*)$/is.exec(parent) ?? [];
  const folders = path.replace(/\/+$/, "").split("/");
  let rest = written;
  for (;;) {
    if (rest.startsWith("./")) rest = rest.slice(2);
    else if (rest.startsWith("../")) {
      rest = rest.slice(3);
      // The first of an absolute path is the nothing before its slash.
      if (folders.length === 0 || (folders.length === 1 && folders[0] === "")) return undefined;
      folders.pop();
    } else break;
  }
  return root + [...folders, rest.replace(/\/+$/, "")].join("/");
}
