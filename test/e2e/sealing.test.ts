import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { stringify } from "yaml";
import { requireEngine, until } from "../support/engine.ts";
import { runGit } from "../support/git-repo.ts";
import { createWorld, sleeper, type World } from "../support/world.ts";

const VALUE = "swordfish-4711";

describe("an encryption key", () => {
  let world: World;
  let keys: string;

  beforeEach(async () => {
    await requireEngine();
    world = await createWorld();
    keys = await mkdtemp(join(tmpdir(), "conops-keys-"));
  });
  afterEach(async () => {
    await world.close();
    await rm(keys, { recursive: true, force: true });
  });

  const keyFile = (): string => join(keys, "keys");
  const text = (name = "db"): Promise<string> => readFile(join(world.manifests, `${name}.yaml`), "utf8");

  async function keep(comment = ""): Promise<void> {
    const lines = [
      "# of the shop",
      "apiVersion: conops.dev/v1alpha1",
      "kind: Secret",
      "metadata: { name: db }",
      "stringData:",
      `  password: ${VALUE}  # rotated by hand${comment}`,
      "",
    ];
    await writeFile(join(world.manifests, "db.yaml"), lines.join("\n"));
  }
  async function secretCondition(type: string): Promise<string> {
    const status = await readFile(join(world.manifests, "db.status.yaml"), "utf8").catch(() => "");
    const found = new RegExp(
      `type: ${type}\\n +status: "?(\\w+)"?\\n(?: +\\w+: .*\\n){2} +reason: (\\w+)`,
    ).exec(status);
    return found === null ? "" : `${found[1]} ${found[2]}`;
  }
  async function deployed(): Promise<string> {
    const repo = await world.repo("shop");
    const sha = await repo.commit({ "compose.yaml": sleeper("web", ["environment: {PW: '${PW}'}"]) });
    await world.manifest("shop", {
      compose: { env: [{ name: "PW", valueFrom: { secretKeyRef: { name: "db", key: "password" } } }] },
    });
    return sha;
  }

  it("seals what is dropped in plain text, in place, and leaves nothing plain behind; a new key changes nothing that runs", async () => {
    expect((await world.cli("key", "generate", "--output", keyFile())).code).to.equal(0);
    const controller = await world.start({ args: ["--encryption-key-file", keyFile()] });
    await keep();
    const sha = await deployed();
    await world.untilReady("shop", sha);
    await until("it is sealed", async () => (await secretCondition("Encrypted")) === "True Sealed");

    const sealed = await text();
    expect(sealed).to.match(
      /^# of the shop\napiVersion: conops\.dev\/v1alpha1\nkind: Secret\nmetadata: \{ name: db \}\nsealedData:\n {2}password: conops-v1\.[\w.-]+ {2}# rotated by hand\n$/,
    );
    for (const name of await readdir(world.manifests)) {
      expect(await readFile(join(world.manifests, name), "latin1"), name).not.to.contain(VALUE);
    }
    const [before] = await world.containers(`${world.prefix}-shop`);
    expect(before?.Config.Env).to.include(`PW=${VALUE}`);

    expect(await controller.stop()).to.equal(0);
    expect((await world.cli("key", "generate", "--add-to", keyFile())).code).to.equal(0);
    const rotated = await world.cli("rotate", "--encryption-key-file", keyFile());
    expect([rotated.code, rotated.stderr]).to.deep.equal([0, ""]);
    expect(await text()).not.to.equal(sealed);
    await world.start({ args: ["--encryption-key-file", keyFile()] });
    await world.untilReady("shop", sha);

    const [after] = await world.containers(`${world.prefix}-shop`);
    expect(after?.Id).to.equal(before?.Id);
  });

  it("that is missing leaves the Secret as it is written, usable, and says so", async () => {
    await world.start();
    await keep();
    const before = await text();
    await world.untilReady("shop", await deployed());

    expect([await secretCondition("Ready"), await secretCondition("Encrypted")]).to.deep.equal([
      "True Usable",
      "False NoEncryptionKey",
    ]);
    expect(await text()).to.equal(before);
  });

  it("seals nothing in a file that Git tracks, and says what mends it", async () => {
    await world.cli("key", "generate", "--output", keyFile());
    await keep();
    await runGit(world.manifests, ["init", "--quiet"]);
    await runGit(world.manifests, ["add", "db.yaml"]);
    await world.start({ args: ["--encryption-key-file", keyFile()] });
    await world.untilReady("shop", await deployed());

    expect(await secretCondition("Encrypted")).to.equal("False PlaintextInGit");
    expect(await text()).to.contain(VALUE);
    const described = await readFile(join(world.manifests, "db.status.yaml"), "utf8");
    expect(described).to.contain("conops seal --in-place db.yaml");
    expect(described).not.to.contain(VALUE);
  });

  it("that cannot open a value says which field, and what runs goes on", async () => {
    await world.cli("key", "generate", "--output", keyFile());
    const controller = await world.start({ args: ["--encryption-key-file", keyFile()] });
    await keep();
    await world.untilReady("shop", await deployed());
    await until("it is sealed", async () => (await text()).includes("sealedData"));
    const sealed = await text();

    await writeFile(join(world.manifests, "db.yaml"), sealed.replace(/(conops-v1\.[^ ]+)(.) {2}/, "$1A$2  "));
    const status = await world.untilStatus("shop", "the tampered value is refused", ({ conditions }) =>
      conditions.some(({ type, reason }) => type === "Ready" && reason === "SecretInvalid"),
    );

    expect(stringify(status)).to.contain("password").and.not.to.contain(VALUE);
    expect(await secretCondition("Ready")).to.equal("False SecretInvalid");
    await writeFile(join(world.manifests, "db.yaml"), sealed);
    await world.untilReady("shop");
    expect(controller.log()).not.to.contain(VALUE);
  });
});
