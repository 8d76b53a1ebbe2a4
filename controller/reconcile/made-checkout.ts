import type { Rendering } from "../compose/compose.ts";
import type { Staged } from "../git/git.ts";
import type { Target } from "../status/record.ts";
import type { MadeCheckout } from "../status/rollback-types.ts";
import type { ReconcileDeps } from "./deps.ts";
import type { Visit } from "./visit.ts";

/** From where a rollback has the files of this target again. */
export function madeCheckout(
  { revision }: Target,
  { paths }: Pick<Staged, "paths">,
  { usedPaths, mounts }: Pick<Rendering, "usedPaths" | "mounts">,
  { application, secrets }: Visit,
  deps: Pick<ReconcileDeps, "remoteOf">,
): MadeCheckout {
  const { id, url } = deps.remoteOf(application, secrets.source);
  return {
    remote: { id, url },
    revision,
    ...(paths && { paths }),
    ...(application.spec.source.submodules && { submodules: true }),
    usedPaths,
    mountPaths: Object.fromEntries(
      Object.entries(mounts).map(([service, all]) => [
        service,
        all.map(({ name, paths: of }) => ({ name, paths: of })),
      ]),
    ),
  };
}
