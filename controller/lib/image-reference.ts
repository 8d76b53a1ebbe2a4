/** The name of an image, as people write it, taken apart. Pure. */
export interface ImageReference {
  /** The host of its registry, with a port where it has one; `docker.io` where the name says none. */
  readonly registry: string;
  /** The repository as the engine shows it: without `docker.io/` and `library/`. */
  readonly repository: string;
  /** `latest` where the name has neither tag nor digest. */
  readonly tag?: string;
  /** `sha256:...`: the name stands for this very image, for ever. */
  readonly digest?: string;
}

export const DOCKER_HUB = "docker.io";
const ID = /^(?:sha256:)?[0-9a-f]{64}$/;

/** Undefined for an image's id, and for what is no name of an image. */
export function parseImageReference(text: string): ImageReference | undefined {
  if (ID.test(text)) return undefined;
  const parts =
    /^(?<name>[^@\s]+?)(?::(?<tag>[\w][\w.-]{0,127}))?(?:@(?<digest>[a-z0-9+._-]+:[0-9a-f]{32,}))?$/i.exec(
      text,
    )?.groups;
  const name = parts?.["name"] ?? "";
  if (!/^[\w][\w./:-]*$/.test(name) || name.endsWith("/")) return undefined;
  const slash = name.indexOf("/");
  const first = slash < 0 ? "" : name.slice(0, slash);
  const isHost = /[.:]/.test(first) || first === "localhost" || first !== first.toLowerCase();
  const host = isHost ? first : DOCKER_HUB;
  const registry = host === "index.docker.io" ? DOCKER_HUB : host;
  const path = isHost ? name.slice(slash + 1) : name;
  if (path === "" || path.includes(":")) return undefined;
  const shown = registry === DOCKER_HUB ? path.replace(/^library\//, "") : `${registry}/${path}`;
  const { tag, digest } = parts ?? {};
  return {
    registry,
    repository: shown,
    ...(digest === undefined && { tag: tag ?? "latest" }),
    ...(digest !== undefined && tag !== undefined && { tag }),
    ...(digest !== undefined && { digest }),
  };
}

/** The one form of a name under which the engine lists the image; undefined for an id. */
export function listedName(text: string): string | undefined {
  const reference = parseImageReference(text);
  if (reference === undefined) return undefined;
  const { repository, tag, digest } = reference;
  return digest === undefined ? `${repository}:${tag}` : `${repository}@${digest}`;
}

/** `sha256:0123456789ab`. */
export function shortDigest(digest: string): string {
  const [algorithm, hex = ""] = digest.split(":");
  return `${algorithm}:${hex.slice(0, 12)}`;
}
