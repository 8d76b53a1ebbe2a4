/**
 * A corpus of hostile repositories: each a good commit and a hostile one that follows it. `outside` is a folder that none
 * of them may create, change or read anything in; it lies as far from a staging folder as from a stable checkout, so that a
 * relative path that climbs out reaches it from both.
 */
import type { RenderRequest } from "../../controller/compose/compose.ts";
import type { LooseFile, LooseObjects } from "./loose-objects.ts";

type Files = Readonly<Record<string, LooseFile>>;

export interface HostileCase {
  /** The commit before; a harmless project by default. */
  readonly before?: Files;
  /** Files beside a harmless Compose file, or a tree written by hand: its id. */
  readonly hostile: Files | ((objects: LooseObjects) => string);
  readonly message?: string;
  readonly spec?: Partial<Pick<RenderRequest, "path" | "overrides" | "envFiles" | "env">>;
  /**
   * What becomes of it: `stage REASON` or `render REASON` is a refusal there; `rendered` is harmless, whatever was left out
   * on the way.
   */
  readonly becomes: string;
  /** What of it must not be in any checkout. */
  readonly never?: readonly string[];
}

const IMAGE = "services: {web: {image: x}}\n";
export const GOOD: Files = {
  "compose.yaml": IMAGE,
  a: "a file",
  "dir/f": "a file in a folder",
  "conf/web.conf": "conf",
};

const service = (fields: string, top = ""): string => `services: {web: {image: x, ${fields}}}\n${top}\n`;

/** Every case by name. `outside` is absolute, `up` leads there from the root of a checkout. */
export function hostileCases(outside: string, up: string): Readonly<Record<string, HostileCase>> {
  return {
    ...links(outside, up),
    ...names(),
    ...trees(),
    ...repositories(outside),
    ...projects(outside, up),
  };
}

function links(outside: string, up: string): Readonly<Record<string, HostileCase>> {
  const leftOut = (hostile: Files, never: readonly string[], before?: Files): HostileCase => ({
    hostile,
    never,
    becomes: "rendered",
    ...(before && { before }),
  });
  const chain = Object.fromEntries(
    Array.from({ length: 45 }, (_, n) => [`l${n}`, { link: n === 44 ? up : `l${n + 1}` }] as const),
  );
  return {
    "a link to an absolute path": leftOut({ x: { link: `${outside}/secret` } }, ["x"]),
    "a link that climbs out": leftOut({ "d/x": { link: `../${up}/secret` } }, ["d/x"]),
    "a link that climbs out by way of what is not there": leftOut(
      { x: { link: `no/such/../../${up}/secret` } },
      ["x"],
    ),
    "a link to a folder outside, and files below its name": {
      hostile: ({ tree, blob }) =>
        tree([
          { mode: "120000", name: "x", id: blob(outside) },
          { mode: "40000", name: "x", id: tree([{ mode: "100644", name: "evil", id: blob("evil") }]) },
        ]),
      becomes: "stage UnsafePath",
    },
    "a chain of links, each of which stays inside": leftOut(
      { "p/q/r": { link: "../.." }, s: { link: `p/q/r/${up}` } },
      ["s"],
    ),
    "a chain through a folder that is a link": leftOut(
      { d: { link: "p/q" }, "p/q/e": { link: "../../.." }, x: { link: "d/e/outside/secret" } },
      ["x", "p/q/e"],
    ),
    "a chain of very many links": leftOut(chain, Object.keys(chain)),
    "links in circles": leftOut({ x: { link: "y" }, y: { link: "x" }, z: { link: "z/z" } }, ["x", "y", "z"]),
    "a link by way of the processes' files": leftOut(
      { x: { link: "/proc/self/root/etc/passwd" }, y: { link: "/proc/self/cwd" } },
      ["x", "y"],
    ),
    "a link to nothing": leftOut({ x: { link: "" } }, ["x"]),
    "a link with a zero byte": leftOut({ x: { link: Buffer.from("a\0/../../x") } }, ["x"]),
    "a link with a line break": leftOut({ x: { link: `${up}\n/secret` } }, ["x"]),
    "a link that is too long": leftOut({ x: { link: "a/".repeat(5000) } }, ["x"]),
    "a link that is as large as a film": leftOut({ x: { link: Buffer.alloc(20_000_000) } }, ["x"]),
    "very many links through very many others": {
      hostile: ({ files, blob, tree }) => {
        const far = blob("x/".repeat(2000));
        const many = Array.from({ length: 3000 }, (_, n) => ({
          mode: "120000",
          name: `l${String(n).padStart(5, "0")}`,
          id: far,
        }));
        return tree([{ mode: "40000", name: "d", id: files({ f: "x" }) }, ...many]);
      },
      becomes: "stage UnsupportedContent",
    },
    "a folder that becomes a link out": leftOut({ dir: { link: outside } }, ["dir"]),
    "a file that becomes a link out": leftOut({ a: { link: `${outside}/secret` } }, ["a"]),
    "a link inside that becomes a folder": leftOut(
      { "l/evil": "evil", "conf/web.conf": "conf" },
      ["conf/evil"],
      { ...GOOD, l: { link: "conf" } },
    ),
    "a link out, planted before, that becomes a folder": leftOut(
      { "l/evil": "evil", "l/secret": "evil" },
      [],
      { ...GOOD, l: { link: outside } },
    ),
    "a link to a link out, planted before, that becomes a folder": leftOut({ "l/evil": "evil", m: "m" }, [], {
      ...GOOD,
      l: { link: "m" },
      m: { link: outside },
    }),
    "twins by case: a link out, and a folder": leftOut({ X: { link: outside }, "x/evil": "evil" }, ["X"]),
    "twins by Unicode: a link out, and a folder": leftOut(
      { "\u00e9": { link: outside }, "e\u0301/evil": "evil" },
      ["\u00e9"],
    ),
    "twins by what cannot be seen": leftOut({ "x\u200d": { link: outside }, "x/evil": "evil" }, ["x\u200d"]),
    ".gitmodules that is a link": {
      hostile: { ".gitmodules": { link: `${outside}/secret` } },
      becomes: "stage UnsafePath",
    },
    ".gitattributes and .gitignore that are links": leftOut(
      { ".gitattributes": { link: `${outside}/secret` }, ".gitignore": { link: `${up}/secret` } },
      [".gitattributes", ".gitignore"],
    ),
  };
}

