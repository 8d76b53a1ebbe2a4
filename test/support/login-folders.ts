import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { sha256 } from "../../controller/lib/hash.ts";

/** The folders with logins of registries that controllers of this data directory have made, wherever they would be. */
export async function loginFolders(dataDir: string): Promise<readonly string[]> {
  const folder = join(dataDir, "compose");
  const prefix = `conops-${sha256(folder).slice(0, 16)}-`;
  const found = await Promise.all(
    ["/dev/shm", folder].map(async (place) => {
      const names = await readdir(place).catch((): string[] => []);
      return names.filter((name) => name.startsWith(prefix)).map((name) => join(place, name));
    }),
  );
  return found.flat();
}
