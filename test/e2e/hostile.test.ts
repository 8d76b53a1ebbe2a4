import { execFileSync } from "node:child_process";
import { existsSync, lstatSync, readdirSync, readFileSync, statSync, symlinkSync } from "node:fs";
import { mkdir, readFile, rename, rm, truncate, writeFile } from "node:fs/promises";
import { get as httpGet } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { expect } from "chai";
import { stringify } from "yaml";
import { docker, requireEngine, until } from "../support/engine.ts";
import type { FileContent } from "../support/git-repo.ts";
import { startSmartHttp } from "../support/git-servers.ts";
import { createWorld, sleeper, type Controller, type World } from "../support/world.ts";

const MARKER = "marker-of-the-controller-4711";
const PASSWORD = "hunter2-in-a-url";
const SECRET = "TOPSECRET";

/** One hostile repository, and what its Application says. */
interface Attack {
  readonly files: Readonly<Record<string, FileContent>>;
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly message?: string;
  /** Paths of submodules, each at a commit that nobody has. */
  readonly submodules?: readonly string[];
  /** `Ready`: its status and reason. */
  readonly ready: string;
}

const base64 = (text: string): string => Buffer.from(text).toString("base64");
const utf16 = (text: string): Buffer =>
  Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, "utf16le")]);

