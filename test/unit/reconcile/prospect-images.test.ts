import { expect } from "chai";
import { applicationFromManifest } from "../../../controller/api/schema.ts";
import { ReconcileError } from "../../../controller/api/errors.ts";
import type { RenderedProject, Rendering } from "../../../controller/compose/compose.ts";
import type { LocalImage } from "../../../controller/docker/docker.ts";
import { sha256 } from "../../../controller/lib/hash.ts";
import { prospectImages } from "../../../controller/reconcile/prospect-images.ts";
import { runKeys } from "../../../controller/reconcile/target.ts";
import type { TakenImage } from "../../../controller/status/record.ts";

type Services = RenderedProject["services"];

const HERE: LocalImage = { id: "sha256:here", tags: ["web:1"], digests: ["web@sha256:d1"] };
const MOVED: LocalImage = { id: "sha256:moved", tags: ["web:1"], digests: ["web@sha256:d2"] };

function renderingOf(services: Services): Pick<Rendering, "project" | "usedPaths"> {
  const usedPaths = Object.fromEntries(Object.keys(services).map((name) => [name, ["context"]]));
  return { project: { name: "shop", services }, usedPaths };
}

const entries = (blob: string) => [{ path: "context/a", mode: "100644" as const, blob }];

interface Question {
  readonly services: Services;
  readonly compose?: Readonly<Record<string, unknown>>;
  /** By name or id. */
  readonly images?: Readonly<Record<string, LocalImage>>;
  /** What was taken by the last sync, from files of this blob. */
  readonly taken?: Readonly<Record<string, TakenImage>>;
  readonly takenBlob?: string;
  readonly trigger?: "NewRevision" | "Requested";
  readonly registry?: string | Error;
}

async function ask(question: Question) {
  const {
    services,
    compose = {},
    images = {},
    taken,
    takenBlob = "1",
    trigger = "NewRevision",
    registry,
  } = question;
  const application = applicationFromManifest(
    {
      apiVersion: "conops.dev/v1alpha1",
      kind: "Application",
      metadata: { name: "shop" },
      spec: { source: { repoURL: "https://git.example.com/shop.git" }, compose },
    },
    { allowFileRepos: false },
  );
  if (application === undefined) throw new Error("Cannot make the Application");
  const rendering = renderingOf(services);
  const found = await prospectImages(
    {
      rendering,
      entries: entries("1"),
      trigger,
      made: taken && { images: taken, runKeys: runKeys(rendering, entries(takenBlob), taken, sha256) },
    },
    { application, secrets: { dockerConfig: undefined }, signal: new AbortController().signal },
    {
      fingerprint: sha256,
      ownLogin: () => Promise.resolve(""),
      docker: {
        image: (name) => Promise.resolve(images[name]),
        registryDigest: () =>
          registry instanceof Error ? Promise.reject(registry) : Promise.resolve(registry ?? ""),
      },
    },
  );
  const { planned, notes } = found;
  return { web: planned["web"], taken: found.taken["web"]?.id, notes };
}

const WEB: Services = { web: { image: "web:1" } };
const BUILT: Services = { web: { image: "web:1", build: { context: "./context" } } };
const TAKEN = { web: { name: sha256("web:1"), id: HERE.id, digests: [] } };

describe("prospectImages()", () => {
  const cases: readonly { readonly name: string; readonly of: Question; readonly is: object }[] = [
    {
      name: "takes what is on the host",
      of: { services: WEB, images: { "web:1": HERE } },
      is: { web: { name: "web:1", id: HERE.id, open: false }, taken: HERE.id, notes: [] },
    },
    {
      name: "pulls what is not",
      of: { services: WEB },
      is: {
        web: { name: "web:1", id: undefined, open: true, act: "pull", why: "it is not on this host" },
        taken: undefined,
        notes: [],
      },
    },
    {
      name: "says that a sync fails where it may not pull",
      of: { services: WEB, compose: { pull: "never" } },
      is: {
        web: { name: "web:1", id: undefined, open: true, why: "it is not on this host" },
        taken: undefined,
        notes: ['image "web:1" is not on this host, and is neither pulled nor built: a sync fails'],
      },
    },
    {
      name: "keeps the image that was taken, whatever its name stands for by now",
      of: { services: WEB, images: { "web:1": MOVED, [HERE.id]: HERE }, taken: TAKEN },
      is: { web: { name: "web:1", id: HERE.id, open: false }, taken: HERE.id, notes: [] },
    },
    {
      name: "takes what the name stands for when a person asks for the sync",
      of: { services: WEB, images: { "web:1": MOVED, [HERE.id]: HERE }, taken: TAKEN, trigger: "Requested" },
      is: { web: { name: "web:1", id: MOVED.id, open: false }, taken: MOVED.id, notes: [] },
    },
    {
      name: "pulls with pull: always what the registry has otherwise",
      of: { services: WEB, compose: { pull: "always" }, images: { "web:1": HERE }, registry: "sha256:d9" },
      is: {
        web: { name: "web:1", id: HERE.id, open: true, act: "pull", why: "its registry has another one" },
        taken: undefined,
        notes: [],
      },
    },
    {
      name: "says nothing with pull: always where the registry has the same",
      of: { services: WEB, compose: { pull: "always" }, images: { "web:1": HERE }, registry: "sha256:d1" },
      is: { web: { name: "web:1", id: HERE.id, open: false }, taken: HERE.id, notes: [] },
    },
    {
      name: "says so where the registry cannot be asked",
      of: {
        services: WEB,
        compose: { pull: "always" },
        images: { "web:1": HERE },
        registry: new ReconcileError("Cannot ask it: down", { reason: "ImageLookupFailed" }),
      },
      is: {
        web: { name: "web:1", id: HERE.id, open: false },
        taken: HERE.id,
        notes: ['whether a pull brings another image "web:1" is not known: Cannot ask it: down'],
      },
    },
    {
      name: "builds what is not on the host",
      of: { services: BUILT },
      is: {
        web: { name: "web:1", id: undefined, open: true, act: "build", why: "it is not on this host" },
        taken: undefined,
        notes: [],
      },
    },
    {
      name: "builds anew what it was built from other files",
      of: { services: BUILT, images: { "web:1": HERE }, taken: TAKEN, takenBlob: "2" },
      is: {
        web: { name: "web:1", id: HERE.id, open: true, act: "build", why: "what it is built from changed" },
        taken: undefined,
        notes: [],
      },
    },
    {
      name: "takes a build of the same files for the same",
      of: { services: BUILT, images: { "web:1": HERE }, taken: TAKEN },
      is: { web: { name: "web:1", id: HERE.id, open: false }, taken: HERE.id, notes: [] },
    },
    {
      name: "neither pulls nor builds what is built elsewhere",
      of: { services: BUILT, compose: { build: false } },
      is: {
        web: { name: "web:1", id: undefined, open: true, why: "it is not on this host" },
        taken: undefined,
        notes: ['image "web:1" is not on this host, and is neither pulled nor built: a sync fails'],
      },
    },
  ];
  for (const { name, of, is } of cases) {
    it(name, async () => {
      expect(await ask(of)).to.deep.equal(is);
    });
  }
});