function names(): Readonly<Record<string, HostileCase>> {
  const cases: Record<string, HostileCase> = {};
  const hooks = (objects: LooseObjects): string =>
    objects.files({
      "hooks/post-checkout": { executable: "#!/bin/sh\ntouch ran\n" },
      config: "[core]\nfsmonitor = touch ran\n",
    });
  for (const name of [
    ".git",
    ".GIT",
    ".gIt",
    "git~1",
    "GIT~1",
    ".git ",
    ".git.",
    ".git::$INDEX_ALLOCATION",
    ".git:x",
    ".git\\x",
    ".g\u200cit",
    "\u202e.git",
    "..",
    ".",
    "",
    "a/b",
    "/etc",
    "../x",
    "dir/../../x",
  ]) {
    cases[`a folder named ${JSON.stringify(name)}`] = {
      hostile: (objects) => objects.tree([{ mode: "40000", name, id: hooks(objects) }]),
      becomes: "stage UnsafePath",
    };
  }
  cases["a file named .git, which leads to a repository elsewhere"] = {
    hostile: ({ tree, blob }) => tree([{ mode: "100644", name: ".git", id: blob("gitdir: ../evil\n") }]),
    becomes: "stage UnsafePath",
  };
  cases["a name that is not UTF-8"] = {
    hostile: ({ tree, blob }) =>
      tree([{ mode: "100644", name: Buffer.from([0x61, 0xff, 0x62]), id: blob("x") }]),
    becomes: "stage UnsupportedContent",
  };
  cases["an overlong slash"] = {
    hostile: ({ tree, blob }) =>
      tree([{ mode: "100644", name: Buffer.from([0x2e, 0x2e, 0xc0, 0xaf, 0x78]), id: blob("x") }]),
    becomes: "stage UnsupportedContent",
  };
  cases["a name that no file system takes"] = {
    hostile: { ["n".repeat(256)]: "x" },
    becomes: "stage UnsupportedContent",
  };
  cases["a path that no kernel takes"] = {
    hostile: { [Array.from({ length: 20 }, () => "n".repeat(200)).join("/")]: "x" },
    becomes: "stage UnsupportedContent",
  };
  cases["names that shells, terminals and JavaScript give a meaning"] = {
    hostile: {
      "-rf": "1",
      "a\nb": "2",
      "$(touch ran)": "3",
      "`touch ran`": "4",
      "\u001b[2J": "5",
      "__proto__/x": "6",
      constructor: "7",
      "C:\\x": "8",
      "~": "9",
      con: "10",
      "x;y": "11",
      "*": "12",
      ".conops-aaaaaaaaaaaa.tmp": "13",
    },
    becomes: "rendered",
  };
  return cases;
}

