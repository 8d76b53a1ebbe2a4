/** Very many small repositories on two real servers, and a few servers that mean harm, each with one remote. */
import { once } from "node:events";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { startEndlessServer } from "./endless-server.ts";
import { runGit } from "./git-repo.ts";
import {
  startBlackHole,
  startDripServer,
  startGitDaemon,
  startSmartHttp,
  type GitServer,
} from "./git-servers.ts";

export interface Many {
  /** Half of them at `git://`, half at `http://`. */
  readonly healthy: readonly HealthyRemote[];
  /** By what they do. */
  readonly harmful: Readonly<Record<Harm, string>>;
  close(): Promise<void>;
}

export interface HealthyRemote {
  readonly url: string;
  /** What `main` is at. */
  readonly sha: string;
  /** Moves `main` to another commit, and tells which. */
  readonly push: () => Promise<string>;
}

export type Harm =
  | "never answers"
  | "answers a byte at a time"
  | "sends 10 GB"
  | "has 20,000 refs"
  | "says 500"
  | "says 429"
  | "hangs in the TLS handshake"
  | "closes at once";

const REFS = 20_000;

/** Makes `count` repositories below `base` and starts all servers. */
export async function startMany(base: string, count: number): Promise<Many> {
  const [first, second] = await seed(base);
  for (let n = 0; n < count; n++) await makeRepository(base, `r${n}`, first);
  await makeRepository(base, "refs", first);
  const lines = Array.from({ length: REFS }, (_, n) => `${first} refs/heads/b${n}\n`);
  await writeFile(
    join(base, "refs", "packed-refs"),
    `# pack-refs with: peeled fully-peeled sorted\n${lines.toSorted().join("")}`,
  );

  const servers: GitServer[] = [];
  const open = async <S extends GitServer>(starting: Promise<S>): Promise<S> => {
    const server = await starting;
    servers.push(server);
    return server;
  };
  const daemon = await open(startGitDaemon(base));
  const http = await open(startSmartHttp(base));
  const answering = (status: number, headers: Record<string, string> = {}) =>
    open(
      startSmartHttp(base, {
        before(_, response) {
          response.writeHead(status, headers).end();
          return true;
        },
      }),
    );
  const hole = await open(startBlackHole());
  const closing = await open(startClosingServer());
  return {
    healthy: Array.from({ length: count }, (_, n) => ({
      url: (n % 2 === 0 ? daemon : http).url(`r${n}`),
      sha: first,
      async push() {
        await writeRef(base, `r${n}`, second);
        return second;
      },
    })),
    harmful: {
      "never answers": hole.url("r"),
      "answers a byte at a time": (await open(startDripServer(1000))).url("r"),
      "sends 10 GB": (await open(startEndlessServer(10 * 1024 ** 3))).url("r"),
      "has 20,000 refs": daemon.url("refs"),
      "says 500": (await answering(500)).url("r"),
      "says 429": (await answering(429, { "Retry-After": "20" })).url("r"),
      "hangs in the TLS handshake": `https://127.0.0.1:${(await open(startBlackHole())).port}/r`,
      "closes at once": closing.url("r"),
    },
    async close() {
      for (const server of servers.toReversed()) await server.close();
    },
  };
}

/** Two commits whose objects all repositories share. */
async function seed(base: string): Promise<readonly [string, string]> {
  const dir = join(base, "seed");
  await runGit(base, ["init", "--quiet", "--bare", dir]);
  const tree = await runGit(dir, ["mktree"], new Uint8Array());
  const first = await runGit(dir, ["commit-tree", tree, "-m", "One"]);
  const second = await runGit(dir, ["commit-tree", tree, "-p", first, "-m", "Two"]);
  return [first, second];
}

async function makeRepository(base: string, name: string, sha: string): Promise<void> {
  const dir = join(base, name);
  await mkdir(join(dir, "refs", "heads"), { recursive: true });
  await mkdir(join(dir, "objects", "info"), { recursive: true });
  await writeFile(join(dir, "objects", "info", "alternates"), `${join(base, "seed", "objects")}\n`);
  await writeFile(join(dir, "HEAD"), "ref: refs/heads/main\n");
  await writeFile(join(dir, "config"), "[core]\n\trepositoryformatversion = 0\n\tbare = true\n");
  await writeRef(base, name, sha);
}

async function writeRef(base: string, name: string, sha: string): Promise<void> {
  const path = join(base, name, "refs", "heads", "main");
  await writeFile(`${path}.new`, `${sha}\n`);
  await rename(`${path}.new`, path);
}

async function startClosingServer(): Promise<GitServer> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.destroy();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return {
    port: address.port,
    url: (repository) => `git://127.0.0.1:${address.port}/${repository}`,
    async close() {
      server.close();
      await once(server, "close");
    },
  };
}
