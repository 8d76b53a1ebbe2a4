import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { stringify } from "yaml";
import { requireEngine } from "../support/engine.ts";
import { createSignedRepo } from "../support/signed-repo.ts";
import { createSigningBench, type SigningBench, type SshKey } from "../support/signing.ts";
import { createWorld, sleeper, type World } from "../support/world.ts";

describe("a source that must be signed", () => {
  let world: World;
  let bench: SigningBench;
  let ada: SshKey;

  beforeEach(async () => {
    await requireEngine();
    world = await createWorld();
    bench = await createSigningBench();
    ada = await bench.sshKey("ed25519");
  });
  afterEach(async () => {
    await world.close();
    await bench.remove();
  });

  const verified = async (name = "shop"): Promise<string> => {
    const found = (await world.status(name))?.conditions.find(({ type }) => type === "SourceVerified");
    return `${found?.status} ${found?.reason}: ${found?.message}`;
  };

  it("is deployed when an allowed signer has signed it, and else not checked out, whatever else is right", async () => {
    const repo = await world.repo("shop");
    const signed = createSignedRepo(repo, bench);
    const commitBy = async (key: SshKey, text: string): Promise<string> => {
      await writeFile(join(repo.dir, "file"), text);
      await repo.git("add", "file");
      return signed.commit(key);
    };
    await repo.commit({ "compose.yaml": sleeper("web", ["volumes: [./file:/file:ro]"]), file: "1" });
    const first = await commitBy(ada, "2");
    await world.start();
    await writeFile(
      join(world.manifests, "signers.yaml"),
      stringify({
        apiVersion: "conops.dev/v1alpha1",
        kind: "Secret",
        metadata: { name: "signers" },
        stringData: { allowed_signers: `ada@example.com ${ada.line}\n` },
      }),
    );
    await world.manifest("shop", { source: { verify: { secretRef: { name: "signers" } } } });

    await world.untilReady("shop", first);
    expect(await verified()).to.match(
      /^True SourceVerified: commit .* is signed by ada@example\.com \(ED25519 SHA256:/,
    );

    const unsigned = await repo.commit({ file: "3" });
    const refused = await world.untilStatus("shop", "the unsigned commit is refused", ({ conditions }) =>
      conditions.some(({ type, reason }) => type === "Ready" && reason === "NotSigned"),
    );
    expect(refused.sync.attempted?.revision).to.equal(unsigned);
    expect(await verified()).to.match(/^False NotSigned/);
    expect(await readFile(join(world.data, "checkouts", "shop", "file"), "utf8")).to.equal("2");
    expect((await world.containers(`${world.prefix}-shop`)).map(({ State }) => State.Status)).to.deep.equal([
      "running",
    ]);

    const mallory = await bench.sshKey("ed25519");
    await commitBy(mallory, "4");
    await world.untilStatus("shop", "the stranger is refused", ({ conditions }) =>
      conditions.some(({ type, reason }) => type === "Ready" && reason === "SignerNotAllowed"),
    );

    const good = await commitBy(ada, "5");
    await world.untilReady("shop", good);
    expect(await readFile(join(world.data, "checkouts", "shop", "file"), "utf8")).to.equal("5");
  });

  it("that is a range of versions is deployed by its signed tags, also by one that was signed at the second try", async () => {
    const repo = await world.repo("shop");
    const signed = createSignedRepo(repo, bench);
    const first = await repo.commit({ "compose.yaml": sleeper("web"), file: "1" });
    await signed.tag("v1.0.0", ada);
    await world.start();
    const allowedSigners = `ada@example.com ${ada.line}\n`;
    const revision = { semver: "^1.0.0" };
    await world.manifest("shop", { source: { revision, verify: { mode: "Tag", allowedSigners } } });

    await world.untilReady("shop", first);
    expect(await verified()).to.match(
      /^True SourceVerified: tag "v1\.0\.0" of commit .* by ada@example\.com/,
    );

    const second = await repo.commit({ "compose.yaml": sleeper("web", ["labels: {release: second}"]) });
    await repo.tag("v1.1.0", "Not signed");
    await world.untilStatus("shop", "the unsigned tag is refused", ({ conditions }) =>
      conditions.some(({ type, reason }) => type === "Ready" && reason === "NotSigned"),
    );
    expect(await verified()).to.match(/^False NotSigned: Cannot trust the tag "v1\.1\.0" of /);

    await signed.tag("v1.1.0", ada);
    const status = await world.untilReady("shop", second);
    expect(status.source).to.include({ revision: second, ref: "refs/tags/v1.1.0" });
    expect(await verified()).to.match(/^True SourceVerified: tag "v1\.1\.0" of commit /);
  });
});