function trees(): Readonly<Record<string, HostileCase>> {
  const odd = (mode: string): HostileCase => ({
    hostile: ({ tree, blob }) => tree([{ mode, name: "x", id: blob("/etc/passwd") }]),
    becomes: "stage UnsupportedContent",
  });
  return {
    "a mode of nothing": odd("0"),
    "a mode of a device": odd("60000"),
    "a mode of a pipe": odd("10000"),
    "a mode of a folder with permissions": odd("40755"),
    "a mode of a link with permissions": odd("120777"),
    "a mode of what Git has no word for": odd("170000"),
    "a mode that is no number": odd("x"),
    "a mode with permissions for everybody, and more": {
      hostile: ({ tree, blob }) =>
        tree([
          { mode: "100644", name: "compose.yaml", id: blob(IMAGE) },
          { mode: "100777", name: "x", id: blob("x") },
        ]),
      becomes: "rendered",
    },
    "one name twice": {
      hostile: ({ tree, blob }) =>
        tree([
          { mode: "100644", name: "x", id: blob("1") },
          { mode: "100644", name: "x", id: blob("2") },
        ]),
      becomes: "stage UnsafePath",
    },
    "one name twice, with another between": {
      hostile: ({ tree, blob }) =>
        tree([
          { mode: "120000", name: "x", id: blob("/etc") },
          { mode: "100644", name: "x.y", id: blob("1") },
          { mode: "40000", name: "x", id: tree([{ mode: "100644", name: "passwd", id: blob("evil") }]) },
        ]),
      becomes: "stage UnsafePath",
    },
    "names out of order": {
      hostile: ({ tree, blob }) =>
        tree([
          { mode: "100644", name: "b", id: blob("1") },
          { mode: "100644", name: "a", id: blob("2") },
        ]),
      becomes: "stage UnsupportedContent",
    },
    "a tree that ends early": {
      hostile: ({ write }) => write("tree", Buffer.from("100644 x\0short")),
      becomes: "stage UnsupportedContent",
    },
    "a tree of noise": {
      hostile: ({ write }) => write("tree", Buffer.alloc(1000, 0x41)),
      becomes: "stage UnsupportedContent",
    },
    "a file that is a folder": {
      hostile: ({ tree, files }) => tree([{ mode: "100644", name: "x", id: files({ a: "b" }) }]),
      becomes: "stage UnsupportedContent",
    },
    "a folder that is a file": {
      hostile: ({ tree, blob }) => tree([{ mode: "40000", name: "x", id: blob("100644 a\0") }]),
      becomes: "stage UnsupportedContent",
    },
    "a link that is a folder": {
      hostile: ({ tree, files }) => tree([{ mode: "120000", name: "x", id: files({ a: "b" }) }]),
      becomes: "stage UnsupportedContent",
    },
    "ten thousand folders in each other": {
      hostile({ tree, blob }) {
        let id = tree([{ mode: "100644", name: "f", id: blob("x") }]);
        for (let depth = 0; depth < 10_000; depth++) id = tree([{ mode: "40000", name: "d", id }]);
        return id;
      },
      becomes: "stage UnsupportedContent",
    },
    "two hundred thousand files": {
      hostile({ tree, blob }) {
        const id = blob("x");
        return tree(
          Array.from({ length: 200_001 }, (_, n) => ({
            mode: "100644",
            name: String(n).padStart(6, "0"),
            id,
          })),
        );
      },
      becomes: "stage UnsupportedContent",
    },
    "a tree of trees that unfolds without end": {
      hostile({ tree, blob }) {
        let id = tree([{ mode: "100644", name: "f", id: blob("bomb") }]);
        for (let depth = 0; depth < 12; depth++)
          id = tree(Array.from({ length: 10 }, (_, n) => ({ mode: "40000", name: `d${n}`, id })));
        return id;
      },
      becomes: "stage UnsupportedContent",
    },
    "a tree of empty trees that unfolds without end": {
      hostile({ tree }) {
        let id = tree([]);
        for (let depth = 0; depth < 12; depth++)
          id = tree(Array.from({ length: 10 }, (_, n) => ({ mode: "40000", name: `d${n}`, id })));
        return id;
      },
      becomes: "stage UnsupportedContent",
    },
    "a file that is small in Git, and not on disk": {
      hostile: { x: Buffer.alloc(300_000_000) },
      becomes: "stage UnsupportedContent",
    },
    "one file under very many names": {
      hostile({ tree, blob }) {
        const id = blob(Buffer.alloc(900_000));
        return tree(
          Array.from({ length: 3000 }, (_, n) => ({ mode: "100644", name: String(n).padStart(5, "0"), id })),
        );
      },
      becomes: "stage UnsupportedContent",
    },
    "a message that is as long as a film": {
      hostile: GOOD,
      message: "x".repeat(20_000_000),
      becomes: "stage UnsupportedContent",
    },
  };
}