/** Every attack by name; `outside` is a folder that no repository may read or write, `data` the data directory. */
function attacks(outside: string, data: string): Readonly<Record<string, Attack>> {
  const file = `${outside}/secret.env`;
  const compose = `${outside}/compose.yaml`;
  const web = (lines: readonly string[], top = ""): FileContent => `${sleeper("web", lines)}${top}\n`;
  const refused = (reason: string, yaml: FileContent, others: Attack["files"] = {}): Attack => ({
    files: { "compose.yaml": yaml, ...others },
    ready: `False ${reason}`,
  });
  const harmless = (yaml: FileContent, others: Attack["files"] = {}): Attack => ({
    files: { "compose.yaml": yaml, ...others },
    ready: "True Synced",
  });
  // An image of its own: one with the name of the tests' image would take that name from everybody.
  const built = sleeper("web", ["build: ."]).replace(/^ +image:.*\n/m, "");
  const pwn = { executable: `#!/bin/sh\ntouch ${outside}/ran\n` };
  const link = { l: { link: outside }, f: { link: file }, c: { link: compose } };
  return {
    "bind-through-a-link": refused("UnsafePath", web(["volumes: ['./l:/m']"]), link),
    "bind-through-a-chain": refused("UnsafePath", web(["volumes: ['./a/b:/m']"]), {
      a: { link: "d" },
      "d/b": { link: `${"../".repeat(20)}${outside.slice(1)}` },
    }),
    "volume-through-a-link": refused(
      "UnsafePath",
      web(
        ["volumes: ['vol:/m']"],
        "volumes: {vol: {driver_opts: {type: none, o: bind, device: '${PWD}/l'}}}",
      ),
      link,
    ),
    "context-through-a-link": refused("UnsafePath", web(["build: ./l"]), link),
    "env-file-through-a-link": refused("UnsafePath", web(["env_file: ./f"]), link),
    "config-through-a-link": refused("UnsafePath", web(["configs: [x]"], "configs: {x: {file: ./f}}"), link),
    "include-through-a-link": refused("UnsafePath", web([], "include: [./c]"), link),
    "extends-through-a-link": refused("UnsafePath", web(["extends: {file: ./c, service: x}"]), link),
    "secret-of-the-machine": refused("UnsafePath", web(["secrets: [x]"], `secrets: {x: {file: ${file}}}`)),
    "context-of-the-machine": refused("UnsafePath", web(["build: /"])),
    "dockerfile-of-the-machine": refused("UnsafePath", web([`build: {context: ., dockerfile: ${file}}`])),
    "further-context-of-the-machine": refused(
      "UnsafePath",
      web([`build: {context: ., additional_contexts: {x: ${outside}}}`]),
    ),
    "seccomp-without-end": refused("UnsafePath", web(["security_opt: ['seccomp=/dev/zero']"])),
    "seccomp-of-the-machine": refused("UnsafePath", web([`security_opt: ['seccomp:${file}']`])),
    "env-file-of-home": refused("UnsafePath", web(["env_file: '~/.profile'"]), { "~/.profile": "A=1\n" }),
    "env-file-in-base64": refused("InvalidCompose", web([`env_file: !!binary ${base64(file)}`])),
    "include-in-base64": refused("InvalidCompose", web([], `!!binary ${base64("include")}: ["${compose}"]`)),
    "include-by-an-alias": refused(
      "InvalidCompose",
      `x-k: &k include\n${web([], `*k : ["${compose}"]`) as string}`,
    ),
    "include-in-utf-16": refused("InvalidCompose", utf16(web([], `include: ["${compose}"]`) as string)),
    "include-after-another-line-break": refused(
      "InvalidCompose",
      web([], `# x\u2028include: ["${compose}"]`),
    ),
    "include-after-a-carriage-return": refused("InvalidCompose", web([], `# x\rinclude: ["${compose}"]`)),
    "env-file-by-a-hidden-variable": refused("UnsafePath", web(["env_file: '${P:-.env}'"]), {
      ".env": `Q="x\n" P=${file}\n`,
    }),
    // The builder takes its words apart at commas, and works out what looks like a template.
    "secret-of-the-machine-after-a-comma": refused(
      "PolicyViolation",
      web(["build: {context: ., secrets: [x]}"], `secrets: {x: {file: './x,src=${file}'}}`),
      { Dockerfile: "FROM conops-test/busybox:1\n", [`x,src=${file}`]: "A=1\n" },
    ),
    "template-in-a-build": refused("PolicyViolation", web(["build: {context: ., tags: ['x:$${1+1}']}"]), {
      Dockerfile: "FROM conops-test/busybox:1\n",
    }),
    "cache-on-the-machine": refused(
      "UnsafePath",
      web([`build: {context: ., cache_to: ['mode=max,type=local,dest=${outside}']}`]),
      { Dockerfile: "FROM conops-test/busybox:1\n" },
    ),
    "logins-of-the-machine": refused("PolicyViolation", web(["use_api_socket: true"])),
    "remote-include": refused("PolicyViolation", web([], "include: ['oci://127.0.0.1:1/x']")),
    provider: refused("PolicyViolation", "services: {web: {provider: {type: compose}}}\n", {
      compose: pwn,
      "docker-compose": pwn,
    }),
    "bomb-of-aliases": refused(
      "InvalidCompose",
      `a: &a [z,z,z,z,z,z,z,z,z]\n${"bcdefghij"
        .split("")
        .map((key, at) => `${key}: &${key} [${`*${"abcdefghi"[at]},`.repeat(9)}]`)
        .join("\n")}\n`,
    ),
    "nested-without-end": refused("InvalidCompose", `x: ${"[".repeat(50_000)}`),
    "metacharacters-in-a-name": refused("InvalidCompose", 'services: {"a; touch x": {image: x}}\n'),
    "preloaded-by-an-extension": harmless(
      web([], `x-conops-environment: {LD_PRELOAD: "${data}/checkouts/preloaded-by-an-extension/no.so"}`),
    ),
    "preloaded-by-a-secret": harmless(web(["secrets: [x]"], "secrets: {x: {environment: LD_PRELOAD}}"), {
      ".env": "LD_PRELOAD=/no/such/library.so\n",
    }),
    "repository-in-the-context": harmless(built, {
      Dockerfile: "FROM conops-test/busybox:1\n",
      HEAD: "ref: refs/heads/main\n",
      "objects/x": "",
      "refs/heads/main": `${"1234567890".repeat(4)}\n`,
      config: `[core]
repositoryformatversion = 1
bare = false
worktree = .
[extensions]
partialClone = origin
[remote "origin"]
promisor = true
url = .
uploadpack = touch ${outside}/ran;
`,
    }),
    "settings-of-docker": harmless(web([]), {
      ".env": `COMPOSE_FILE=${compose}\nCOMPOSE_PROJECT_NAME=other\nDOCKER_HOST=tcp://127.0.0.1:1\nPATH=/none\n`,
    }),
    "name-of-another": harmless(web([], "name: somebody-else")),
    "labels-of-compose": harmless(
      web(["labels: {com.docker.compose.project: other, com.docker.compose.service: x}"]),
    ),
    "files-with-names-of-javascript": harmless(web(["volumes: ['.:/m']"]), {
      ["__proto__"]: "x",
      constructor: "y",
      "toString/valueOf": "z",
    }),
    "services-with-names-of-javascript": refused(
      "InvalidCompose",
      `services:\n${["__proto__", "constructor", "toString"].map((name) => sleeper(name).replace("services:\n", "")).join("")}`,
    ),
    "odd-paths": harmless(web(["volumes: ['.:/m']"]), {
      "-f": "1",
      "a\nb": "2",
      "$(touch x)": "3",
      "`id`'\"": "4",
      ".conops-aaaaaaaaaaaa.tmp": "5",
    }),
    "submodule-with-a-command": {
      ...refused("InvalidURL", web([]), {
        ".gitmodules": `[submodule "s"]\n\tpath = s\n\turl = ext::sh%20-c%20touch%20${outside}/ran\n\tupdate = !touch ${outside}/ran\n`,
      }),
      submodules: ["s"],
      spec: { source: { submodules: true } },
    },
    "submodule-of-the-machine": {
      ...refused("InvalidURL", web([]), {
        ".gitmodules": `[submodule "s"]\n\tpath = s\n\turl = file://${data}/mirrors/${"0".repeat(32)}\n`,
      }),
      submodules: ["s"],
      spec: { source: { submodules: true } },
    },
    "submodule-that-is-not-wanted": {
      ...harmless(web([]), {
        ".gitmodules": `[submodule "s"]\n\tpath = s\n\turl = --upload-pack=touch\n\tupdate = !touch ${outside}/ran\n`,
      }),
      submodules: ["s"],
    },
    "pointer-of-lfs-in-a-mounted-folder": refused("UnsupportedContent", web(["volumes: ['./assets:/m']"]), {
      "assets/film": `version https://git-lfs.github.com/spec/v1\noid sha256:${"a".repeat(64)}\nsize 1\n`,
    }),
    "pointer-of-lfs-that-nobody-uses": harmless(web([]), {
      film: `version https://git-lfs.github.com/spec/v1\noid sha256:${"a".repeat(64)}\nsize 1\n`,
    }),
    "file-that-unfolds": refused("UnsupportedContent", web([]), { zeros: Buffer.alloc(3 * 2 ** 20) }),
    "file-that-unfolds-elsewhere": {
      files: {
        "app/compose.yaml": web([]),
        "zeros/zeros": Buffer.alloc(3 * 2 ** 20),
        "links/l": { link: outside },
      },
      spec: { source: { path: "app" } },
      ready: "True Synced",
    },
    "shouting-subject": {
      ...harmless(web([])),
      message: `\u001b[2J\u001b]0;owned\u0007sub\rject ${"long ".repeat(40_000)}\n\nbody`,
    },
    "manifest-with-a-preload": {
      ...refused("InvalidManifest", web([])),
      spec: { compose: { env: [{ name: "LD_PRELOAD", value: "/x.so" }] } },
    },
    "manifest-with-a-password": {
      ...refused("InvalidManifest", web([])),
      spec: { source: { repoURL: `https://me:${PASSWORD}@127.0.0.1/x.git` } },
    },
    "manifest-with-a-transport": {
      ...refused("InvalidManifest", web([])),
      spec: { source: { repoURL: `ext::sh -c touch% ${outside}/ran` } },
    },
    "manifest-with-an-option": {
      ...refused("InvalidManifest", web([])),
      spec: { source: { repoURL: "-oProxyCommand=x" } },
    },
    "manifest-that-climbs": { ...refused("InvalidManifest", web([])), spec: { source: { path: "../.." } } },
    "manifest-of-the-root": { ...refused("InvalidManifest", web([])), spec: { source: { path: "/etc" } } },
    "manifest-with-a-ref": {
      ...refused("InvalidManifest", web([])),
      spec: { source: { revision: { branch: "a..b@{1}" } } },
    },
    "manifest-too-eager": { ...refused("InvalidManifest", web([])), spec: { source: { interval: "1ns" } } },
    "manifest-too-lazy": {
      ...refused("InvalidManifest", web([])),
      spec: { source: { interval: "1000000000h" } },
    },
    "variables-with-everything": {
      ...harmless(web(["environment: {V: '${V}'}"])),
      spec: { compose: { env: [{ name: "V", value: "a\nb $HOME ${X} `id` '\"" }] } },
    },
  };
}

