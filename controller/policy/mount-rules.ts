/** What of the host containers may see as files. */
import { basename, normalize, relative } from "node:path";
import { isWithin } from "../lib/is-within.ts";
import type { Finding, PolicyInput, Rule } from "./input.ts";
import { mountsOf, placeOf, volumeOf, type Mount } from "./mounts.ts";
import { isListed } from "./patterns.ts";
import { fieldsOf, finding, isGiven, quoted, textOf } from "./values.ts";

/** Whatever the controller itself is told to use, these are where engines listen. */
const USUAL_SOCKETS = [
  "docker.sock",
  "containerd/containerd.sock",
  "docker/containerd/containerd.sock",
  "podman/podman.sock",
  "crio/crio.sock",
  "buildkit/buildkitd.sock",
].flatMap((name) => [`/run/${name}`, `/var/run/${name}`]);

const SOCKET_NAMES: ReadonlySet<string> = new Set(USUAL_SOCKETS.map((path) => basename(path)));

/** Below these lies the whole host, as some process sees it. */
const OTHER_VIEWS = /^\/proc\/(?:\d+|self|thread-self)(?:\/|$)/;

export const MOUNT_RULES: readonly Rule[] = [
  {
    name: "docker-socket",
    reason: "PolicyViolation",
    check: (input) =>
      input.allowed.dockerSocket
        ? []
        : mountsOf(input.project).flatMap((mount) => {
            const way = leadsToSocket(mount, input);
            return way === undefined ? [] : [about(mount, input, way)];
          }),
  },
  {
    name: "host-paths",
    reason: "PolicyViolation",
    check: (input) =>
      everyPath(input) ? [] : mountsOf(input.project).flatMap((mount) => hostPathFindings(mount, input)),
  },
  {
    name: "nested-mounts",
    reason: "PolicyViolation",
    check: (input) => (input.allowed.nestedMounts ? [] : nestedMounts(input)),
  },
  {
    name: "volume-drivers",
    reason: "PolicyViolation",
    check: ({ project, allowed }) =>
      Object.entries(project.volumes ?? {}).flatMap(([name, volume]) => {
        const driver = textOf(fieldsOf(volume)["driver"]) || "local";
        if (isListed(driver, allowed.volumeDrivers)) return [];
        return [finding("", `volumes.${name}.driver`, `the driver ${quoted(driver)} is not allowed`)];
      }),
  },
  {
    name: "file-systems",
    reason: "PolicyViolation",
    check: ({ project, allowed }) =>
      Object.entries(project.volumes ?? {}).flatMap(([name, volume]) => {
        const made = volumeOf(volume);
        if (made.kind !== "file-system" || isListed(made.type, allowed.fileSystems)) return [];
        const field = `volumes.${name}.driver_opts`;
        return [finding("", field, `mounting a file system of type ${quoted(made.type)} is not allowed`)];
      }),
  },
  {
    name: "external-volumes",
    reason: "PolicyViolation",
    check: ({ project, allowed }) =>
      Object.entries(project.volumes ?? {}).flatMap(([key, volume]) => {
        const { external, name } = fieldsOf(volume);
        const actual = textOf(name) || `${project.name}_${key}`;
        const isOwn = !isGiven(external) && actual === `${project.name}_${key}`;
        if (isOwn || isListed(actual, allowed.externalVolumes)) return [];
        return [finding("", `volumes.${key}`, `the volume ${quoted(actual)} is not the project's own`)];
      }),
  },
];

function about({ service, field, path }: Mount, input: PolicyInput, what: string): Finding {
  return finding(service, field, `${shown(path, input)} ${what}`);
}

/** Relative to the checkout, as its author knows it. */
function shown(path: string, { root }: PolicyInput): string {
  return quoted(isWithin(root, path) ? relative(root, path) || "." : path);
}

function everyPath({ allowed }: PolicyInput): boolean {
  return allowed.hostPaths.some(({ path, readOnly }) => normalize(`${path}/`) === "/" && !readOnly);
}

/** How the mount leads to a socket, in words; undefined when it does not. */
function leadsToSocket(mount: Mount, input: PolicyInput): string | undefined {
  const place = placeOf(input, mount.path);
  if (mount.path.startsWith("\\\\") || mount.path.startsWith("//./pipe")) return "is a pipe of the host";
  const sockets = socketsOf(input);
  const isSocket = (path: string): boolean => sockets.includes(path) || SOCKET_NAMES.has(basename(path));
  if (place.isDockerSocket || place.paths.some(isSocket)) return "is the socket of an engine";
  if (place.paths.some((path) => sockets.some((socket) => isWithin(path, socket))))
    return "holds the socket of an engine";
  return place.paths.some((path) => OTHER_VIEWS.test(path))
    ? "shows the host as a process sees it, with the socket of its engine"
    : undefined;
}

function socketsOf({ host }: PolicyInput): readonly string[] {
  return [...USUAL_SOCKETS, ...host.dockerSockets];
}

function hostPathFindings(mount: Mount, input: PolicyInput): readonly Finding[] {
  const { root } = input;
  const { paths, leadsNowhere } = placeOf(input, mount.path);
  const outside = paths.filter((path) => !isWithin(root, path));
  if (leadsNowhere) return [about(mount, input, "leads through a link to where ConOps cannot look")];
  if (/^r?shared$/.test(mount.propagation))
    return [about(mount, input, `may not spread mounts to the host (${mount.propagation})`)];
  if (outside.length === 0) return [];
  // The socket is a matter of its own rule.
  if (outside.every((path) => socketsOf(input).includes(path))) return [];
  if (outside.some((path) => isOwn(path, input)))
    return [about(mount, input, "holds files of ConOps itself")];
  const allowed = outside.map((path) => howAllowed(path, input));
  if (allowed.includes("no")) {
    const isLed = outside.length < paths.length;
    const what = "is not among the paths of the host that may be mounted";
    return [about(mount, input, isLed ? `leads out of the checkout, to what ${what}` : what)];
  }
  if (allowed.includes("read-only") && !mount.readOnly)
    return [about(mount, input, "may be mounted read-only alone")];
  return mount.relabels ? [about(mount, input, "may not be labelled anew (selinux)")] : [];
}

function isOwn(path: string, { host }: PolicyInput): boolean {
  return host.ownFolders.some((folder) => isWithin(folder, path) || isWithin(path, folder));
}

function howAllowed(path: string, { allowed, places }: PolicyInput): "yes" | "read-only" | "no" {
  const found = allowed.hostPaths.filter((listed) =>
    [listed.path, ...(places.get(listed.path)?.paths ?? [])].some((folder) => isWithin(folder, path)),
  );
  if (found.some(({ readOnly }) => !readOnly)) return "yes";
  return found.length > 0 ? "read-only" : "no";
}

/**
 * The engine looks for the source of a mount anew at each start of a container. Whoever may write to the folder around it
 * can have put a link in its place by then.
 */
function nestedMounts(input: PolicyInput): readonly Finding[] {
  const mounts = mountsOf(input.project).map((mount) => ({ mount, paths: placeOf(input, mount.path).paths }));
  const writable = mounts.filter(({ mount }) => !mount.readOnly);
  return mounts.flatMap(({ mount, paths }) => {
    const around = writable.find(
      (other) =>
        other.mount !== mount &&
        other.paths.some((folder) => paths.some((path) => path !== folder && isWithin(folder, path))),
    );
    if (around === undefined) return [];
    const who = around.mount.service === "" ? around.mount.field : `service "${around.mount.service}"`;
    return [about(mount, input, `lies within ${shown(around.mount.path, input)}, which ${who} may write to`)];
  });
}