function repositories(outside: string): Readonly<Record<string, HostileCase>> {
  const touch = `touch ${outside}/ran`;
  return {
    "filters, hooks and commands of Git": {
      hostile: {
        ".gitattributes": "* filter=evil diff=evil merge=evil ident export-subst\n",
        ".gitconfig": `[filter "evil"]\nsmudge = ${touch}\nprocess = ${touch}\n[core]\nfsmonitor = ${touch}\nhooksPath = .\n`,
        ".lfsconfig": `[lfs]\nurl = file://${outside}\n`,
        "post-checkout": { executable: `#!/bin/sh\n${touch}\n` },
      },
      becomes: "rendered",
    },
    "a submodule whose URL is a command, where none is wanted": {
      hostile: {
        ".gitmodules": `[submodule "x"]\n\tpath = x\n\turl = ext::sh -c "${touch}"\n\tupdate = !${touch}\n`,
        x: { commit: "1".repeat(40) },
      },
      never: ["x"],
      becomes: "rendered",
    },
    "a bare repository, for programs that look for one": {
      hostile: {
        HEAD: "ref: refs/heads/main\n",
        "objects/x": "",
        "refs/heads/main": `${"1".repeat(40)}\n`,
        config: `[core]\nbare = false\nworktree = ${outside}\nfsmonitor = ${touch}\n`,
      },
      becomes: "rendered",
    },
  };
}

