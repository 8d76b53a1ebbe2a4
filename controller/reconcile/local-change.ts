import type { Rendering } from "../compose/compose.ts";
import { ON_LOCAL_CHANGE_LABEL } from "./desired.ts";

/**
 * What a service's label `conops.dev/on-local-change` says of a repository file that was changed on this host. A file that
 * several services use is only overwritten, or kept, when none of them says otherwise.
 */
export function localChangePolicy(rendering: Rendering): (path: string) => "refuse" | "keep" | "overwrite" {
  const said = Object.entries(rendering.project.services).map(([name, service]) => ({
    label: service.labels?.[ON_LOCAL_CHANGE_LABEL],
    paths: rendering.usedPaths[name] ?? [],
  }));
  return (path) => {
    const labels = new Set(
      said
        .filter(({ paths }) =>
          paths.some((used) => used === "" || used === "." || path === used || path.startsWith(`${used}/`)),
        )
        .map(({ label }) => label),
    );
    const [only] = labels;
    return labels.size === 1 && (only === "keep" || only === "overwrite") ? only : "refuse";
  };
}
