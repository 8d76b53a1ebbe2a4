/**
 * What no policy allows: to make this controller run a program, or to have files read or mounted that only look like the
 * repository's own.
 */
import { isAbsolute, relative } from "node:path";
import { isWithin } from "../lib/is-within.ts";
import type { Finding, MissingPart, PolicyInput, Rule, UsedPath } from "./input.ts";
import { eachService, fieldsOf, finding, isGiven, listOf, quoted, textOf } from "./values.ts";

export const BASE_RULES: readonly Rule[] = [
  {
    name: "no-provider",
    reason: "PolicyViolation",
    check: ({ project }) =>
      Object.entries(project.services)
        .filter(([, service]) => fieldsOf(service)["provider"] !== undefined)
        .map(([service]) => {
          const field = `services.${service}.provider`;
          const message = `${field} would run a program of this machine; use an image or a build`;
          return { service, field, message };
        }),
  },
  {
    name: "no-options-for-programs",
    reason: "PolicyViolation",
    // Compose hands these to a program of this machine, which would take such a word for an option.
    check: ({ project }) =>
      Object.entries(project.models ?? {}).flatMap(([name, model]) =>
        textOf(fieldsOf(model)["model"]).startsWith("-")
          ? [finding("", `models.${name}.model`, 'must not begin with "-"')]
          : [],
      ),
  },
  {
    name: "no-logins-of-this-machine",
    reason: "PolicyViolation",
    check: ({ project }) =>
      eachService(project, function* (service) {
        if (isGiven(service["use_api_socket"]))
          yield [
            "use_api_socket",
            "would hand all registry logins of this machine to the container; mount /var/run/docker.sock instead",
          ];
      }),
  },
  {
    name: "content-is-the-repository's",
    reason: "UnsafePath",
    check: (input) =>
      usesOf(input, "content")
        // A Dockerfile's .dockerignore stands beside it.
        .filter(({ path }) => !isWithin(input.root, path) && !path.endsWith(".dockerignore"))
        .map((use) => about(use, `"${use.path}" lies outside the repository; move it into it`)),
  },
  {
    name: "no-link-out-of-the-repository",
    reason: "UnsafePath",
    check: (input) =>
      input.uses
        .filter(({ path }) => input.kinds.get(path) === "outside")
        .map((use) => about(use, `"${relative(input.root, use.path)}" is a link out of the repository`)),
  },
  ...(["UnsafePath", "UnsupportedContent"] as const).map(noUseOfWhatWasLeftOut),
  {
    name: "content-is-a-file-or-folder",
    reason: "UnsafePath",
    check: (input) =>
      usesOf(input, "content")
        .filter(({ path }) => input.kinds.get(path) === "special")
        .map((use) => about(use, `"${relative(input.root, use.path)}" is not a regular file`)),
  },
  {
    name: "build-text-is-plain",
    reason: "PolicyViolation",
    check: ({ project }) =>
      eachService(project, function* ({ build }) {
        // Compose hands all but these to a builder that would work them out as templates, or take them apart at commas.
        const { args: _args, dockerfile_inline: _inline, labels: _labels, ...others } = fieldsOf(build);
        const template = textsOf(others).find((text) => /[$%]\{/.test(text));
        if (template !== undefined) yield ["build", `${quoted(template)} would be worked out as a template`];
        const { ssh, secrets } = others;
        for (const key of listOf(ssh).map(textOf)) {
          if (/[,"\n]/.test(key)) yield ["build.ssh", `${quoted(key)} must not hold "," or quotes`];
        }
        for (const secret of listOf(secrets)) {
          const { source, target } = fieldsOf(secret);
          const { file } = fieldsOf(project.secrets?.[textOf(source)]);
          const text = [source, target, file].map(textOf).find((part) => /[,"\n]|[$%]\{/.test(part));
          if (text !== undefined) yield ["build.secrets", `${quoted(text)} must not hold "," or quotes`];
        }
      }),
  },
  {
    name: "no-cache-on-this-machine",
    reason: "UnsafePath",
    check: ({ project }) =>
      eachService(project, function* ({ build }) {
        for (const field of ["cache_from", "cache_to"]) {
          for (const cache of listOf(fieldsOf(build)[field]).map(textOf)) {
            if (/["'\\\n]|(?:^|,)\s*type\s*=\s*local\s*(?:,|$)/i.test(cache))
              yield [
                `build.${field}`,
                `${quoted(cache)} is a cache on the disk of this machine; use another type`,
              ];
          }
        }
      }),
  },
  {
    name: "volume-names-are-no-paths",
    reason: "UnsafePath",
    check: ({ project }) =>
      Object.entries(project.volumes ?? {}).flatMap(([key, volume]) => {
        const name = textOf(fieldsOf(volume)["name"]);
        return /[/\\:]|^[.~]/.test(name)
          ? [finding("", `volumes.${key}.name`, `${quoted(name)} would be mounted as a path`)]
          : [];
      }),
  },
  {
    name: "names-mean-nothing-else",
    reason: "InvalidCompose",
    // Everything is kept by these names. One that every object has ("constructor") is never missing, wherever it is asked for.
    check: ({ project }) =>
      (["services", "networks", "volumes", "configs", "secrets"] as const).flatMap((section) =>
        Object.keys(project[section] ?? {})
          .filter((name) => name in Object.prototype)
          .map((name) =>
            finding(
              section === "services" ? name : "",
              `${section}.${name}`,
              `${quoted(name)} is a word of JavaScript, which ConOps cannot use for a name; choose another`,
            ),
          ),
      ),
  },
  {
    name: "volume-names-are-no-drive-letters",
    reason: "InvalidCompose",
    check: ({ project }) =>
      Object.entries(project.services).flatMap(([service, definition]) =>
        listOf(fieldsOf(definition)["volumes"])
          .map((volume) => textOf(fieldsOf(volume)["target"]))
          .filter((target) => !isAbsolute(target) && /^[a-z]:/i.test(target))
          .map((target) =>
            finding(
              service,
              `services.${service}.volumes`,
              `Compose reads "${target}" as a path on a Windows drive; use a volume name of two letters or more`,
            ),
          ),
      ),
  },
];

/** Where its absence matters, nor of a folder that holds it: a container or an image would silently lack it. */
function noUseOfWhatWasLeftOut(reason: MissingPart["reason"]): Rule {
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
        return left === undefined ? [] : [about(use, `"${left.path}" was not checked out: ${left.why}`)];
      });
    },
  };
}

function usesOf(input: PolicyInput, kind: UsedPath["kind"]): readonly UsedPath[] {
  return input.uses.filter((use) => use.kind === kind);
}

function about({ service, field }: UsedPath, what: string): Finding {
  const isProjects = /^(?:configs|secrets)\.|driver_opts/.test(field);
  const full = isProjects ? field : `services.${service}.${field}`;
  const shown = isProjects ? `${field} (of service "${service}")` : full;
  return { service, field: full, message: `${shown}: ${what}` };
}

function textsOf(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, field]) => [key, ...textsOf(field)]);
}
