import { expect } from "chai";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ReconcileError } from "../../../controller/api/errors.ts";
import type { LeftOut } from "../../../controller/compose/compose.ts";
import { createMask } from "../../../controller/lib/mask.ts";
import { createSandbox, IMAGE, type Sandbox, sleeper, variable, yaml } from "./sandbox.ts";

const leftOut = (path: string): LeftOut => ({
  path,
  reason: "UnsupportedContent",
  why: "it is elsewhere",
  spoilsFolders: false,
});

describe("render()", () => {
  let sandbox: Sandbox;
  beforeEach(() => (sandbox = createSandbox()));
  afterEach(() => sandbox.remove());

  const environmentOf = async (service: Record<string, unknown>): Promise<unknown> => {
    sandbox.write({ "compose.yaml": yaml({ services: { a: sleeper(service) } }) });
    return (await sandbox.render()).project.services["a"]?.environment;
  };
  const short = ({ reason, terminal, message }: ReconcileError): unknown => ({
    reason,
    terminal,
    message: message.replace("Cannot use the Compose project: ", ""),
  });

  it("repeats no part of a value, wherever a long message of Compose is cut", async () => {
    const value = "hunter2-and-a-half";
    const mask = createMask([value]);
    sandbox.write({ "compose.yaml": yaml({ services: { a: sleeper({ ports: ["${PAD}${DB}"] }) } }) });
    const messages: string[] = [];
    for (const length of [200, 240, 250, 260, 270, 300]) {
      const env = [variable("PAD", "x".repeat(length)), variable("DB", value)];
      messages.push((await sandbox.refused({ env, mask })).message);
    }

    expect(messages.join("\n")).not.to.contain(value.slice(0, 5));
    expect(messages.some((message) => message.endsWith("…"))).to.equal(true);
    expect(messages.some((message) => message.includes("x***"))).to.equal(true);
  });

  describe("what it yields", () => {
    it("names the stable checkout wherever Compose saw the staged one, and keeps the staged form apart", async () => {
      sandbox.write({
        "deploy/compose.yaml": yaml({
          services: {
            a: sleeper({ volumes: ["./data:/data", "../conf:/conf:ro"], environment: { WHERE: "${PWD}" } }),
          },
        }),
      });

      const rendering = await sandbox.render({ path: "deploy" });

      expect(rendering.project.services["a"]?.volumes?.map(({ source }) => source)).to.deep.equal([
        join(sandbox.stableDir, "deploy/data"),
        join(sandbox.stableDir, "conf"),
      ]);
      expect(rendering.project.services["a"]?.environment).to.deep.equal({
        WHERE: join(sandbox.stableDir, "deploy"),
      });
      expect(rendering.projectDir).to.equal(join(sandbox.stableDir, "deploy"));
      expect(rendering.stagedProjectDir).to.equal(join(sandbox.stagingDir, "deploy"));
      expect(rendering.json.includes(sandbox.stagingDir)).to.equal(false);
      expect(rendering.stagedJson.includes(join(sandbox.stagingDir, "deploy/data"))).to.equal(true);
    });

    it("is the same text for the same files, in whatever staging folder", async () => {
      const other = createSandbox();
      const files = {
        "compose.yaml": yaml({ services: { b: sleeper({ volumes: ["./x:/x"] }), a: sleeper() } }),
      };
      sandbox.write(files);
      other.write(files);

      const first = await sandbox.render();
      const second = await other.render({ project: sandbox.project, stableDir: sandbox.stableDir });
      await other.remove();

      expect(second.json).to.equal(first.json);
      expect(second.digest).to.equal(first.digest);
    });

    it("lists the repository's files and folders that each service uses", async () => {
      sandbox.write({
        "compose.yaml": yaml({
          services: {
            a: sleeper({
              volumes: ["./data:/data", "/etc/localtime:/etc/localtime:ro", "${PWD}/more:/more"],
              configs: ["c"],
              env_file: ["a.env", { path: "none.env", required: false }],
            }),
            b: sleeper({ build: { context: "src", dockerfile: "../Dockerfile.b" }, secrets: ["s"] }),
            c: sleeper({ label_file: "labels.txt" }),
          },
          configs: { c: { file: "./c.conf" } },
          secrets: { s: { file: "./s.txt" } },
        }),
        "a.env": "A=1",
        "c.conf": "c",
        "s.txt": "s",
        "labels.txt": "x=y",
        "src/main.sh": "true",
        "Dockerfile.b": `FROM ${IMAGE}`,
      });

      const { usedPaths } = await sandbox.render();

      expect(usedPaths).to.deep.equal({
        a: ["a.env", "c.conf", "data", "more", "none.env"],
        b: ["Dockerfile.b", "Dockerfile.b.dockerignore", "s.txt", "src"],
        c: ["labels.txt"],
      });
    });

    it("puts variables with inject into every container, dollar signs kept", async () => {
      sandbox.write({
        "compose.yaml": yaml({ services: { a: sleeper(), b: sleeper({ environment: { A: "1" } }) } }),
      });

      const { project } = await sandbox.render({
        env: [variable("TOKEN", "a$b", true), variable("QUIET", "x")],
      });

      expect(project.services["a"]?.environment).to.deep.equal({ TOKEN: "a$$b" });
      expect(project.services["b"]?.environment).to.deep.equal({ A: "1", TOKEN: "a$$b" });
    });

    it("takes the folder's override file with it, and a file alone, as Compose does", async () => {
      const side = (name: string): string => yaml({ services: { [name]: sleeper() } });
      sandbox.write({
        "compose.yaml": side("a"),
        "docker-compose.yml": side("b"),
        "compose.override.yml": side("c"),
        "more.yaml": side("d"),
      });

      const folder = await sandbox.render();
      const file = await sandbox.render({ path: "compose.yaml", overrides: ["more.yaml"] });

      expect(Object.keys(folder.project.services)).to.deep.equal(["a", "c"]);
      expect(Object.keys(file.project.services)).to.deep.equal(["a", "d"]);
    });

    it("follows profiles, includes, extends, merge keys and Compose's own tags", async () => {
      sandbox.write({
        "compose.yaml": `
x-env: &env {A: "1"}
include: [lib/compose.yaml]
services:
  a: {image: "${IMAGE}", environment: {<<: *env, B: "2"}, ports: ["80"]}
  b: {extends: {file: lib/compose.yaml, service: base}}
  c: {image: "${IMAGE}", profiles: [more]}
  d: {image: "${IMAGE}", profiles: [less]}
`,
        "lib/compose.yaml": `services: {base: {image: "${IMAGE}", env_file: base.env, volumes: ["./d:/d"]}}`,
        "lib/base.env": "FROM_FILE=yes",
        "override.yaml": "services: {a: {ports: !reset []}}",
      });

      const { project, usedPaths } = await sandbox.render({
        path: "compose.yaml",
        overrides: ["override.yaml"],
        profiles: ["more"],
      });

      expect(Object.keys(project.services)).to.deep.equal(["a", "b", "base", "c"]);
      expect(project.services["a"]?.environment).to.deep.equal({ A: "1", B: "2" });
      expect(project.services["a"]?.ports).to.equal(undefined);
      expect(usedPaths["b"]).to.deep.equal(["lib/base.env", "lib/d"]);
    });
  });

  describe("variables", () => {
    it("shows Compose nothing of the controller's environment", async () => {
      process.env["CONOPS_TEST_MARKER"] = "leaked";
      try {
        expect(
          await environmentOf({ environment: ["CONOPS_TEST_MARKER", "OTHER=${CONOPS_TEST_MARKER:-clean}"] }),
        ).to.deep.equal({ CONOPS_TEST_MARKER: null, OTHER: "clean" });
      } finally {
        delete process.env["CONOPS_TEST_MARKER"];
      }
    });

    it("prefers the manifest's variables to env files, and later env files to earlier ones", async () => {
      sandbox.write({ ".env": "A=dot\nB=dot\nC=dot", "prod.env": "B=prod\nC=prod" });
      sandbox.write({
        "compose.yaml": yaml({ services: { a: sleeper({ environment: { ABC: "${A}-${B}-${C}" } }) } }),
      });

      const { project } = await sandbox.render({ envFiles: ["prod.env"], env: [variable("C", "manifest")] });

      expect(project.services["a"]?.environment).to.deep.equal({ ABC: "dot-prod-manifest" });
    });

    it("gives COMPOSE_FILE and COMPOSE_PROJECT_NAME of an .env no effect, its other variables theirs", async () => {
      sandbox.write({
        ".env": "COMPOSE_FILE=other.yaml\nCOMPOSE_PROJECT_NAME=evil\nPWD=/evil\nGREETING=hello",
        "compose.yaml": yaml({ services: { a: sleeper({ environment: { G: "${GREETING} ${PWD}" } }) } }),
        "other.yaml": yaml({ services: { evil: sleeper() } }),
      });

      const { project } = await sandbox.render();

      expect(project.name).to.equal(sandbox.project);
      expect(Object.keys(project.services)).to.deep.equal(["a"]);
      expect(project.services["a"]?.environment).to.deep.equal({ G: `hello ${sandbox.stableDir}` });
    });

    it("cannot be made to include remote files by an .env", async () => {
      sandbox.write({
        ".env": "COMPOSE_EXPERIMENTAL_GIT_REMOTE=true\nWHERE=https://127.0.0.1:9/x.git",
        "compose.yaml": 'include: ["${WHERE}"]\nservices: {}\n',
      });

      expect(short(await sandbox.refused())).to.deep.equal({
        reason: "PolicyViolation",
        terminal: true,
        message: "compose.yaml:1:11: include takes in a remote file; copy it into the repository",
      });
    });

    it("refuses a variable without value in a bind source, and says where", async () => {
      sandbox.write({
        "compose.yaml": `services:\n  db:\n    image: ${IMAGE}\n    volumes:\n      - \${DATA_DIR}/db:/db\n`,
      });

      expect(short(await sandbox.refused())).to.deep.equal({
        reason: "UndefinedVariable",
        terminal: true,
        message:
          'compose.yaml:5:9: services.db.volumes: the variable "DATA_DIR" has no value; set it in spec.compose.env or an env file, give it a default (${DATA_DIR:-value}), or name it in spec.compose.allowUnset',
      });
    });

    it("names the variable also where Compose itself stumbles over the empty text", async () => {
      sandbox.write({ "compose.yaml": "services: {a: {image: 'x:${TAG}', ports: ['${PORT}:x']}}" });

      expect((await sandbox.refused()).reason).to.equal("UndefinedVariable");
    });

    it("allows it by name, in services that are not wanted, and warns elsewhere", async () => {
      sandbox.write({
        "compose.yaml": `services:
  a: {image: "${IMAGE}", volumes: ["\${DIR}/etc/hostname:/h"], environment: {E: "\${NOTHING}"}}
  b: {image: "x:\${TAG}", profiles: [later]}
`,
      });

      const { warnings } = await sandbox.render({ allowUnset: ["DIR"] });

      expect(warnings).to.deep.equal([
        'compose.yaml:2:93: services.a.environment.E: the variable "NOTHING" has no value; it counts as empty',
      ]);
    });
  });

  describe("what it refuses", () => {
    const cases: readonly {
      readonly name: string;
      readonly files: Readonly<Record<string, string>>;
      readonly reason: string;
      readonly message: string;
    }[] = [
      {
        name: "a provider",
        files: { "compose.yaml": "services:\n  a: {provider: {type: sh}}\n" },
        reason: "PolicyViolation",
        message:
          "compose.yaml:2:17: services.a.provider would run a program of this machine; use an image or a build",
      },
      {
        name: "an include from outside",
        files: { "compose.yaml": "include: [../outside.yaml]\nservices: {}\n" },
        reason: "UnsafePath",
        message: "lies outside the repository; move it into it",
      },
      {
        name: "an extends from outside",
        files: { "compose.yaml": "services: {a: {extends: {file: ../outside.yaml, service: x}}}\n" },
        reason: "UnsafePath",
        message: "lies outside the repository; move it into it",
      },
      {
        name: "an env_file of the machine",
        files: { "compose.yaml": "services: {a: {image: x, env_file: /etc/passwd}}\n" },
        reason: "UnsafePath",
        message:
          'compose.yaml:1:36: services.a.env_file: "/etc/passwd" lies outside the repository; move it into it',
      },
      {
        name: "a secret of the machine",
        files: {
          "compose.yaml": "services: {a: {image: x, secrets: [s]}}\nsecrets: {s: {file: /etc/shadow}}\n",
        },
        reason: "UnsafePath",
        message:
          'compose.yaml:2:21: secrets.s.file: "/etc/shadow" lies outside the repository; move it into it',
      },
      {
        name: "a build context of the machine",
        files: { "compose.yaml": "services: {a: {build: /etc}}\n" },
        reason: "UnsafePath",
        message: 'services.a.build.context: "/etc" lies outside the repository; move it into it',
      },
      {
        name: "a bind that climbs out",
        files: { "compose.yaml": "services: {a: {image: x, volumes: ['../../x:/x']}}\n" },
        reason: "UnsafePath",
        message:
          'compose.yaml:1:36: services.a.volumes: "../../x" lies outside the repository; move it into it',
      },
      {
        name: "a remote include",
        files: { "compose.yaml": "include:\n  - path: oci://127.0.0.1:9/x\nservices: {}\n" },
        reason: "PolicyViolation",
        message: "compose.yaml:2:11: include takes in a remote file; copy it into the repository",
      },
      {
        name: "a volume name of one letter",
        files: { "compose.yaml": "services: {a: {image: x, volumes: ['v:/data']}}\nvolumes: {v: }\n" },
        reason: "InvalidCompose",
        message:
          'services.a.volumes: Compose reads "v:/data" as a path on a Windows drive; use a volume name of two letters or more',
      },
      {
        name: "what is no YAML",
        files: { "compose.yaml": "services:\n  a: {image: x\n  b: }\n" },
        reason: "InvalidCompose",
        message: "compose.yaml:",
      },
      {
        name: "what Compose does not accept, in its words",
        files: {
          "deploy/compose.yaml": "services: {a: {imagee: x}}\n",
          "compose.yaml": "include: [deploy/compose.yaml]",
        },
        reason: "InvalidCompose",
        message: "validating deploy/compose.yaml: services.a additional properties 'imagee' not allowed",
      },
    ];
    for (const { name, files, reason, message } of cases) {
      it(name, async () => {
        sandbox.write(files);
        writeFileSync(join(sandbox.stagingDir, "../outside.yaml"), "services: {x: {image: x}}");

        const error = await sandbox.refused();

        expect([error.reason, error.terminal]).to.deep.equal([reason, true]);
        expect(error.message).to.include(message);
        expect(error.message).not.to.include(sandbox.stagingDir);
      });
    }

    it("never runs what a provider names", async () => {
      sandbox.write({
        "compose.yaml": yaml({ services: { a: { provider: { type: "sh" } } } }),
        compose: `#!/bin/sh\ntouch ${join(sandbox.root, "ran")}\n`,
      });

      await sandbox.refused();

      expect(existsSync(join(sandbox.root, "ran"))).to.equal(false);
    });

    it("a path that is not there, listing what is", async () => {
      sandbox.write({ "app/compose.yml": "services: {}", "app/readme.md": "" });

      expect(short(await sandbox.refused({ path: "app/compose.yaml" }))).to.deep.equal({
        reason: "PathNotFound",
        terminal: true,
        message: 'there is no "app/compose.yaml" in the repository; "app" holds "compose.yml", "readme.md"',
      });
      expect(short(await sandbox.refused({ path: "." }))).to.deep.equal({
        reason: "PathNotFound",
        terminal: true,
        message:
          'the folder "." holds no Compose file (compose.yaml, compose.yml, docker-compose.yml, docker-compose.yaml), but "app"',
      });
    });

    it("a bomb of aliases, at once and without starting Compose", async () => {
      const levels = Array.from({ length: 9 }, (_, level) =>
        level === 0
          ? "x0: &x0 [a, a, a, a, a, a, a, a, a]"
          : `x${level}: &x${level} [${Array.from({ length: 9 }, () => `*x${level - 1}`).join(", ")}]`,
      );
      sandbox.write({ "compose.yaml": `${levels.join("\n")}\nservices: {a: {image: x}}\n` });
      const begun = Date.now();

      const error = await sandbox.refused();

      expect(error.reason).to.equal("InvalidCompose");
      expect(Date.now() - begun < 1000).to.equal(true);
      expect(existsSync(join(sandbox.dataDir, "compose"))).to.equal(false);
    });

    it("a file nested without end", async () => {
      sandbox.write({ "compose.yaml": `services: ${"[".repeat(200_000)}` });

      expect((await sandbox.refused()).reason).to.equal("InvalidCompose");
    });

    for (const field of ["env_file", "label_file"]) {
      it(`a pipe as ${field}, without waiting for it`, async () => {
        sandbox.write({ "compose.yaml": yaml({ services: { a: sleeper({ [field]: "pipe" }) } }) });
        execFileSync("mkfifo", [join(sandbox.stagingDir, "pipe")]);

        const error = await sandbox.refused();

        expect(error.reason).to.equal("UnsafePath");
        expect(error.message).to.include(`services.a.${field}: "pipe" is not a regular file`);
      });
    }

    it("a pipe as the Compose file or its .env", async () => {
      execFileSync("mkfifo", [join(sandbox.stagingDir, ".env"), join(sandbox.stagingDir, "compose.yml")]);
      expect((await sandbox.refused()).reason).to.equal("PathNotFound");

      writeFileSync(join(sandbox.stagingDir, "compose.yaml"), yaml({ services: { a: sleeper() } }));
      expect((await sandbox.refused()).reason).to.equal("UnsafePath");
    });
  });

  describe("symbolic links", () => {
    beforeEach(() => {
      mkdirSync(join(sandbox.stagingDir, "real"));
      writeFileSync(join(sandbox.stagingDir, "real/file"), "A=1");
      symlinkSync("/etc", join(sandbox.stagingDir, "out"));
      symlinkSync("real", join(sandbox.stagingDir, "in"));
      symlinkSync("/dev/zero", join(sandbox.stagingDir, "zero"));
    });

    const uses: Readonly<Record<string, (link: string) => unknown>> = {
      "a bind": (link) => ({ services: { a: sleeper({ volumes: [`./${link}/file:/x`] }) } }),
      "an env_file": (link) => ({ services: { a: sleeper({ env_file: `${link}/file` }) } }),
      "a build context": (link) => ({ services: { a: { build: `./${link}` } } }),
      "a Dockerfile": (link) => ({
        services: { a: { build: { context: ".", dockerfile: `${link}/file` } } },
      }),
      "a secret": (link) => ({
        services: { a: sleeper({ secrets: ["s"] }) },
        secrets: { s: { file: `./${link}/file` } },
      }),
      "a config": (link) => ({
        services: { a: sleeper({ configs: ["c"] }) },
        configs: { c: { file: `./${link}/file` } },
      }),
      "a volume's device": (link) => ({
        services: { a: sleeper({ volumes: ["data:/data"] }) },
        volumes: { data: { driver_opts: { type: "none", o: "bind", device: `\${PWD}/${link}` } } },
      }),
    };
    for (const [name, project] of Object.entries(uses)) {
      it(`refuses ${name} through a link that leaves the repository, and takes one that stays`, async () => {
        sandbox.write({ "compose.yaml": yaml(project("out")) });
        const error = await sandbox.refused();
        expect([error.reason, error.terminal]).to.deep.equal(["UnsafePath", true]);

        sandbox.write({ "compose.yaml": yaml(project("in")) });
        expect(Object.keys((await sandbox.render()).project.services)).to.deep.equal(["a"]);
      });
    }

    it("refuses ${PWD} as a detour to a link that leaves the repository", async () => {
      sandbox.write({ "compose.yaml": yaml({ services: { a: sleeper({ volumes: ["${PWD}/out:/x"] }) } }) });

      expect((await sandbox.refused()).reason).to.equal("UnsafePath");
    });

    it("refuses a device behind a link as env_file, and reads nothing of it", async () => {
      sandbox.write({ "compose.yaml": yaml({ services: { a: sleeper({ env_file: "zero" }) } }) });

      expect((await sandbox.refused()).reason).to.equal("UnsafePath");
    });

    it("refuses a Compose file behind a link that leaves the repository", async () => {
      symlinkSync("/etc/passwd", join(sandbox.stagingDir, "compose.yaml"));

      expect((await sandbox.refused()).reason).to.equal("UnsafePath");
    });

    it("refuses the use of what was not checked out", async () => {
      sandbox.write({ "compose.yaml": yaml({ services: { a: sleeper({ volumes: ["./gone/sub:/x"] }) } }) });

      const error = await sandbox.refused({ leftOut: [leftOut("gone")] });

      expect(error.message).to.include('services.a.volumes: "gone" was not checked out: it is elsewhere');
    });

    for (const [name, path, files, project] of [
      ["the Compose file", "compose.yaml", {}, {}],
      ["its override", "compose.override.yaml", {}, { services: { a: sleeper() } }],
      ["the .env beside it", ".env", {}, { services: { a: sleeper() } }],
      ["an env_file", "a.env", {}, { services: { a: sleeper({ env_file: "a.env" }) } }],
      [
        "an optional env_file",
        "a.env",
        {},
        { services: { a: sleeper({ env_file: [{ path: "a.env", required: false }] }) } },
      ],
      ["an included file", "more/b.yaml", {}, { include: ["more/b.yaml"] }],
      [
        "a config",
        "c.conf",
        {},
        { services: { a: sleeper({ configs: ["c"] }) }, configs: { c: { file: "c.conf" } } },
      ],
      ["what a link leads to", "big.bin", {}, { services: { a: sleeper({ volumes: ["./link:/x"] }) } }],
    ] as const) {
      it(`says so where ${name} was not checked out`, async () => {
        sandbox.write({
          ...files,
          ...(path === "compose.yaml"
            ? { "docker-compose.yml": yaml({}) }
            : { "compose.yaml": yaml(project) }),
        });
        symlinkSync("big.bin", join(sandbox.stagingDir, "link"));

        const error = await sandbox.refused({ leftOut: [leftOut(path)] });

        expect([error.reason, error.terminal]).to.deep.equal(["UnsupportedContent", true]);
        expect(error.message).to.include(`"${path}" was not checked out: it is elsewhere`);
      });
    }

    it("takes a bind of an absolute path of the host as it is written", async () => {
      sandbox.write({
        "compose.yaml": yaml({ services: { a: sleeper({ volumes: ["/etc/localtime:/l:ro"] }) } }),
      });

      const { project, usedPaths } = await sandbox.render();

      expect(project.services["a"]?.volumes?.[0]?.source).to.equal("/etc/localtime");
      expect(usedPaths).to.deep.equal({ a: [] });
    });
  });

  describe("limits", () => {
    const limits = [
      { name: "time", limit: { renderMs: 1 }, message: "Compose took too long to read it" },
      {
        name: "memory",
        limit: { renderMemoryBytes: 200 * 1024 * 1024 },
        message: "Compose crashed while it read it, or needed too much memory",
      },
    ];
    for (const { name, limit, message } of limits) {
      it(`ends a rendering that needs too much ${name}, as a failure that may pass`, async () => {
        const narrow = createSandbox({ limits: limit });
        narrow.write({ "compose.yaml": yaml({ services: { a: sleeper() } }) });

        const error = await narrow.refused();
        await narrow.remove();

        expect(short(error)).to.deep.equal({ reason: "RenderFailed", terminal: false, message });
      });
    }

    it("ends a rendering with the reason of the signal", async () => {
      sandbox.write({ "compose.yaml": yaml({ services: { a: sleeper() } }) });
      const reason = new Error("shutdown");
      const abort = new AbortController();
      const rendering = sandbox.render({}, abort.signal).then(
        () => "rendered",
        (error: unknown) => error,
      );

      abort.abort(reason);

      expect(await rendering).to.equal(reason);
    });
  });

  it("spawns nothing and makes nothing before it is needed", () => {
    expect(readdirSync(sandbox.dataDir).toSorted()).to.deep.equal(["checkouts", "staging"]);
  });
});
