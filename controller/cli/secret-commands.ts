import type { Command } from "commander";
import { SECRET_TYPES } from "../api/secret.ts";
import { addCommand, contextOf } from "./command.ts";
import type { Flags, ProgramDeps } from "./command.ts";
import { UsageError } from "./errors.ts";
import type { PartFlags } from "./seal-parts.ts";

type SealFlags = PartFlags & {
  readonly inPlace?: true;
  readonly output?: string;
  readonly encryptionKeyFile?: string;
};

/** Adds the commands about Secrets and their keys. */
export function addSecrets(program: Command, deps: ProgramDeps): void {
  addKey(program, deps);

  const seal = addCommand(program, deps, "seal", "seal", "encrypt a Secret, so that it can be committed", [
    deps.encryptionKeyFile,
  ])
    .argument(
      "<FILE|NAME>",
      "a manifest, or - for the standard input; with the flags for values, a new Secret's name",
    )
    .option("--in-place", "seal the file where it is, instead of printing it")
    .option("--output <file>", "write it to this file, whole or not at all, instead of printing it")
    .option("--type <type>", `${SECRET_TYPES.join(", ")}; default: what the flags are for, else Opaque`)
    .option("--from-file <[field=]file>", "a field with what a file holds; again for more", collect)
    .option("--from-literal <field=value>", "a field with this text, which others can see in ps", collect)
    .option("--ssh-key <file>", "a private key, for Git over SSH")
    .option("--passphrase-file <file>", "the passphrase of that key")
    .option("--known-hosts <file>", "the host keys to believe, as in ~/.ssh/known_hosts")
    .option("--username <name>", "a user name, for Git over https")
    .option("--password-file <file>", "the password, or an access token that stands for one")
    .option("--token-file <file>", "a bearer token")
    .option("--docker-config <file>", "a config.json of docker login, for registries");
  seal.action(async (name: string, flags: SealFlags) => {
    const [{ hasParts }, { sealInPlace, sealManifest, sealParts }] = await Promise.all([
      import("./seal-parts.ts"),
      import("./seal.ts"),
    ]);
    const keyring = await deps.readKeyring({ encryptionKeyFile: flags.encryptionKeyFile });
    const { output } = flags;
    if (flags.inPlace && output !== undefined) {
      throw new UsageError("Cannot use both --in-place and --output: one file is enough");
    }
    if (hasParts(flags)) {
      if (flags.inPlace) throw new UsageError("Cannot use --in-place with values: there is no file yet");
      return sealParts(deps, { name, flags, keyring, output });
    }
    if (flags.type !== undefined) throw new UsageError("Cannot use --type without values for a new Secret");
    if (!flags.inPlace) return sealManifest(deps, { path: name, keyring, output });
    if (name === "-") throw new UsageError("Cannot use --in-place with the standard input");
    return sealInPlace(deps, { path: name, keyring });
  });

  const folders = deps.settings.filter(({ everywhere }) => everywhere);
  addCommand(program, deps, "rotate", "rotate", "seal every Secret of the folder by the first key", [
    ...folders,
    deps.encryptionKeyFile,
  ])
    .option("--dry-run", "say what would be done, and do nothing")
    .action(async (flags: Flags) => {
      const { rotate } = await import("./rotate.ts");
      const keyring = await deps.readKeyring(flags);
      await rotate(contextOf(deps, flags), { keyring, dryRun: flags["dryRun"] === true });
    });
}

function addKey(program: Command, deps: ProgramDeps): void {
  const key = program
    .command("key")
    .description("make encryption keys")
    .helpCommand(false)
    .showHelpAfterError("See: conops key --help");
  addCommand(key, deps, "keyGenerate", "generate", "make a key that seals Secrets", [])
    .option("--output <file>", "write it to a new file, for its owner alone")
    .option("--add-to <file>", "put it in front of the keys of a file, so that it seals and they still open")
    .action(async (flags: Flags) => {
      const { output, addTo } = flags;
      if (output !== undefined && addTo !== undefined) {
        throw new UsageError("Cannot use both --output and --add-to: one file is enough");
      }
      const { generateKey } = await import("./key.ts");
      if (typeof output === "string") await generateKey(deps, { kind: "create", path: output });
      else if (typeof addTo === "string") await generateKey(deps, { kind: "add", path: addTo });
      else await generateKey(deps, { kind: "show" });
    });
}

function collect(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}