function projects(outside: string, up: string): Readonly<Record<string, HostileCase>> {
  const refused = (
    compose: string,
    files: Files = {},
    spec: HostileCase["spec"] = {},
    reason = "UnsafePath",
  ): HostileCase => ({
    hostile: { "compose.yaml": compose, ...files },
    spec,
    becomes: `render ${reason}`,
  });
  const link = {
    out: { link: outside },
    "d/in": { link: "../out" },
    f: { link: `${outside}/secret.env` },
    y: { link: `${outside}/secret.yaml` },
  };
  const cases: Record<string, HostileCase> = {};
  const places = {
    "in full": [`${outside}/secret.env`, {}],
    "by climbing": [`${up}/secret.env`, {}],
    "through a link": ["./f", link],
    "through a folder that is a link": ["./out/secret.env", link],
    "through a link to a link": ["./d/in/secret.env", link],
    "by a variable": ["${WHERE}/secret.env", { ".env": `WHERE=${outside}\n` }],
    "by a variable's default": [`\${NOWHERE:-${up}}/secret.env`, {}],
  } as const satisfies Readonly<Record<string, readonly [string, Files]>>;
  for (const [how, [path, files]] of Object.entries(places)) {
    const text = JSON.stringify(path);
    const yaml = JSON.stringify(path.replace("secret.env", "secret.yaml").replace("./f", "./y"));
    cases[`an env_file ${how}`] = refused(service(`env_file: ${text}`), files);
    cases[`an optional env_file ${how}`] = refused(
      service(`env_file: [{path: ${text}, required: false}]`),
      files,
    );
    cases[`a label_file ${how}`] = refused(service(`label_file: ${text}`), files);
    cases[`a config ${how}`] = refused(service("configs: [c]", `configs: {c: {file: ${text}}}`), files);
    cases[`a secret ${how}`] = refused(service("secrets: [c]", `secrets: {c: {file: ${text}}}`), files);
    cases[`a secret of a build ${how}`] = refused(
      service("build: {context: ., secrets: [c]}", `secrets: {c: {file: ${text}}}`),
      files,
    );
    cases[`an include ${how}`] = refused(`include: [${yaml}]\n`, files);
    cases[`an include's env_file ${how}`] = refused(`include: [{path: b.yaml, env_file: ${text}}]\n`, {
      ...files,
      "b.yaml": service("environment: {S: '${SECRET}'}"),
    });
    cases[`an extends ${how}`] = refused(service(`extends: {file: ${yaml}, service: web}`), files);
    cases[`a Dockerfile ${how}`] = refused(service(`build: {context: ., dockerfile: ${text}}`), files);
    cases[`a seccomp profile ${how}`] = refused(
      service(`security_opt: [${JSON.stringify(`seccomp:${path}`)}]`),
      files,
    );
  }
  const folders = {
    "in full": [outside, {}],
    "by climbing": [up, {}],
    "through a link": ["./out", link],
    "through a link to a link": ["./d/in", link],
  } as const satisfies Readonly<Record<string, readonly [string, Files]>>;
  for (const [how, [path, files]] of Object.entries(folders)) {
    const text = JSON.stringify(path);
    cases[`a build context ${how}`] = refused(service(`build: ${text}`), files);
    cases[`an additional context ${how}`] = refused(
      service(`build: {context: ., additional_contexts: {x: ${text}}}`),
      files,
    );
    cases[`an include's project directory ${how}`] = refused(
      `include: [{path: b.yaml, project_directory: ${text}}]\n`,
      { ...files, "b.yaml": service("env_file: secret.env") },
    );
  }
  return {
    ...cases,
    "a bind by climbing": refused(service(`volumes: ['${up}:/m']`)),
    "a bind through a link": refused(service("volumes: ['./d/in:/m']"), link),
    "a bind through a link, by the project's own folder": refused(
      service("volumes: ['${PWD}/out:/m']"),
      link,
    ),
    "a volume's device through a link": refused(
      service(
        "volumes: ['v1:/m']",
        "volumes: {v1: {driver_opts: {type: none, o: bind, device: '${PWD}/out'}}}",
      ),
      link,
    ),
    "a Compose file that is a link": refused("", {
      "compose.yaml": { link: `${outside}/secret.yaml` },
      "docker-compose.yml": IMAGE,
    }),
    "an override that is a link": refused(IMAGE, {
      "compose.override.yaml": { link: `${outside}/secret.yaml` },
    }),
    "an .env that is a link": refused(service("environment: {S: '${SECRET}'}"), {
      ".env": { link: `${outside}/secret.env` },
    }),
    "an included folder's .env that is a link": refused("include: [sub/b.yaml]\n", {
      "sub/b.yaml": service("environment: {S: '${SECRET}'}"),
      "sub/.env": { link: `../${up}/secret.env` },
    }),
    "a path that is a link": refused(IMAGE, link, { path: "out" }),
    "a path through a link": refused(IMAGE, link, { path: "d/in/secret.yaml" }),
    "an override of the spec through a link": refused(IMAGE, link, { overrides: ["out/secret.yaml"] }),
    "an env file of the spec that is a link": refused(service("environment: {S: '${SECRET}'}"), link, {
      envFiles: ["f"],
    }),
    "a file to watch, which nothing reads": {
      hostile: { "compose.yaml": service(`develop: {watch: [{path: ${up}, action: sync, target: /x}]}`) },
      becomes: "rendered",
    },
    "a pointer of Git LFS as a config": refused(
      service("configs: [c]", "configs: {c: {file: big}}"),
      { big: `version https://git-lfs.github.com/spec/v1\noid sha256:${"a".repeat(64)}\nsize 1\n` },
      {},
      "UnsupportedContent",
    ),
    "a submodule as a build context": refused(
      service("build: ./sub"),
      { sub: { commit: "1".repeat(40) } },
      {},
      "UnsupportedContent",
    ),
  };
}
