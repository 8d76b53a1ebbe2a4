/**
 * What is refused in a rendered project, as a list of small rules. The repository's author is trusted with the powers of
 * the host that Compose offers (privileged containers, host namespaces, devices, binds of absolute host paths such as
 * /etc/localtime or /var/run/docker.sock, images and build contexts from elsewhere): whoever may push may use them. What
 * a repository may not do: make this controller run a program, or have files read or mounted that only look like the
 * repository's own. Pure: what a path leads to is handed in.
 */
import { isAbsolute, relative } from "node:path";
import type { Reason } from "../api/reasons.ts";
import type { LeftOut, RenderedProject } from "./compose.ts";
import type { PathUse } from "./path-uses.ts";
import { isWithin, notCheckedOut, type PathKind } from "./repository-files.ts";

export interface PolicyInput {
  readonly project: RenderedProject;
  /** Every path that its services use, as `pathUses` finds them. */
  readonly uses: readonly PathUse[];
  /** Root of the checkout that the project's paths lie in. */
  readonly root: string;
  /** What each of these paths within `root` leads to. */
  readonly kinds: ReadonlyMap<string, PathKind>;
  readonly leftOut: readonly LeftOut[];
}

export interface Violation {
  readonly rule: string;
  readonly reason: Reason;
  /** Names service and field. */
  readonly message: string;
}

interface Rule {
  readonly name: string;
  readonly reason: Reason;
  /** What is wrong, each with service and field; nothing when all is well. */
  readonly check: (input: PolicyInput) => readonly string[];
}

const RULES: readonly Rule[] = [
  {
    name: "no-provider",
    reason: "PolicyViolation",
    check: ({ project }) =>
      Object.entries(project.services)
        .filter(([, service]) => service["provider"] !== undefined)
        .map(
          ([name]) =>
            `services.${name}.provider would run a program of this machine; use an image or a build`,
        ),
  },
  {
    name: "content-is-the-repository's",
    reason: "UnsafePath",
    check: (input) =>
      usesOf(input, "content")
        .filter(({ path }) => !isWithin(input.root, path))
        .map((use) => `${fieldOf(use)}: "${use.path}" lies outside the repository; move it into it`),
  },
  {
    name: "no-link-out-of-the-repository",
    reason: "UnsafePath",
    check: (input) =>
      input.uses
        .filter(({ path }) => input.kinds.get(path) === "outside")
        .map((use) => `${fieldOf(use)}: "${relative(input.root, use.path)}" is a link out of the repository`),
  },
  ...(["UnsafePath", "UnsupportedContent"] as const).map(noUseOfWhatWasLeftOut),
  {
    name: "content-is-a-file-or-folder",
    reason: "UnsafePath",
    check: (input) =>
      usesOf(input, "content")
        .filter(({ path }) => input.kinds.get(path) === "special")
        .map((use) => `${fieldOf(use)}: "${relative(input.root, use.path)}" is not a regular file`),
  },
  {
    name: "volume-names-are-no-drive-letters",
    reason: "InvalidCompose",
    check: ({ project }) =>
      Object.entries(project.services).flatMap(([name, { volumes = [] }]) =>
        volumes
          .filter(({ target }) => !isAbsolute(target) && /^[a-z]:/i.test(target))
          .map(
            ({ target }) =>
              `services.${name}.volumes: Compose reads "${target}" as a path on a Windows drive; use a volume name of two letters or more`,
          ),
      ),
  },
];

/** The first violation; undefined when there is none. The order of rules, then that of the project. */
export function findViolation(input: PolicyInput): Violation | undefined {
  for (const { name, reason, check } of RULES) {
    const message = check(input)[0];
    if (message !== undefined) return { rule: name, reason, message };
  }
  return undefined;
}

/** Where its absence matters, nor of a folder that holds it: a container or an image would silently lack it. */
function noUseOfWhatWasLeftOut(reason: LeftOut["reason"]): Rule {
  return {
    name: "no-use-of-what-was-left-out",
    reason,
    check({ uses, leftOut, root }) {
      const concerned = leftOut.filter((left) => left.reason === reason);
      return uses.flatMap((use) => {
        if (!isWithin(root, use.path)) return [];
        const path = `/${relative(root, use.path)}`;
        const left = concerned.find(
          ({ path: entry, spoilsFolders }) =>
            isWithin(`/${entry}`, path) || (spoilsFolders && isWithin(path, `/${entry}`)),
        );
        return left === undefined ? [] : [`${fieldOf(use)}: ${notCheckedOut(left)}`];
      });
    },
  };
}

function usesOf(input: PolicyInput, kind: PathUse["kind"]): readonly PathUse[] {
  return input.uses.filter((use) => use.kind === kind);
}

function fieldOf({ service, field }: PathUse): string {
  return /^(?:configs|secrets)\.|driver_opts/.test(field)
    ? `${field} (of service "${service}")`
    : `services.${service}.${field}`;
}
