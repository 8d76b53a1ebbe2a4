import type { ApplicationSpec } from "../api/application.ts";
import type { Rendering } from "../compose/compose.ts";
import type { TreeEntry } from "../git/git.ts";
import { canonicalJson, hashOf } from "../lib/hash.ts";
import type { Target } from "../status/record.ts";

/**
 * The parts of the spec that shape what runs. Not in it: the switches, the polling, the gate's timeout, how images are
 * pulled and who may be taken over; a change of those alone is no new target.
 */
export function specHash({ source, compose }: ApplicationSpec): string {
  const { projectName, overrides, profiles, env, envFiles, allowUnset, build } = compose;
  return hashOf({
    repoURL: source.repoURL,
    path: source.path,
    ...(source.submodules && { submodules: true }),
    ...(source.verify && { verify: source.verify }),
    compose: { projectName, overrides, profiles, env, envFiles, allowUnset, build },
  });
}

export function sameTarget(a: Target | undefined, b: Target | undefined): boolean {
  return (
    a !== undefined &&
    b !== undefined &&
    a.revision === b.revision &&
    a.specHash === b.specHash &&
    a.secretsDigest === b.secretsDigest &&
    a.tagObject === b.tagObject
  );
}

/** The target alone, without what became of it. */
export function targetOf({ revision, specHash, secretsDigest, tagObject }: Target): Target {
  return {
    revision,
    specHash,
    ...(secretsDigest !== undefined && { secretsDigest }),
    ...(tagObject !== undefined && { tagObject }),
  };
}

/** Whether a repository path is one of these, or lies below one. */
export function covers(paths: readonly string[], path: string): boolean {
  return paths.some(
    (wanted) => wanted === "" || wanted === "." || path === wanted || path.startsWith(`${wanted}/`),
  );
}

/** path → blob id of each repository file below the given files and folders. */
export function filesBelow(
  entries: readonly TreeEntry[],
  paths: readonly string[],
): Readonly<Record<string, string>> {
  const used = entries.filter(({ path }) => covers(paths, path));
  return Object.fromEntries(used.map(({ path, mode, blob }) => [path, `${mode} ${blob}`]));
}

/** One hash over the repository files that any service uses: while it stays, a commit changed nothing that runs. */
export function usedFilesHash(rendering: Rendering, entries: readonly TreeEntry[]): string {
  return hashOf(filesBelow(entries, Object.values(rendering.usedPaths).flat()));
}

/** For each service, what one run of it is: its rendering, its image and the files that it uses, as a keyed digest. */
export function runKeys(
  rendering: Pick<Rendering, "project" | "usedPaths">,
  entries: readonly TreeEntry[],
  images: Readonly<Record<string, { readonly id: string }>>,
  fingerprint: (text: string) => string,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(rendering.project.services).map(([name, service]) => [
      name,
      fingerprint(
        canonicalJson({
          service,
          image: images[name]?.id ?? "",
          files: filesBelow(entries, rendering.usedPaths[name] ?? []),
        }),
      ),
    ]),
  );
}
