import { execFileSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import net from "node:net";
import path from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import {
  createExampleRepository,
  EXAMPLE_GIT_PORT,
  serveExampleRepository,
} from "../../../scripts/example-repository.mjs";
import { ROOT, temporaryFolder } from "./run-script.ts";

describe("the example of make run", () => {
  const template = path.join(ROOT, "scripts", "example");
  const daemons: ChildProcess[] = [];
  let folder: string;
  let remove: () => void;

  beforeEach(() => {
    ({ folder, remove } = temporaryFolder());
  });

  afterEach(async () => {
    for (const daemon of daemons.splice(0)) {
      if (daemon.exitCode === null && daemon.signalCode === null) {
        daemon.kill();
        await once(daemon, "exit");
      }
    }
    remove();
  });

  function git(cwd: string, ...parameters: string[]): string {
    return execFileSync("git", parameters, {
      cwd,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    }).trim();
  }

  async function serve(port: number): Promise<ChildProcess> {
    const daemon = await serveExampleRepository({ folder, port });
    daemons.push(daemon);
    return daemon;
  }

  async function freePort(): Promise<number> {
    const server = net.createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as net.AddressInfo;
    server.close();
    await once(server, "close");
    return port;
  }

  it("is named by the committed manifest as it is served", () => {
    const manifest = parse(readFileSync(path.join(ROOT, "manifests", "hello.yaml"), "utf8")) as {
      spec: { source: { repoURL: string } };
    };

    expect(manifest.spec.source.repoURL).to.equal(`git://127.0.0.1:${EXAMPLE_GIT_PORT}/hello.git`);
  });

  it("is made once: a second start keeps the commits of the person", () => {
    const { bare, clone } = createExampleRepository({ folder, template });
    writeFileSync(path.join(clone, "site", "index.html"), "<h1>Mine</h1>\n");
    git(clone, "commit", "--quiet", "--all", "--message", "Make it mine");
    git(clone, "push", "--quiet");

    createExampleRepository({ folder, template });

    expect(git(bare, "log", "--format=%s", "main").split("\n")).to.deep.equal(["Make it mine", "Say hello"]);
  });

  it("begins with the same commit everywhere", () => {
    const first = createExampleRepository({ folder: path.join(folder, "a"), template });
    const second = createExampleRepository({ folder: path.join(folder, "b"), template });

    expect(git(first.bare, "rev-parse", "main")).to.equal(git(second.bare, "rev-parse", "main"));
  });

  it("is served as a Git server would", async () => {
    const { bare } = createExampleRepository({ folder, template });
    const port = await freePort();

    await serve(port);

    const head = git(folder, "ls-remote", `git://127.0.0.1:${port}/hello.git`, "refs/heads/main");
    expect(head.split("\t")[0]).to.equal(git(bare, "rev-parse", "main"));
  });

  it("takes the place of a server that an earlier, killed run left behind", async () => {
    createExampleRepository({ folder, template });
    const port = await freePort();
    const left = await serve(port);

    const next = await serve(port);

    expect(left.signalCode ?? left.exitCode).to.not.equal(null);
    expect(next.exitCode).to.equal(null);
  });

  it("says so when the port is another program's", async () => {
    createExampleRepository({ folder, template });
    const other = net.createServer((socket) => socket.end()).listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as net.AddressInfo;

    const refusal = await serve(port).then(
      () => "served",
      (error: Error) => error.message,
    );

    other.close();
    expect(refusal).to.include(`port ${port}`);
  });
});
