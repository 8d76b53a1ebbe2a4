/** How containers may make the engine and the kernel treat them. */
import type { Rule } from "./input.ts";
import { isListed } from "./patterns.ts";
import { eachService, fieldsOf, finding, isGiven, numberOf, quoted, textOf } from "./values.ts";

const reason = "PolicyViolation";

export const ENGINE_RULES: readonly Rule[] = [
  {
    name: "sysctls",
    reason,
    check: ({ project, allowed }) =>
      eachService(project, function* (service) {
        for (const key of keysOf(service["sysctls"])) {
          if (!isListed(key, allowed.sysctls)) yield ["sysctls", `${quoted(key)} may not be set`];
        }
      }),
  },
  {
    name: "cgroup-parent",
    reason,
    check: ({ project, allowed }) =>
      allowed.cgroupParent
        ? []
        : eachService(project, function* (service) {
            if (isGiven(service["cgroup_parent"])) yield ["cgroup_parent", "another cgroup is not allowed"];
          }),
  },
  {
    name: "runtimes",
    reason,
    check: ({ project, allowed }) =>
      eachService(project, function* (service) {
        for (const field of ["runtime", "isolation"]) {
          const name = textOf(service[field]);
          if (name !== "" && name !== "default" && !isListed(name, allowed.runtimes))
            yield [field, `${quoted(name)} is not allowed`];
        }
      }),
  },
  {
    name: "annotations",
    reason,
    check: ({ project, allowed }) =>
      eachService(project, function* (service) {
        for (const key of keysOf(service["annotations"])) {
          if (!isListed(key, allowed.annotations)) yield ["annotations", `${quoted(key)} is not allowed`];
        }
      }),
  },
  {
    name: "host-priority",
    reason,
    check: ({ project, allowed }) =>
      allowed.hostPriority
        ? []
        : eachService(project, function* (service) {
            const below = numberOf(service["oom_score_adj"]);
            if (isGiven(service["oom_score_adj"]) && (below === undefined || below < 0))
              yield ["oom_score_adj", "must not be below 0: other processes would be killed first"];
            if (isGiven(service["oom_kill_disable"]))
              yield ["oom_kill_disable", "must not be true: other processes would be killed instead"];
            for (const field of ["cpu_rt_runtime", "cpu_rt_period"]) {
              if (isGiven(service[field]) && numberOf(service[field]) !== 0)
                yield [field, "real-time scheduling is not allowed"];
            }
            for (const limit of ["rtprio", "nice"]) {
              if (isGiven(fieldsOf(service["ulimits"])[limit]))
                yield [`ulimits.${limit}`, "precedence over other processes is not allowed"];
            }
          }),
  },
  {
    name: "container-names",
    reason,
    check: ({ project, allowed }) =>
      allowed.containerNames
        ? []
        : eachService(project, function* (service) {
            if (isGiven(service["container_name"]))
              yield ["container_name", "names of containers, which the whole host shares, are not allowed"];
          }),
  },
  {
    name: "logging-drivers",
    reason,
    check: ({ project, allowed }) =>
      eachService(project, function* (service) {
        const { driver, options } = fieldsOf(service["logging"]);
        const name = textOf(driver);
        if (name !== "" && !isListed(name, allowed.loggingDrivers))
          yield ["logging.driver", `${quoted(name)} is not allowed`];
        // To whatever driver is the engine's default, it may say where to send.
        const unknown = Object.keys(fieldsOf(options)).find((option) => !FILE_OPTIONS.has(option));
        if (name === "" && unknown !== undefined && !allowed.loggingDrivers.includes("*"))
          yield ["logging.options", `${quoted(unknown)} is not allowed without a driver`];
      }),
  },
  {
    name: "models",
    reason,
    check: ({ project, allowed }) =>
      allowed.models
        ? []
        : [
            ...Object.keys(project.models ?? {}).map((name) =>
              finding("", `models.${name}`, "models are not allowed"),
            ),
            ...eachService(project, function* (service) {
              if (isGiven(service["models"])) yield ["models", "models are not allowed"];
            }),
          ],
  },
];

/** Options of json-file and local, which write to the engine's own folder. */
const FILE_OPTIONS: ReadonlySet<string> = new Set(
  (
    "max-size max-file compress labels labels-regex env env-regex tag mode max-buffer-size cache-disabled " +
    "cache-max-size cache-max-file cache-compress"
  ).split(" "),
);

/** Of a map, or of a list of `KEY=VALUE`. */
function keysOf(value: unknown): readonly string[] {
  if (!Array.isArray(value)) return Object.keys(fieldsOf(value));
  return (value as readonly unknown[]).map((item) => textOf(item).split("=")[0] ?? "");
}
