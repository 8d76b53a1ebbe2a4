import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** What a commit puts at a path: text or bytes, a symbolic link, an executable, or nothing (removed). */
export type FileContent =
  string | Uint8Array | { readonly link: string } | { readonly executable: string } | null;

/** One entry of a tree object written by hand, however wrong. `content` is a blob's, or another tree's id. */
export interface RawEntry {
  readonly mode: string;
  readonly name: string | Uint8Array;
  readonly id: string;
}

export interface TempRepo {
  /** The work tree; its `.git` can be served. */
  readonly dir: string;
  /** Writes the files, commits them on the current branch, and tells the commit's id. */
  commit(files: Readonly<Record<string, FileContent>>, message?: string): Promise<string>;
  /** Commits a tree written by hand, through no index, on `branch`. */
  commitRaw(entries: readonly RawEntry[], branch?: string): Promise<string>;
  /** Stores bytes (and a tree, from entries), and tells the id. */
  blob(content: string | Uint8Array): Promise<string>;
  tree(entries: readonly RawEntry[]): Promise<string>;
  /** Makes the branch if need be, and switches to it. */
  branch(name: string): Promise<void>;
  /** A tag of the current commit, moved if it is there; annotated with a message. */
  tag(name: string, message?: string): Promise<void>;
  head(): Promise<string>;
  /** Any git command in the work tree; its trimmed output. */
  git(...args: readonly string[]): Promise<string>;
  remove(): Promise<void>;
}

export interface TempRepoOptions {
  /** Where; a new folder under the system's temporary one by default. Created if need be. */
  readonly dir?: string;
  /** Default `main`. */
  readonly branch?: string;
}

/** An empty Git repository with a work tree, free of the machine's own Git settings. */
export async function createTempRepo(options: TempRepoOptions = {}): Promise<TempRepo> {
  const dir = options.dir ?? (await mkdtemp(join(tmpdir(), "conops-repo-")));
  await mkdir(dir, { recursive: true });
  const git = (...args: readonly string[]): Promise<string> => runGit(dir, args);
  await git("init", "--quiet", "--initial-branch", options.branch ?? "main");

  async function object(type: "blob" | "tree", bytes: Uint8Array): Promise<string> {
    return runGit(dir, ["hash-object", "-t", type, "-w", "--literally", "--stdin"], bytes);
  }
  const tree = (entries: readonly RawEntry[]): Promise<string> => object("tree", treeBytes(entries));

  return {
    dir,
    git,
    tree,
    blob: (content) => object("blob", Buffer.from(content)),
    async commit(files, message = "Change") {
      for (const [path, content] of Object.entries(files)) await put(join(dir, path), content);
      await git("add", "--all", "--force");
      await git("commit", "--quiet", "--allow-empty", "--message", message);
      return git("rev-parse", "HEAD");
    },
    async commitRaw(entries, branch = "main") {
      const sha = await git("commit-tree", await tree(entries), "-m", "By hand");
      await git("update-ref", `refs/heads/${branch}`, sha);
      return sha;
    },
    async branch(name) {
      await git("checkout", "--quiet", "-B", name).catch(() =>
        git("symbolic-ref", "HEAD", `refs/heads/${name}`),
      );
    },
    async tag(name, message) {
      await git(
        "tag",
        "--force",
        ...(message === undefined ? [] : ["--annotate", "--message", message]),
        name,
      );
    },
    head: () => git("rev-parse", "HEAD"),
    remove: () => rm(dir, { recursive: true, force: true }),
  };
}

/** Runs git without the machine's own settings; its trimmed output. Rejects with what it said. */
export function runGit(cwd: string, args: readonly string[], input?: Uint8Array): Promise<string> {
  return new Promise((resolve, reject) => {
    const done = (error: Error | null, stdout: string, stderr: string): void => {
      if (error === null) resolve(stdout.trim());
      else reject(new Error(`git ${args.join(" ")}: ${stderr.trim()}`, { cause: error }));
    };
    const child = execFile("git", [...args], { cwd, env: gitEnvironment(), encoding: "utf8" }, done);
    child.stdin?.end(input);
  });
}

/** The id that Git gives an object. */
export function objectId(type: string, bytes: Uint8Array): string {
  return createHash("sha1").update(`${type} ${bytes.length}\0`).update(bytes).digest("hex");
}

export function gitEnvironment(): NodeJS.ProcessEnv {
  return {
    PATH: process.env["PATH"],
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_SYSTEM: "/dev/null",
    GIT_AUTHOR_NAME: "Ada",
    GIT_AUTHOR_EMAIL: "ada@example.com",
    GIT_COMMITTER_NAME: "Ada",
    GIT_COMMITTER_EMAIL: "ada@example.com",
  };
}

async function put(path: string, content: FileContent): Promise<void> {
  await rm(path, { recursive: true, force: true });
  if (content === null) return;
  await mkdir(dirname(path), { recursive: true });
  if (typeof content === "string" || content instanceof Uint8Array) {
    await writeFile(path, content);
  } else if ("link" in content) {
    await symlink(content.link, path);
  } else {
    await writeFile(path, content.executable);
    await chmod(path, 0o755);
  }
}

function treeBytes(entries: readonly RawEntry[]): Buffer {
  return Buffer.concat(
    entries.flatMap(({ mode, name, id }) => [
      Buffer.from(`${mode} `),
      Buffer.from(name),
      Buffer.from([0]),
      Buffer.from(id, "hex"),
    ]),
  );
}
