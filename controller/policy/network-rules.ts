/** Which networks containers may be on, and where they may be reached. */
import type { Finding, Rule } from "./input.ts";
import { isInPorts, isInRanges, isListed } from "./patterns.ts";
import { eachService, fieldsOf, finding, isGiven, listOf, quoted, textOf } from "./values.ts";

const reason = "PolicyViolation";

export const NETWORK_RULES: readonly Rule[] = [
  {
    name: "external-networks",
    reason,
    check: ({ project, allowed }) => [
      ...Object.entries(project.networks ?? {}).flatMap(([key, network]) => {
        const { external, name } = fieldsOf(network);
        const actual = textOf(name) || (isGiven(external) ? key : `${project.name}_${key}`);
        const isOwn = !isGiven(external) && actual === `${project.name}_${key}`;
        if (isOwn || isListed(actual, allowed.externalNetworks)) return [];
        return [finding("", `networks.${key}`, `the network ${quoted(actual)} is not the project's own`)];
      }),
      ...eachService(project, function* (service) {
        const mode = textOf(service["network_mode"]);
        if (mode === "" || mode === "none" || mode === "disabled" || mode === "host") return;
        if (/^(?:service|container):/.test(mode)) return;
        // To the engine, any other word is the name of a network; its "default" is the one that all share.
        if (!isListed(mode === "default" ? "bridge" : mode, allowed.externalNetworks))
          yield ["network_mode", `the network ${quoted(mode)} is not the project's own`];
      }),
    ],
  },
  {
    name: "network-drivers",
    reason,
    check: ({ project, allowed }) =>
      Object.entries(project.networks ?? {}).flatMap(([key, network]) => {
        const { external, driver, ipam } = fieldsOf(network);
        if (isGiven(external)) return [];
        const found: Finding[] = [];
        const name = textOf(driver) || "bridge";
        if (!isListed(name, allowed.networkDrivers))
          found.push(finding("", `networks.${key}.driver`, `the driver ${quoted(name)} is not allowed`));
        const addresses = textOf(fieldsOf(ipam)["driver"]) || "default";
        if (addresses !== "default" && !isListed(addresses, allowed.networkDrivers))
          found.push(
            finding("", `networks.${key}.ipam.driver`, `the driver ${quoted(addresses)} is not allowed`),
          );
        return found;
      }),
  },
  {
    name: "network-options",
    reason,
    check: ({ project, allowed }) => {
      const unlisted = (options: unknown): string | undefined =>
        Object.keys(fieldsOf(options)).find((key) => !isListed(key, allowed.networkOptions));
      return [
        ...Object.entries(project.networks ?? {}).flatMap(([key, network]) => {
          const { driver_opts: options, ipam } = fieldsOf(network);
          return [
            [`networks.${key}.driver_opts`, unlisted(options)],
            [`networks.${key}.ipam.options`, unlisted(fieldsOf(ipam)["options"])],
          ].flatMap(([field = "", option]) =>
            option === undefined ? [] : [finding("", field, `the option ${quoted(option)} is not allowed`)],
          );
        }),
        ...eachService(project, function* (service) {
          for (const [key, network] of Object.entries(fieldsOf(service["networks"]))) {
            const option = unlisted(fieldsOf(network)["driver_opts"]);
            if (option !== undefined)
              yield [`networks.${key}.driver_opts`, `the option ${quoted(option)} is not allowed`];
          }
        }),
      ];
    },
  },
  {
    name: "subnets",
    reason,
    check: ({ project, allowed }) =>
      Object.entries(project.networks ?? {}).flatMap(([key, network]) =>
        listOf(fieldsOf(fieldsOf(network)["ipam"])["config"]).flatMap((config) => {
          const subnet = textOf(fieldsOf(config)["subnet"]);
          if (subnet === "" || isInRanges(subnet, allowed.subnets)) return [];
          const field = `networks.${key}.ipam.config`;
          return [finding("", field, `the subnet ${quoted(subnet)} is not in an allowed range`)];
        }),
      ),
  },
  {
    name: "ports",
    reason,
    check: ({ project, allowed }) =>
      isInPorts("0-65535", allowed.ports)
        ? []
        : eachService(project, function* (service) {
            for (const port of listOf(service["ports"])) {
              const { target, published } = fieldsOf(port);
              const shown = textOf(published) || textOf(target) || textOf(port);
              if (allowed.ports.length === 0) yield ["ports", `publishing ports is not allowed (${shown})`];
              else if (
                isGiven(published) &&
                published !== "0" &&
                !isInPorts(textOf(published), allowed.ports)
              )
                yield ["ports", `port ${shown} is not in an allowed range`];
              else if (target === undefined) yield ["ports", `${quoted(shown)} cannot be judged`];
            }
          }),
  },
  {
    name: "port-addresses",
    reason,
    check: ({ project, allowed }) =>
      allowed.portAddresses.includes("*")
        ? []
        : eachService(project, function* (service) {
            for (const port of listOf(service["ports"])) {
              const { target, published, host_ip: address } = fieldsOf(port);
              const shown = textOf(published) || textOf(target) || textOf(port);
              const ip = textOf(address).replace(/^\[(.*)\]$/, "$1");
              if (isInRanges(ip, allowed.portAddresses)) continue;
              const where = ip === "" ? "every address of the host" : `the address ${quoted(ip)}`;
              yield ["ports", `port ${shown} may not be published on ${where}`];
            }
          }),
  },
];
