import { execFile } from "node:child_process";
import { gitEnvironment, type TempRepo } from "./git-repo.ts";
import { runProgram, type SigningBench, type SshKey } from "./signing.ts";

/** Who signs: a key of SSH, or the fingerprint of one of GnuPG; nobody without. */
export type With = SshKey | string | undefined;

/** A repository whose commits and tags are signed by git itself, and then written anew by hand. */
export interface SignedRepo {
  readonly repo: TempRepo;
  /** An empty commit on the current branch, signed; its id. */
  readonly commit: (signer: With, message?: string, ...options: readonly string[]) => Promise<string>;
  /** An annotated tag, signed, of `target` (HEAD by default); the id of its object. */
  readonly tag: (name: string, signer: With, target?: string) => Promise<string>;
  readonly raw: (type: "commit" | "tag", id: string) => Promise<Buffer>;
  /** Stores bytes as an object, sound or not; its id. */
  readonly write: (type: "commit" | "tag", bytes: Uint8Array) => Promise<string>;
  /** The object as text of one character a byte, changed, stored; its id. */
  readonly rewrite: (type: "commit" | "tag", id: string, change: (text: string) => string) => Promise<string>;
}

export function createSignedRepo(repo: TempRepo, bench: SigningBench): SignedRepo {
  const git = async (args: readonly string[]): Promise<string> =>
    (await runProgram("git", args, { cwd: repo.dir, env: bench.env })).trim();

  const write: SignedRepo["write"] = async (type, bytes) => {
    const args = ["hash-object", "-t", type, "-w", "--literally", "--stdin"];
    const id = await runProgram("git", args, { cwd: repo.dir, env: gitEnvironment(), input: bytes });
    return id.trim();
  };
  const raw: SignedRepo["raw"] = (type, id) =>
    new Promise((resolve, reject) => {
      const options = { cwd: repo.dir, env: gitEnvironment(), encoding: "buffer", maxBuffer: 1e8 } as const;
      execFile("git", ["cat-file", type, id], options, (error, stdout) => {
        if (error === null) resolve(stdout);
        else reject(error);
      });
    });

  return {
    repo,
    raw,
    write,
    async commit(signer, message = "Change", ...options) {
      const { config, flags } = signing(signer, "-S");
      await git([...config, "commit", "--quiet", "--allow-empty", ...flags, "-m", message, ...options]);
      return git(["rev-parse", "HEAD"]);
    },
    async tag(name, signer, target = "HEAD") {
      const { config, flags } = signing(signer, "-s");
      await git([...config, "tag", "--force", "--annotate", ...flags, "-m", "Words", name, target]);
      return git(["rev-parse", `refs/tags/${name}`]);
    },
    async rewrite(type, id, change) {
      const text = (await raw(type, id)).toString("latin1");
      return write(type, Buffer.from(change(text), "latin1"));
    },
  };
}

function signing(
  signer: With,
  flag: string,
): { readonly config: readonly string[]; readonly flags: readonly string[] } {
  if (signer === undefined) return { config: [], flags: [] };
  if (typeof signer === "string") return { config: ["-c", `user.signingkey=${signer}`], flags: [flag] };
  return { config: ["-c", "gpg.format=ssh", "-c", `user.signingkey=${signer.path}`], flags: [flag] };
}
