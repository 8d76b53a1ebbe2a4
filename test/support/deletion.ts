import { rm } from "node:fs/promises";
import { join } from "node:path";
import { until } from "./engine.ts";
import type { World } from "./world.ts";

/**
 * Deletes the manifest, and waits until nothing is known of the Application any more. Confirms where other tests delete at
 * the same moment, so that it is taken for a mass deletion.
 */
export async function deleteApplication(world: World, name: string, limitMs = 60_000): Promise<void> {
  await rm(join(world.manifests, `${name}.yaml`));
  await until(
    `"${name}" is deleted`,
    async () => {
      const status = await world.status(name);
      if (status === undefined) return (await world.record(name)) === undefined;
      if (status.conditions.some(({ reason }) => reason === "DeletionHeld")) {
        await world.cli("confirm-deletion", name);
      }
      return false;
    },
    limitMs,
  );
}
