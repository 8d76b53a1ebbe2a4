/** Looks at the files that the configuration names, before anything is started with them. */
import { messageOf } from "./api/errors.ts";
import { UsageError } from "./cli/errors.ts";
import { whyUnreadable } from "./cli/input-file.ts";
import type { Config } from "./config.ts";
import { readAuthorities } from "./git/authorities.ts";
import { readKnownHosts } from "./git/host-keys.ts";
import { isErrno } from "./lib/atomic-file.ts";

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
    const isMissing = isErrno(error, "ENOENT", "ENOTDIR", "EISDIR");
    const why = isMissing ? whyUnreadable(error) : messageOf(error);
    throw new UsageError(`Cannot use ${JSON.stringify(path)} for ${flag}: ${why}`);
  }
}
