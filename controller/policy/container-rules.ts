/** Which powers over the host containers may have. */
import { normalize } from "node:path";
import type { Fields, Rule } from "./input.ts";
import { placeOf } from "./mounts.ts";
import { isListed } from "./patterns.ts";
import { eachService, fieldsOf, finding, isGiven, listOf, quoted, textOf } from "./values.ts";

const HOOKS = ["pre_start", "post_start", "pre_stop"] as const;

/** Field of a service → the namespace, as a policy calls it. */
const NAMESPACES = {
  network_mode: "network",
  pid: "pid",
  ipc: "ipc",
  uts: "uts",
  userns_mode: "user",
  cgroup: "cgroup",
} as const;

const reason = "PolicyViolation";

export const CONTAINER_RULES: readonly Rule[] = [
  {
    name: "privileged",
    reason,
    check: ({ project, allowed }) =>
      allowed.privileged
        ? []
        : eachService(project, function* (service) {
            if (isGiven(service["privileged"])) yield ["privileged", "privileged containers are not allowed"];
            for (const hooks of HOOKS) {
              for (const [at, hook] of listOf(service[hooks]).entries()) {
                if (isGiven(fieldsOf(hook)["privileged"]))
                  yield [`${hooks}[${at}].privileged`, "privileged hooks are not allowed"];
              }
            }
          }),
  },
  {
    name: "host-namespaces",
    reason,
    check: ({ project, allowed }) => [
      ...eachService(project, function* (service) {
        for (const [field, namespace] of Object.entries(NAMESPACES)) {
          const mode = textOf(service[field]);
          const isHost = mode === "host" || (field === "network_mode" && readsAsId(mode));
          if (isHost && !allowed.hostNamespaces.includes(namespace))
            yield [field, `the ${namespace} namespace of the host is not allowed`];
        }
      }),
      ...(allowed.hostNamespaces.includes("network") ? [] : hostNetworks(project.networks)),
    ],
  },
  {
    name: "other-containers",
    reason,
    check: ({ project, allowed }) =>
      allowed.otherContainers
        ? []
        : eachService(project, function* (service) {
            for (const field of Object.keys(NAMESPACES)) {
              const mode = textOf(service[field]);
              if (mode.startsWith("container:"))
                yield [field, `${quoted(mode)} shares a namespace with a container outside the project`];
            }
            for (const from of listOf(service["volumes_from"]).map(textOf)) {
              if (from.startsWith("container:"))
                yield ["volumes_from", `${quoted(from)} takes volumes of a container outside the project`];
            }
            if (isGiven(service["external_links"]))
              yield ["external_links", "links to containers outside the project are not allowed"];
          }),
  },
  {
    name: "capabilities",
    reason,
    check: ({ project, allowed }) => {
      const listed = allowed.capabilities.map(capability);
      if (listed.includes("*") || listed.includes("ALL")) return [];
      return eachService(project, function* (service) {
        for (const added of listOf(service["cap_add"]).map(textOf)) {
          if (!listed.includes(capability(added))) yield ["cap_add", `${quoted(added)} may not be added`];
        }
      });
    },
  },
  {
    name: "devices",
    reason,
    check: (input) =>
      eachService(input.project, function* (service) {
        for (const device of listOf(service["devices"])) {
          const source = textOf(fieldsOf(device)["source"]) || textOf(device).split(":")[0] || textOf(device);
          const names = source.startsWith("/")
            ? [normalize(source), ...placeOf(input, source).paths]
            : [source];
          if (names.some((name) => !isListed(name, input.allowed.devices)))
            yield ["devices", `the device ${quoted(source)} is not allowed`];
        }
        if (isGiven(service["device_cgroup_rules"]) && !input.allowed.devices.includes("*"))
          yield ["device_cgroup_rules", "access to devices by their numbers is not allowed"];
      }),
  },
  {
    name: "gpus",
    reason,
    check: ({ project, allowed }) =>
      allowed.gpus
        ? []
        : eachService(project, function* (service) {
            if (isGiven(service["gpus"])) yield ["gpus", "GPUs are not allowed"];
            const { reservations } = fieldsOf(fieldsOf(service["deploy"])["resources"]);
            if (isGiven(fieldsOf(reservations)["devices"]))
              yield ["deploy.resources.reservations.devices", "reserving devices is not allowed"];
          }),
  },
  {
    name: "security-options",
    reason,
    check: ({ project, allowed }) =>
      eachService(project, function* (service) {
        for (const written of listOf(service["security_opt"]).map(textOf)) {
          if (!isListed(securityOption(written), allowed.securityOptions))
            yield ["security_opt", `${quoted(written)} is not allowed`];
        }
        const credentials = service["credential_spec"];
        if (
          isGiven(credentials) &&
          !isListed(`credentialspec=${textOf(credentials)}`, allowed.securityOptions)
        )
          yield ["credential_spec", "credentials of the host are not allowed"];
      }),
  },
  {
    name: "no-new-privileges",
    reason,
    check: ({ project, allowed }) =>
      !allowed.noNewPrivileges
        ? []
        : eachService(project, function* (service) {
            const options = listOf(service["security_opt"]).map((option) => securityOption(textOf(option)));
            // Of two that contradict each other, one does not count.
            const contradicts = options.some((option) => option.startsWith("no-new-privileges="));
            if (!options.includes("no-new-privileges") || contradicts)
              yield ["security_opt", "no-new-privileges is missing, which each service must have"];
          }),
  },
];

function hostNetworks(networks: Fields = {}): ReturnType<Rule["check"]> {
  return Object.entries(networks).flatMap(([key, network]) => {
    const { name, external, driver } = fieldsOf(network);
    const actual = textOf(name) || (isGiven(external) ? key : "");
    const isHost = actual === "host" || driver === "host";
    if (isHost) return [finding("", `networks.${key}`, "the network namespace of the host is not allowed")];
    return isGiven(external) && readsAsId(actual)
      ? [
          finding(
            "",
            `networks.${key}`,
            `${quoted(actual)} reads as the id of a network, which may be the host's`,
          ),
        ]
      : [];
  });
}

function readsAsId(name: string): boolean {
  return /^[0-9a-f]+$/.test(name);
}

function capability(name: string): string {
  return name.trim().toUpperCase().replace(/^CAP_/, "");
}

/** `no-new-privileges`, or `key=value` by whichever of the two signs it is written. */
function securityOption(written: string): string {
  const option = written.includes("=") ? written : written.replace(":", "=");
  return /^no-new-privileges(?:[=:]true)?$/.test(option) ? "no-new-privileges" : option;
}
