/** Looks at the files that the configuration names, before anything is started with them. */
import { messageOf } from "./api/errors.ts";
import { UsageError } from "./cli/errors.ts";
import type { Config } from "./config.ts";
import { readAuthorities } from "./git/authorities.ts";
import { readKnownHosts } from "./git/host-keys.ts";

/** Throws UsageError for a file that cannot be used. */
export async function checkConfigFiles({ knownHostsFile, gitCaFile }: Config): Promise<void> {
  await check("--known-hosts", knownHostsFile, readKnownHosts);
  await check("--git-ca-file", gitCaFile, readAuthorities);
}

async function check(
  flag: string,
  path: string | undefined,
  read: (path: string) => Promise<unknown>,
): Promise<void> {
  if (path === undefined) return;
  try {
    await read(path);
  } catch (error) {
    throw new UsageError(`Cannot use ${JSON.stringify(path)} for ${flag}: ${messageOf(error)}`);
  }
}
