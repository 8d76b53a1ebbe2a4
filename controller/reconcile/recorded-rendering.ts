/**
 * What is sealed of a target: its rendering, and the values of Secrets in it. Containers go on holding these when the Secret
 * has changed or is gone, also under a controller that never read it: their words must not be repeated with them.
 */
import { ReconcileError } from "../api/errors.ts";
import type { RenderedProject, Rendering } from "../compose/compose.ts";
import type { Mask } from "../lib/mask.ts";
import type { Renderings } from "../status/renderings.ts";
import type { ApplicationRecord } from "../status/record.ts";
import { desiredServices } from "./desired.ts";
import { withholding } from "./masking.ts";
import type { Memory } from "./memory.ts";
import type { SecretsInUse } from "./secrets.ts";

interface Sealed {
  readonly json: string;
  readonly values: readonly string[];
}

type Deps = { readonly renderings: Pick<Renderings, "open"> };

export async function saveRendering(
  name: string,
  { digest, json }: Pick<Rendering, "digest" | "json">,
  { values }: Pick<SecretsInUse, "values">,
  { renderings }: { readonly renderings: Pick<Renderings, "save"> },
): Promise<void> {
  await renderings.save(name, digest, JSON.stringify({ json, values } satisfies Sealed));
}

/** The rendering with the values of Secrets in it, or why it cannot be opened. */
export async function readRendering(
  name: string,
  digest: string,
  { renderings }: Deps,
): Promise<(Sealed & { readonly project: RenderedProject }) | ReconcileError> {
  try {
    const sealed = JSON.parse(await renderings.open(name, digest)) as Sealed;
    return { ...sealed, project: JSON.parse(sealed.json) as RenderedProject };
  } catch (error) {
    if (error instanceof ReconcileError) return error;
    throw error;
  }
}

/** Into the memory, unless it is there. Returns why it cannot be opened; then the memory holds none. */
export async function openRendering(
  name: string,
  digest: string,
  memory: Memory,
  deps: Deps,
): Promise<ReconcileError | undefined> {
  if (memory.rendering?.digest === digest) return undefined;
  delete memory.rendering;
  const opened = await readRendering(name, digest, deps);
  if (opened instanceof ReconcileError) return opened;
  const { json, values, project } = opened;
  memory.rendering = { digest, json, project, services: desiredServices(project) };
  memory.values.set(digest, values);
  return undefined;
}

export interface Discretion {
  readonly mask: Mask;
  /** False: of what runs, nobody knows which values it holds. Nothing that others say may be repeated then. */
  readonly knowsValues: boolean;
}

/** The mask of the Secrets as they are now, as they were, and as they are in what runs. */
export async function discretionOf(
  { name, applied, attempt }: ApplicationRecord,
  { texts, digest }: Pick<SecretsInUse, "texts" | "digest">,
  memory: Memory,
  deps: Deps,
): Promise<Discretion> {
  let knowsValues = true;
  const held: string[] = [];
  for (const made of [applied, attempt?.made]) {
    if (made?.secretsDigest === undefined) continue;
    if (!memory.values.has(made.rendering)) await openRendering(name, made.rendering, memory, deps);
    const values = memory.values.get(made.rendering);
    if (values !== undefined) held.push(...values);
    else if (made.secretsDigest !== digest) knowsValues = false;
  }
  const mask = memory.maskOf([...texts, ...held]);
  return { mask: knowsValues ? mask : (text) => withholding(mask(text)), knowsValues };
}