describe("ConOps among enemies", function () {
  this.timeout(120_000);
  let world: World;
  let controller: Controller;
  let outside: string;
  let all: Readonly<Record<string, Attack>>;

  before(async () => {
    await requireEngine();
    world = await createWorld();
    outside = join(world.root, "outside");
    await mkdir(outside);
    await writeFile(join(outside, "secret.env"), `${SECRET}=leak\n`);
    await writeFile(join(outside, "compose.yaml"), sleeper("x", [`environment: {L: ${SECRET}}`]));
    all = attacks(outside, world.data);
    controller = await world.start({
      args: ["--concurrency", "8", "--max-file-size", "2MiB"],
      env: { MARKER_TOKEN: MARKER, LANG: "C.UTF-8" },
    });
    for (const [name, { files, message, spec, submodules = [] }] of Object.entries(all)) {
      const repo = await world.repo(name);
      const message1 = join(world.root, "message");
      await writeFile(message1, message ?? "Attack");
      for (const [path, content] of Object.entries(files)) await repo.commit({ [path]: content });
      for (const path of submodules) {
        await repo.git("update-index", "--add", "--cacheinfo", `160000,${"1".repeat(40)},${path}`);
      }
      await repo.git("commit", "--quiet", "--allow-empty", "--cleanup=verbatim", "--file", message1);
      await world.manifest(name, spec ?? {});
    }
  });
  after(async () => {
    await world.close();
    await docker(["image", "rm", "--force", `${world.prefix}-repository-in-the-context-web`]);
  });

  const readyOf = (name: string): Promise<string> => world.condition(name, "Ready");

  describe("the author of a repository", () => {
    it("gets each attack judged as it should be", async () => {
      const wanted = Object.fromEntries(Object.entries(all).map(([name, { ready }]) => [name, ready]));
      let found: Record<string, string> = {};

      await until(
        "every Application is judged",
        async () => {
          found = {};
          for (const name of Object.keys(all)) found[name] = await readyOf(name);
          return Object.values(found).every((ready) => ready !== "" && !ready.startsWith("Unknown"));
        },
        90_000,
      ).catch(() => undefined);

      expect(found).to.deep.equal(wanted);
    });

    it("has run nothing, written nothing outside, and no container holds what is outside", async () => {
      const containers = (
        await Promise.all(Object.keys(all).map((name) => world.containers(`${world.prefix}-${name}`)))
      ).flat();

      expect(readdirSync(outside).toSorted()).to.deep.equal(["compose.yaml", "secret.env"]);
      expect(containers.length > 0).to.equal(true);
      expect(containers.filter(({ Config }) => JSON.stringify(Config.Env).includes(SECRET))).to.deep.equal(
        [],
      );
      expect(await world.containers("other")).to.deep.equal([]);
      // What the loader of programs says where it was told to load a library.
      expect(controller.log()).not.to.include("cannot be preloaded");
    });

    it("gives an Application its variables as they are written", async () => {
      const [container] = await world.containers(`${world.prefix}-variables-with-everything`);
      expect(container?.Config.Env).to.include("V=a\nb $HOME ${X} `id` '\"");
    });

    it("reaches no terminal, log or status file with control characters, and no further than a line", async () => {
      const name = "shouting-subject";
      const described = await world.cli("describe", name);
      const listed = await world.cli("get", "applications", "-o", "wide");
      const status = await readFile(join(world.manifests, `${name}.status.yaml`), "utf8");

      for (const text of [described.stdout, listed.stdout, status, controller.log()]) {
        // oxlint-disable-next-line no-control-regex -- what must not be there
        expect(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/.test(text)).to.equal(false);
      }
      expect((await world.status(name))?.sync.message?.length).to.equal(200);
      expect(status.length < 10_000).to.equal(true);
    });

    it("writes through no link that it planted with an earlier commit", async () => {
      const name = "planted";
      const repo = await world.repo(name);
      await repo.commit({
        "compose.yaml": sleeper("web", ["volumes: ['.:/m']"]),
        a: { link: outside },
        b: { link: "c" },
        "c/x": "1",
      });
      await world.manifest(name, {});
      await world.untilReady(name);

      const head = await repo.commit({ a: null, "a/evil": "evil", b: null, "b/evil": "evil" });
      await world.untilReady(name, head);

      expect(existsSync(join(outside, "evil"))).to.equal(false);
      const checkout = join(world.data, "checkouts", name);
      expect([
        existsSync(join(checkout, "c/evil")),
        lstatSync(join(checkout, "a")).isDirectory(),
      ]).to.deep.equal([false, true]);
    });

    it("writes nothing through a folder that a container turned into a link", async () => {
      const name = "turned";
      const repo = await world.repo(name);
      await repo.commit({ "compose.yaml": sleeper("web", ["volumes: ['.:/m']"]), "d/x": "1" });
      await world.manifest(name, {});
      await world.untilReady(name);
      const [container] = await world.containers(`${world.prefix}-${name}`);
      await world.docker("exec", container?.Id ?? "", "sh", "-c", `rm -r /m/d && ln -s ${outside} /m/d`);

      await repo.commit({ "d/x": "2", "d/evil": "evil" });
      const status = await world.untilStatus(name, "the sync is refused", ({ conditions }) =>
        conditions.some(({ type, reason }) => type === "Ready" && reason === "CheckoutConflict"),
      );

      expect(status.conditions.find(({ type }) => type === "Healthy")?.status).to.equal("True");
      expect(readdirSync(outside).toSorted()).to.deep.equal(["compose.yaml", "secret.env"]);
    });

    it("takes neither the project nor the container of another Application", async () => {
      for (const name of ["owner", "thief"]) {
        const repo = await world.repo(name);
        await repo.commit({ "compose.yaml": sleeper("web", [`container_name: ${world.prefix}-named`]) });
      }
      await world.manifest("owner", {});
      await world.untilReady("owner");
      const [before] = await world.containers(`${world.prefix}-owner`);
      const twin = await world.repo("twin");
      await twin.commit({ "compose.yaml": sleeper("other") });

      await world.manifest("thief", {});
      await world.manifest("twin", { compose: { projectName: `${world.prefix}-owner` } });
      await world.untilStatus("thief", "the thief fails", ({ conditions }) =>
        conditions.some(({ type, reason }) => type === "Ready" && reason === "UpFailed"),
      );
      await world.untilStatus("twin", "the twin is refused", ({ conditions }) =>
        conditions.some(({ type, status }) => type === "Ready" && status === "False"),
      );

      const after = await world.containers(`${world.prefix}-owner`);
      expect(after.map(({ Id, State }) => [Id, State.Status])).to.deep.equal([[before?.Id, "running"]]);
    });
  });

  describe("the author of manifests", () => {
    it("harms nobody by files that are none, and everything goes on", async () => {
      const dir = world.manifests;
      execFileSync("mkfifo", [join(dir, "pipe.yaml")]);
      await mkdir(join(dir, "folder.yaml"));
      symlinkSync("/dev/zero", join(dir, "zero.yaml"));
      symlinkSync("loop.yaml", join(dir, "loop.yaml"));
      await writeFile(join(dir, "huge.yaml"), "");
      await truncate(join(dir, "huge.yaml"), 2 ** 30);
      await writeFile(
        join(dir, "names.yaml"),
        ["../x", "con/x", "a.b", "ä", "x".repeat(64), "-f"]
          .map((name) =>
            stringify({
              apiVersion: "conops.dev/v1alpha1",
              kind: "Application",
              metadata: { name },
              spec: { source: { repoURL: world.server.url("owner") } },
            }),
          )
          .join("---\n"),
      );
      symlinkSync("/dev/zero", join(dir, "application.owner.sync.request.yaml"));

      const repo = await world.repo("owner");
      const head = await repo.commit({ marker: "1" });
      await world.untilReady("owner", head);

      expect((await fetch(`${controller.http}/healthz`)).status).to.equal(200);
      expect(existsSync(join(world.root, "x.status.yaml"))).to.equal(false);
    });

    it("gets no file written or read by a status file that is a link", async () => {
      const status = join(world.manifests, "owner.status.yaml");
      const victim = join(outside, "secret.env");
      for (const [target, number] of [
        [victim, "2"],
        ["/dev/zero", "3"],
      ] as const) {
        symlinkSync(target, `${status}.link`);
        await rename(`${status}.link`, status);
        const repo = await world.repo("owner");
        const head = await repo.commit({ marker: number });
        await until("the status is written anew", () => lstatSync(status).isFile());
        await world.untilReady("owner", head);
      }
      expect(await readFile(victim, "utf8")).to.equal(`${SECRET}=leak\n`);
    });
  });

  describe("a Git server", () => {
    it("leads nobody to another host, to a file, or astray", async () => {
      const served = await startSmartHttp(world.repos, {
        before(request, response) {
          const [, how] = /^\/([a-z]+)\//.exec(request.url ?? "") ?? [];
          const elsewhere: Record<string, string> = {
            file: `file://${world.repos}/owner`,
            other: `http://localhost:${served.port}/owner/info/refs?service=git-upload-pack`,
          };
          if (how !== undefined && elsewhere[how] !== undefined) {
            response.writeHead(302, { location: elsewhere[how] }).end();
            return true;
          }
          if (how !== "endless") return false;
          response.writeHead(200, { "content-type": "application/x-git-upload-pack-advertisement" });
          const line = (text: string): string => (text.length + 4).toString(16).padStart(4, "0") + text;
          response.write(`${line("# service=git-upload-pack\n")}0000`);
          let count = 0;
          // A megabyte at a time, and a pause: what is read here meanwhile must not wait for this server.
          const more = (): void => {
            const refs = Array.from({ length: 20 }, () => {
              const sha = (count + 1).toString(16).padStart(40, "1");
              const ref = count === 0 ? "HEAD\0side-band-64k" : `refs/heads/${"x".repeat(50_000)}${count}`;
              count += 1;
              return line(`${sha} ${ref}\n`);
            });
            if (response.destroyed) return;
            if (response.write(refs.join(""))) setTimeout(more, 5);
            else response.once("drain", () => setTimeout(more, 5));
          };
          more();
          return true;
        },
      });
      try {
        for (const name of ["file", "other", "endless"]) {
          await world.manifest(name, {
            source: { repoURL: `http://127.0.0.1:${served.port}/${name}/x.git` },
          });
        }
        let most = 0;
        for (const name of ["file", "other", "endless"]) {
          await world.untilStatus(name, "its source fails", ({ conditions }) => {
            most = Math.max(most, ...workersOf(controller).map(({ rssBytes }) => rssBytes));
            return conditions.some(({ type, status }) => type === "SourceReady" && status === "False");
          });
        }
        expect(most < 1.5 * 2 ** 30, `a worker took ${Math.round(most / 2 ** 20)} MiB`).to.equal(true);
        const repo = await world.repo("owner");
        await world.untilReady("owner", await repo.commit({ marker: "4" }));
      } finally {
        for (const name of ["file", "other", "endless"]) await rm(join(world.manifests, `${name}.yaml`));
        await served.close();
      }
    });
  });

  describe("another user of the machine", () => {
    it("finds nothing of the controller's environment in children, files or answers", async () => {
      const said = childrenOf(controller.process.pid ?? 0).flatMap((pid) =>
        ["environ", "cmdline"].flatMap((file) => {
          try {
            return [readFileSync(`/proc/${pid}/${file}`, "utf8")];
          } catch {
            return []; // ended meanwhile
          }
        }),
      );
      expect(said.length > 0).to.equal(true);
      expect(said.filter((text) => text.includes(MARKER))).to.deep.equal([]);
      const places = [world.data, world.manifests];
      const found = (text: string): string =>
        execFileSync("sh", ["-c", 'grep -rlF -- "$0" "$@" || :', text, ...places], { encoding: "utf8" });
      expect(found(MARKER)).to.equal("");
      expect(found(PASSWORD)).to.equal(`${join(world.manifests, "manifest-with-a-password.yaml")}\n`);
      const metrics = await fetch(`${controller.http}/metrics`).then((answer) => answer.text());
      for (const text of [controller.log(), metrics]) {
        expect(text).not.to.include(MARKER);
        expect(text).not.to.include(PASSWORD);
      }
    });

    it("can read nothing of the data directory but checkouts, and hold no lock", () => {
      const open = readdirSync(world.data).filter(
        (name) => (statSync(join(world.data, name)).mode & 0o007) !== 0,
      );
      expect(statSync(join(world.manifests, ".conops.lock")).mode & 0o077).to.equal(0);
      expect(open.toSorted()).to.deep.equal(["checkouts", "staging"]);
    });
  });

  describe("a web page", () => {
    const status = (path: string, headers: Record<string, string>, method = "GET"): Promise<number> =>
      new Promise((resolve, reject) => {
        httpGet(`${controller.http}${path}`, { headers, method, agent: false }, (answer) => {
          answer.resume();
          resolve(answer.statusCode ?? 0);
        }).on("error", reject);
      });

    it("reads nothing under a name of its own, changes nothing, and smuggles nothing", async () => {
      expect(await status("/metrics", { host: "evil.example:80" })).to.equal(403);
      expect(await status("/metrics", { host: "127.0.0.1.evil.example" })).to.equal(403);
      expect(await status("/metrics", { "x-long": "x".repeat(20_000) })).to.equal(431);
      for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) {
        expect(await status("/", {}, method), method).to.equal(405);
      }
      const both =
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
      const answer = await raw(controller.http, `${both}GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n`);
      expect(answer.split("HTTP/1.1 ").length - 1).to.equal(1);
      expect(answer).not.to.include("workqueue");
    });

    it("cannot keep others away by connections that never say anything", async () => {
      const url = new URL(controller.http);
      const sockets = Array.from({ length: 300 }, () =>
        connect(Number(url.port), url.hostname).on("error", () => undefined),
      );
      try {
        for (const socket of sockets) socket.write("GET / HTTP/1.1\r\nX-Slow: ");
        await until(
          "it answers again",
          () =>
            fetch(`${controller.http}/healthz`).then(
              (answer) => answer.ok,
              () => false,
            ),
          15_000,
        );
      } finally {
        for (const socket of sockets) socket.destroy();
      }
    });
  });

  // The last of all: a suite's own tests run before those of the suites in it.
  describe("in the end", () => {
    it("nobody has killed the controller, or made it log an error", () => {
      expect(controller.process.exitCode).to.equal(null);
      expect(controller.lines().filter(({ level }) => level === "error")).to.deep.equal([]);
    });
  });
});

function childrenOf(pid: number): readonly number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
}

/** The controller's children that are alive, with the memory that they hold. */
function workersOf(controller: Controller): readonly { readonly pid: number; readonly rssBytes: number }[] {
  return childrenOf(controller.process.pid ?? 0).flatMap((pid) => {
    try {
      const pages = Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]);
      return [{ pid, rssBytes: pages * 4096 }];
    } catch {
      return []; // ended meanwhile
    }
  });
}

/** What a server answers to these bytes until it closes the connection. */
function raw(http: string, bytes: string): Promise<string> {
  const { port, hostname } = new URL(http);
  return new Promise((resolve, reject) => {
    let text = "";
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    socket.setTimeout(10_000, () => socket.destroy());
    socket.on("data", (chunk) => (text += chunk.toString()));
    socket.on("close", () => resolve(text));
    socket.on("error", reject);
  });
}
