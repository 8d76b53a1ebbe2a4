/** Whether names, images, addresses and paths are among what a policy lists. */
import { BlockList, isIP } from "node:net";

/** Whether the text is one of the patterns, in which `*` stands for anything. */
export function isListed(text: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => glob(pattern, ".*").test(text));
}

function glob(pattern: string, star: string): RegExp {
  const parts = pattern.split(/\*+/).map((part) => part.replaceAll(/[\\^$.|+?()[\]{}]/g, "\\$&"));
  return new RegExp(`^${parts.join(star)}$`, "su");
}

export interface ImageName {
  /** With its registry: `docker.io/library/nginx`. */
  readonly name: string;
  readonly hasDigest: boolean;
  /** The engine would take it for the id of an image that is here, too. */
  readonly readsAsId: boolean;
}

export function imageName(reference: string): ImageName {
  const [named = "", digest] = reference.split("@");
  const slash = named.lastIndexOf("/");
  const colon = named.indexOf(":", slash + 1);
  const name = colon < 0 ? named : named.slice(0, colon);
  return {
    name: withRegistry(name),
    hasDigest: digest !== undefined && /^sha256:[0-9a-f]{64}$/.test(digest),
    readsAsId: /^(?:sha256:)?[0-9a-f]+$/.test(reference),
  };
}

/** Whether an image is in one of the registries, or parts of them. A `*` stays between two slashes. */
export function isListedImage({ name, readsAsId }: ImageName, patterns: readonly string[]): boolean {
  if (patterns.includes("*")) return true;
  if (readsAsId) return false;
  return patterns.some((pattern) => {
    const whole = namedInFull(pattern.replace(/\/+$/, ""));
    return (
      glob(whole, "[^/]*").test(name) ||
      name.split("/").some((_, at, parts) => glob(whole, "[^/]*").test(parts.slice(0, at).join("/")))
    );
  });
}

/** A pattern with a registry stays as it is. */
function namedInFull(pattern: string): string {
  const [host = "", ...rest] = pattern.split("/");
  return isHost(host) ? [host.toLowerCase(), ...rest].join("/") : withRegistry(pattern);
}

function isHost(part: string): boolean {
  return /[.:]/.test(part) || part === "localhost" || part !== part.toLowerCase();
}

/** Short names are Docker Hub's. */
function withRegistry(name: string): string {
  const [host = "", ...rest] = name.split("/");
  if (!isHost(host)) return `docker.io/${rest.length === 0 ? "library/" : ""}${name}`;
  const registry = host.toLowerCase() === "index.docker.io" ? "docker.io" : host.toLowerCase();
  if (registry === "docker.io" && rest.length === 1) return `docker.io/library/${rest[0]}`;
  return [registry, ...rest].join("/");
}

/** Whether all of an address or range (CIDR notation) lies in one of the ranges. */
export function isInRanges(text: string, ranges: readonly string[]): boolean {
  if (ranges.includes("*")) return true;
  const wanted = parseRange(text);
  if (wanted === undefined) return false;
  return ranges.some((range) => {
    const allowed = parseRange(range);
    if (allowed === undefined || allowed.family !== wanted.family || allowed.bits > wanted.bits) return false;
    const list = new BlockList();
    list.addSubnet(allowed.address, allowed.bits, allowed.family);
    return list.check(wanted.address, wanted.family);
  });
}

interface Range {
  readonly address: string;
  readonly bits: number;
  readonly family: "ipv4" | "ipv6";
}

function parseRange(text: string): Range | undefined {
  const [address = "", length, ...more] = text.split("/");
  const version = isIP(address);
  if (version === 0 || more.length > 0) return undefined;
  const most = version === 6 ? 128 : 32;
  const bits = length === undefined ? most : Number(length);
  if (!Number.isInteger(bits) || bits < 0 || bits > most) return undefined;
  return { address, bits, family: version === 6 ? "ipv6" : "ipv4" };
}

/** Whether a port or range of ports lies in one of the ranges. */
export function isInPorts(text: string, ranges: readonly string[]): boolean {
  const wanted = portsOf(text);
  return (
    wanted !== undefined &&
    ranges.some((range) => {
      const allowed = portsOf(range);
      return allowed !== undefined && allowed.first <= wanted.first && wanted.last <= allowed.last;
    })
  );
}

function portsOf(text: string): { readonly first: number; readonly last: number } | undefined {
  const [, first, last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? [];
  return first === undefined ? undefined : { first: Number(first), last: Number(last) };
}
