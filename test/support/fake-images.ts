import type { LocalImage } from "../../controller/docker/docker.ts";
import type { FollowedImage, ImageInformer } from "../../controller/watch/watch.ts";

/** The images of a host that only remembers, and their registries. */
export interface FakeImages {
  /** By name or id. A name that was never tagged stands for `sha256:NAME`. */
  find(nameOrId: string): LocalImage | undefined;
  /** Lets the name stand for the image on this host. */
  tag(name: string, id: string): void;
  /** Removes the image with all its names. */
  remove(id: string): void;
  /** The registry has this image under the name, with the digest `sha256:D-ID`. */
  publish(name: string, id: string): void;
  pullAll(): void;
  /** The registry cannot be asked: why. */
  refuse(message: string | undefined): void;
  readonly informer: ImageInformer;
}

const digestOf = (id: string): string => id.replace("sha256:", "sha256:d-");

export function createFakeImages(isMissing: (name: string) => boolean): FakeImages {
  const tags = new Map<string, string>();
  const gone = new Set<string>();
  const registry = new Map<string, string>();
  const followed = new Map<string, Readonly<Record<string, FollowedImage>>>();
  const hidden = new Set<string>();
  let refusal: string | undefined;

  function find(nameOrId: string): LocalImage | undefined {
    const id = nameOrId.startsWith("sha256:") ? nameOrId : (tags.get(nameOrId) ?? `sha256:${nameOrId}`);
    if (isMissing(nameOrId) || gone.has(id)) return undefined;
    const names = [...registry.keys()].map((name) => name.replace(/:[^/]*$/, ""));
    return { id, tags: [], digests: names.map((name) => `${name}@${digestOf(id)}`) };
  }

  const informer: ImageInformer = {
    follow: (name, images) => void followed.set(name, images),
    unfollow: (name) => void followed.delete(name),
    local(name, service) {
      const image = followed.get(name)?.[service]?.image;
      return image === undefined ? undefined : find(image);
    },
    byId: (id) => find(id),
    registry(name, service) {
      const { image = "", lookUp } = followed.get(name)?.[service] ?? {};
      const id = registry.get(image);
      if (lookUp === undefined) return undefined;
      if (refusal !== undefined) return { error: { reason: "ImageLookupFailed", message: refusal } };
      return id === undefined || hidden.has(name) ? {} : { digest: digestOf(id) };
    },
    lookUps(name) {
      const images = followed.get(name);
      return (
        images &&
        Object.keys(images)
          .map((service) => informer.registry(name, service))
          .filter((known) => known !== undefined)
      );
    },
    taken: (name) => void hidden.add(name),
    changed: () => undefined,
    refresh: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };

  return {
    find,
    tag: (name, id) => void tags.set(name, id),
    remove: (id) => void gone.add(id),
    publish(name, id) {
      registry.set(name, id);
      hidden.clear();
    },
    pullAll() {
      for (const [name, id] of registry) tags.set(name, id);
    },
    refuse: (message) => void (refusal = message),
    informer,
  };
}
