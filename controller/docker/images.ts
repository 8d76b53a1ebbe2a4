/** The images of an engine, and what it learns of them from their registries. */
import { ReconcileError } from "../api/errors.ts";
import type { Call } from "./call.ts";
import type { Client, Query } from "./client.ts";
import type { Docker, LocalImage } from "./docker.ts";
import { refusalStatus, unlessRefused } from "./errors.ts";
import { listOf, objectOf, textOf } from "./json.ts";
import { registryError } from "./registry-error.ts";

/** The part of the port that is about images. */
export type DockerImages = Pick<
  Docker,
  "imageId" | "image" | "images" | "tagImage" | "untagImage" | "registryDigest"
>;

export interface ImageLimits {
  readonly readMs: number;
  /** Of a look-up, in which the engine asks a registry. */
  readonly lookUpMs: number;
}

export function createImages(client: Client, call: Call, limits: ImageLimits): DockerImages {
  const get = (act: string, path: string, query: Query, signal: AbortSignal): Promise<unknown> =>
    call({ act, signal, limitMs: limits.readMs, reads: true }, (limited) => client.get(path, query, limited));

  async function image(name: string, signal: AbortSignal): Promise<LocalImage | undefined> {
    const path = imagePath(name);
    if (path === undefined) return undefined;
    const found = await unlessRefused([400, 404], () =>
      get(`inspect image "${name}"`, `/images/${path}/json`, {}, signal),
    );
    return found === undefined ? undefined : parseImage(found);
  }

  return {
    image,
    imageId: async (name, signal) => (await image(name, signal))?.id,
    async images(signal) {
      const rows = listOf(await get("list images", "/images/json", {}, signal));
      return rows.map(parseImage).filter((row) => row !== undefined);
    },
    async tagImage(id, name, signal) {
      const { repository, tag } = splitTag(name);
      const act = `tag image "${id.slice(0, 19)}" as "${name}"`;
      const query = new URLSearchParams({ repo: repository, tag }).toString();
      await call({ act, signal, limitMs: limits.readMs, reads: false }, (limited) =>
        client.post(`/images/${encodeURIComponent(id)}/tag`, limited, query),
      );
    },
    async untagImage(name, signal) {
      const path = imagePath(name);
      if (path === undefined) return;
      const act = `untag image "${name}"`;
      await unlessRefused([404, 409], () =>
        call({ act, signal, limitMs: limits.readMs, reads: false }, (limited) =>
          client.delete(`/images/${path}`, { force: false, noprune: true }, limited),
        ),
      );
    },
    async registryDigest(name, login, signal) {
      const act = `look up image "${name}" in its registry`;
      const path = imagePath(name);
      if (path === undefined) throw registryError(act, { text: "it is no name of an image" });
      try {
        const answer = await call({ act, signal, limitMs: limits.lookUpMs, reads: true }, (limited) =>
          client.get(`/distribution/${path}/json`, {}, limited, login),
        );
        const digest = textOf(objectOf(objectOf(answer)["Descriptor"])["digest"]);
        if (digest === "") throw registryError(act, { text: "the engine tells no digest" });
        return digest;
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        const status = refusalStatus(error);
        const isLate = error instanceof ReconcileError && / no answer within /.test(error.message);
        if (status === undefined && !isLate) throw error;
        throw registryError(act, { ...(status !== undefined && { status }), text: (error as Error).message });
      }
    },
  };
}

/** Undefined where the name could lead to another path of the API. */
function imagePath(name: string): string | undefined {
  const parts = name.split("/");
  if (parts.some((part) => part === "" || part === "." || part === "..")) return undefined;
  return parts.map(encodeURIComponent).join("/");
}

function parseImage(json: unknown): LocalImage | undefined {
  const image = objectOf(json);
  const id = textOf(image["Id"]);
  const names = (key: string): readonly string[] =>
    listOf(image[key])
      .map(textOf)
      .filter((name) => name !== "" && !name.startsWith("<none>"));
  return id === "" ? undefined : { id, tags: names("RepoTags"), digests: names("RepoDigests") };
}

function splitTag(name: string): { readonly repository: string; readonly tag: string } {
  const colon = name.lastIndexOf(":");
  return colon > name.lastIndexOf("/")
    ? { repository: name.slice(0, colon), tag: name.slice(colon + 1) }
    : { repository: name, tag: "latest" };
}
