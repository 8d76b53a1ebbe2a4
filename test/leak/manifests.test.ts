import { randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import type { Failpoint } from "../../controller/lib/failpoint.ts";
import { requireEngine, until } from "../support/engine.ts";
import { runGit } from "../support/git-repo.ts";
import { createLeakWorld, type LeakWorld } from "../support/leak-world.ts";
import { sleeper } from "../support/world.ts";

const HEAD = "apiVersion: conops.dev/v1alpha1\nkind: Secret\n";

/**
 * Manifests that are wrong, each with a slip of the pen at another place; `X` is the value, `N` the name. What makes a good
 * name of a Secret, of a field or of a label is one, and told.
 */
const WRONG: readonly string[] = [
  `${HEAD}metadata: {name: N}\nstringData:\n  db: "X\n`,
  `${HEAD}metadata: {name: N}\nstringData:\n  db: 'X'': y\n`,
  `${HEAD}metadata: {name: N}\nstringData:\n  'X'\n`,
  `${HEAD}metadata: {name: N}\nstringData:\n\tdb: 'X'\n`,
  `${HEAD}metadata: {name: N}\nstringData: ['X']\n`,
  `${HEAD}metadata: {name: N}\nstringData: 'X'\n`,
  `${HEAD}metadata: {name: N}\nstringData: {db: {deep: 'X'}}\n`,
  `${HEAD}metadata: {name: N}\nstringData: {db: ['X']}\n`,
  `${HEAD}metadata: {name: N}\nstringData: {'X!': y}\n`,
  `${HEAD}metadata: {name: N}\nstringData: {db: 'X', db: 'X'}\n`,
  `${HEAD}metadata: {name: N}\nstringData: {db: *X}\n`,
  `${HEAD}metadata: {name: N}\nstringData: {db: !X y}\n`,
  `${HEAD}metadata: {name: N}\ndata: {db: 'X'}\n`,
  `${HEAD}metadata: {name: N}\nsealedData: {db: 'X'}\n`,
  `${HEAD}metadata: {name: N}\nstringdata: {db: 'X'}\n`,
  `${HEAD}metadata: {name: N}\npassword: 'X'\n`,
  `${HEAD}metadata: {name: N}\n'X': y\n`,
  `${HEAD}metadata: {name: N}\ntype: 'X'\nstringData: {db: y}\n`,
  `${HEAD}metadata: {name: N, 'X': y}\n`,
  `${HEAD}metadata: {name: N, labels: {'X!': 'X'}}\nstringData: {db: y}\n`,
  `${HEAD}metadata: {name: N, labels: 'X'}\nstringData: {db: y}\n`,
  `${HEAD}metadata: {name: 'X!'}\nstringData: {db: y}\n`,
  "apiVersion: conops.dev/v1alpha1\nkind: 'X'\nmetadata: {name: N}\nstringData: {db: 'X'}\n",
  "apiVersion: conops.dev/v1alpha1\nkind: secret\nmetadata: {name: N}\nstringData: {db: 'X'}\n",
  "apiVersion: 'X'\nkind: Secret\nmetadata: {name: N}\nstringData: {db: 'X'}\n",
  "kind: Secret\nmetadata: {name: N}\nstringData: {db: 'X'}\n",
  "X\n",
  "- 'X'\n",
  `${HEAD}metadata: {name: N}\nstringData: {db: y}\n---\nX\n`,
  `${HEAD}metadata: {name: N}\ntype: kubernetes.io/ssh-auth\nstringData: {ssh-privatekey: 'X'}\n`,
  `${HEAD}metadata: {name: N}\ntype: kubernetes.io/basic-auth\nstringData: {username: 'X'}\n`,
  `${HEAD}metadata: {name: N}\ntype: kubernetes.io/dockerconfigjson\nstringData: {.dockerconfigjson: 'X'}\n`,
  `${HEAD}metadata: {name: N}\ntype: kubernetes.io/dockerconfigjson\nstringData: {.dockerconfigjson: '{"auths":{"r":{"auth":"X"}}}'}\n`,
];

describe("Secrets as manifests leak nowhere", () => {
  let leak: LeakWorld;

  beforeEach(async () => {
    await requireEngine();
    leak = await createLeakWorld();
  });
  afterEach(() => leak.close());

  const pathOf = (name: string): string => join(leak.world.manifests, `${name}.yaml`);
  const textOf = (name: string): Promise<string> => readFile(pathOf(name), "utf8").catch(() => "");
  const isSealed = async (name: string): Promise<boolean> => /^sealedData:/m.test(await textOf(name));
  const statusOf = (name: string): Promise<string> =>
    readFile(join(leak.world.manifests, `${name}.status.yaml`), "utf8").catch(() => "");
  const untilSaid = (name: string, said: string): Promise<unknown> =>
    until(`"${name}" says ${said}`, async () => (await statusOf(name)).includes(said));

  /** Every way in which the program shows the folder. */
  async function lookAtAll(): Promise<void> {
    const commands = [
      ["get", "all"],
      ["get", "all", "-o", "wide"],
      ["get", "all", "-o", "yaml"],
      ["get", "all", "-o", "json"],
      ["get", "all", "-o", "name"],
      ["describe", "all"],
      ["validate"],
    ];
    for (const command of commands) await leak.conops(command);
  }

  it("wherever in a manifest with a slip of the pen a value stands", async () => {
    const { markers } = leak;
    await leak.start();
    for (const [index, text] of WRONG.entries()) {
      const value = markers.make(`slip ${index}`, "plain");
      await writeFile(pathOf(`slip-${index}`), text.replaceAll("X", value).replaceAll("N", `slip-${index}`));
    }
    const names = WRONG.map((_, index) => `slip-${index}`);
    // What cannot be a Secret of any name has no status of its own.
    await until("most are told to be wrong", async () => {
      const told = await Promise.all(names.map((name) => statusOf(name)));
      return told.filter((text) => /InvalidManifest|SecretInvalid/.test(text)).length >= WRONG.length - 8;
    });
    await lookAtAll();
    await leak.conops(["validate", "-"], { input: await textOf("slip-0") });

    for (const name of names) {
      const sealed = await leak.conops(["seal", pathOf(name)]);
      if (sealed.code !== 0) continue;
      expect(sealed.stdout, name).to.match(/^sealedData:/m);
    }
    await leak.expectNoLeak({ plainFiles: names.map(pathOf) });
  });

  it("sealed where they are, killed in the middle of it, rotated, tampered with, and written without a key", async () => {
    const { world, markers } = leak;
    for (const failpoint of [
      "edit-draft",
      "edit-written",
      "edit-exchanged",
      "edit-believed",
    ] satisfies Failpoint[]) {
      const killed = await leak.start({ env: { CONOPS_FAILPOINT: failpoint }, ready: false });
      await leak.secret(failpoint, {
        db: markers.make(failpoint),
        lines: `${markers.make(failpoint)}\nmore\n`,
      });
      expect(await killed.ended()).to.equal("SIGKILL");
    }
    let controller = await leak.start();
    for (const name of ["edit-draft", "edit-written", "edit-exchanged", "edit-believed"]) {
      await until(`"${name}" is sealed`, () => isSealed(name));
    }
    await until("no file of an edit is left", async () => {
      const names = await readdir(world.manifests);
      return !names.some((name) => name.startsWith(".edit"));
    });
    await leak.expectNoLeak();

    // Changed, moved and cut off.
    const sealed = (await textOf("edit-draft")).match(/^ {2}db: (\S+)$/m)?.[1] ?? "";
    for (const [name, value] of [
      ["cut", sealed.slice(0, -12)],
      ["changed", sealed.replace(/.{3}$/, "AAA")],
      ["moved", sealed],
    ]) {
      await writeFile(pathOf(name ?? ""), `${HEAD}metadata: {name: ${name}}\nsealedData:\n  db: ${value}\n`);
    }
    for (const name of ["cut", "changed", "moved"]) await untilSaid(name, "SecretInvalid");
    await lookAtAll();
    await leak.conops(["wait", "secret/cut", "--timeout", "1s"]);
    await controller.stop();

    // Another key comes first; killed, and done.
    const added = randomBytes(32).toString("base64");
    markers.forbid("the encryption key, added", added);
    const env = { CONOPS_ENCRYPTION_KEY: `${added}\n${leak.key}` };
    await leak.conops(["rotate", "--dry-run"], { env });
    const killed = await leak.conops(["rotate"], { env: { ...env, CONOPS_FAILPOINT: "edit-exchanged" } });
    expect(killed.code).to.equal("SIGKILL");
    await leak.expectNoLeak();
    await leak.conops(["rotate"], { env });
    controller = await leak.start({ env });
    await untilSaid("cut", "SecretInvalid");
    await leak.expectNoLeak();
    await controller.stop();

    // By a controller without a key, and in a file that Git tracks: both stay as they are, and nowhere else.
    await leak.secret("keyless", { db: markers.make("keyless") });
    controller = await leak.start({ env: { CONOPS_ENCRYPTION_KEY: "" } });
    await untilSaid("keyless", "NoEncryptionKey");
    await controller.stop();
    await leak.secret("tracked", { db: markers.make("tracked") });
    await runGit(world.manifests, ["init", "--quiet"]);
    await runGit(world.manifests, ["add", "tracked.yaml", "keyless.yaml"]);
    // What Git itself keeps of them is packed, and not ConOps's.
    await leak.start();
    await untilSaid("tracked", "PlaintextInGit");
    await lookAtAll();
    await leak.expectNoLeak({ plainFiles: ["keyless", "tracked"].map(pathOf) });
  });

  it("made by conops seal, from files, standard input and arguments", async () => {
    const { world, markers } = leak;
    const values = join(world.root, "values");
    await mkdir(values);
    const file = async (name: string, content: string): Promise<string> => {
      await writeFile(join(values, name), content, { mode: 0o600 });
      return join(values, name);
    };
    const sealed: string[] = [];
    const seal = async (args: readonly string[], input?: string): Promise<void> => {
      const { code, stdout, stderr } = await leak.conops(
        ["seal", ...args],
        input === undefined ? {} : { input },
      );
      expect(code, stderr).to.equal(0);
      sealed.push(stdout);
    };
    await seal(["a", "--from-file", "db=-"], markers.make("input"));
    await seal(["b", "--from-file", `db=${await file("db", `${markers.make("file")}\n`)}`]);
    await seal([
      "d",
      "--username",
      "ada",
      "--password-file",
      await file("pw", `${markers.make("password")}\n`),
    ]);
    await seal(["e", "--token-file", await file("token", `${markers.make("token", "plain")}\n`)]);
    const auth = Buffer.from(`ada:${markers.make("registry")}`).toString("base64");
    await seal([
      "f",
      "--docker-config",
      await file("config.json", JSON.stringify({ auths: { hub: { auth } } })),
    ]);
    await seal(
      ["-"],
      `${HEAD}metadata: {name: g}\nstringData:\n  db: '${markers.make("manifest", "plain")}' # as it was\n`,
    );
    const failing = [
      [
        "seal",
        "h",
        "--token-file",
        await file("bad", `${markers.make("two lines")}\n${markers.make("two lines")}\n`),
      ],
      ["seal", "h", "--ssh-key", await file("key", markers.make("no key"))],
      ["seal", "h", "--docker-config", await file("bad.json", markers.make("no JSON"))],
      [
        "seal",
        "h",
        "--password-file",
        await file("zero", `${markers.make("zero")}\0`),
        "--type",
        "kubernetes.io/ssh-auth",
      ],
      [
        "seal",
        await file("comment.yaml", `${HEAD}metadata: {name: h}\nstringData:\n  db: '${"w".repeat(9)}'\n`),
      ],
    ];
    for (const args of failing) await leak.conops(args);
    // Arguments are what others can see; what comes of them holds no value all the same.
    const literal = markers.make("literal");
    const { code, stdout, stderr } = await leak.conops(["seal", "c", "--from-literal", `db=${literal}`]);
    expect(code).to.equal(0);
    leak.note("what came of a literal", stdout + stderr);

    expect(sealed).to.have.length(6);
    await Promise.all(sealed.map((text, index) => writeFile(pathOf(`sealed-${index}`), text)));
    await leak.start();
    for (const index of sealed.keys()) await untilSaid(`sealed-${index}`, "Sealed");
    await lookAtAll();
    await leak.expectNoLeak();
  });

  it("as the token of a Receiver, whatever is delivered", async () => {
    const { world, markers } = leak;
    const controller = await leak.start();
    await (await world.repo("shop")).commit({ "compose.yaml": sleeper() });
    const types = ["github", "gitlab", "gitea", "bitbucket", "azure-devops", "generic"];
    const tokens = new Map(types.map((type) => [type, markers.make(`token of ${type}`, "plain")]));
    for (const [type, token] of tokens) {
      await leak.secret(`${type}-token`, { token });
      const spec = { type, secretRef: { name: `${type}-token` }, matchRepository: true };
      const receiver = {
        apiVersion: "conops.dev/v1alpha1",
        kind: "Receiver",
        metadata: { name: type },
        spec,
      };
      await writeFile(pathOf(type), JSON.stringify(receiver));
    }
    await until("all listen", async () => {
      const said = await Promise.all(types.map((type) => statusOf(type)));
      return said.every((text) => text.includes("Listening"));
    });
    for (const [type, token] of tokens) {
      const wrongPlaces: Record<string, string>[] = [
        { "x-hub-signature-256": `sha256=${token}` },
        { "x-gitlab-token": `${token}x` },
        { "x-gitea-signature": token },
        { "x-signature": token },
        { authorization: `Basic ${Buffer.from(`ada:${token}x`).toString("base64")}` },
        { authorization: `Bearer ${token}` },
        { "x-github-event": token },
        { [`x-${token}`]: token },
      ];
      for (const headers of wrongPlaces) {
        for (const path of [`/hooks/${type}`, `/hooks/${type}?token=${token}`, `/hooks/${token}`]) {
          const answer = await fetch(controller.http + path, {
            method: "POST",
            headers: { "content-type": "application/json", ...headers },
            body: JSON.stringify({ ref: `refs/heads/${token}`, token }),
          });
          leak.note(
            `answer of ${path.replace(token, "TOKEN")}`,
            `${await answer.text()} ${JSON.stringify([...answer.headers])}`,
          );
        }
      }
    }
    await lookAtAll();
    await leak.expectNoLeak();
  });
});
