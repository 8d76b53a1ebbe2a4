/**
 * Registry credentials for one Compose process: it reads them from a file, in the folder that DOCKER_CONFIG names. The
 * folder is private, in memory where the machine has such a place, and gone when the process has ended.
 */
import { constants, rmSync } from "node:fs";
import { access, mkdtemp, readdir, rm, statfs, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { sha256 } from "../lib/hash.ts";

export interface DockerConfigs {
  /**
   * Calls `work` with a folder whose `config.json` holds `json`, and removes it when the work has ended, however. Without
   * `json` there is none.
   */
  during<A>(json: string | undefined, work: (folder: string | undefined) => Promise<A>): Promise<A>;
}

export interface DockerConfigsOptions {
  /** The data directory's folder for Compose: used where there is no place in memory. It exists by the first use. */
  readonly folder: string;
  /** The user's own configuration folder, for the plugins in it. */
  readonly own: string;
}

const SHARED_MEMORY = "/dev/shm";
/** Linux's magic number of tmpfs. */
const TMPFS = 0x01021994;

/** What a killed controller left behind is removed at once; where that fails, before the next use. */
export function createDockerConfigs({ folder, own }: DockerConfigsOptions): DockerConfigs {
  const prefix = `conops-${sha256(folder).slice(0, 16)}-`;
  let prepared: Promise<string> | undefined;

  function prepare(): Promise<string> {
    prepared ??= sweep().catch((error: unknown) => {
      prepared = undefined;
      throw error;
    });
    return prepared;
  }

  async function sweep(): Promise<string> {
    const place = (await isInMemory(SHARED_MEMORY)) ? SHARED_MEMORY : folder;
    for (const name of await readdir(place)) {
      if (name.startsWith(prefix)) await rm(join(place, name), { recursive: true, force: true });
    }
    return place;
  }

  prepare().catch(() => undefined);

  return {
    async during(json, work) {
      if (json === undefined) return work(undefined);
      const made = await mkdtemp(join(await prepare(), prefix)); // 0700
      const remove = (): void => rmSync(made, { recursive: true, force: true });
      process.once("exit", remove);
      try {
        await writeFile(join(made, "config.json"), withPlugins(json, own), { mode: 0o600 });
        return await work(made);
      } finally {
        process.off("exit", remove);
        remove();
      }
    },
  };
}

/** Another folder must not hide the plugins that the user has installed for himself: buildx may be one. */
function withPlugins(json: string, own: string): string {
  const { auths } = JSON.parse(json) as { readonly auths?: unknown };
  return JSON.stringify({ auths, cliPluginsExtraDirs: [join(own, "cli-plugins")] });
}

async function isInMemory(path: string): Promise<boolean> {
  try {
    await access(path, constants.W_OK | constants.X_OK);
    return (await statfs(path)).type === TMPFS;
  } catch {
    return false;
  }
}
