import { expect } from "chai";
import { execFileSync } from "node:child_process";
import { setMaxListeners } from "node:events";
import { access, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ReconcileError } from "../../../controller/api/errors.ts";
import type { Git, Remote, StageRequest, Staged } from "../../../controller/git/git.ts";
import { createGit } from "../../../controller/git/pool.ts";
import { systemClock } from "../../../controller/lib/clock.ts";
import { silentLog } from "../../../controller/lib/log.ts";
import { createTempRepo } from "../../support/git-repo.ts";
import { startGitDaemon } from "../../support/git-servers.ts";
import { createSignedRepo, type SignedRepo } from "../../support/signed-repo.ts";
import { createSigningBench, type SigningBench, type SshKey } from "../../support/signing.ts";

const { signal } = new AbortController();
setMaxListeners(0, signal);

describe("staging what must be signed", function () {
  this.timeout(60_000);
  let base: string;
  let bench: SigningBench;
  let server: Awaited<ReturnType<typeof startGitDaemon>>;
  let git: Git;
  let ada: SshKey;
  let allowedSigners: string;
  let count = 0;

  before(async () => {
    base = await mkdtemp(join(tmpdir(), "conops-verify-"));
    bench = await createSigningBench();
    server = await startGitDaemon(base);
    git = createGit({ dataDir: join(base, "data"), clock: systemClock, log: silentLog });
    ada = await bench.sshKey("ed25519");
    allowedSigners = `ada@example.com ${ada.line}`;
  });
  after(async () => {
    await git.close();
    await server.close();
    await bench.remove();
    await rm(base, { recursive: true, force: true });
  });

  async function newRepo(): Promise<SignedRepo & { readonly remote: Remote }> {
    const repo = await createTempRepo({ dir: join(base, `repo-${++count}`) });
    await repo.commit({ a: "1" });
    return { ...createSignedRepo(repo, bench), remote: { id: `mirror-${count}`, url: server.url(repo.dir) } };
  }

  type Asked = Pick<StageRequest, "remote" | "sha"> & Partial<StageRequest>;

  function stage(asked: Asked): Promise<Staged> {
    return git.stage(
      { verify: { mode: "HEAD", allowedSigners }, dir: join(base, `out-${++count}`), ...asked },
      signal,
    );
  }

  /** The error, after a look that nothing was written. */
  async function refusal(asked: Asked): Promise<ReconcileError> {
    const dir = join(base, `out-${++count}`);
    const error: unknown = await stage({ ...asked, dir }).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );

    expect(
      await access(dir).then(
        () => true,
        () => false,
      ),
    ).to.equal(false);
    if (!(error instanceof ReconcileError)) throw new Error("it was not refused", { cause: error });
    return error;
  }

  it("checks out a signed commit, and says who signed it", async () => {
    const { commit, remote } = await newRepo();
    const sha = await commit(ada);
    const staged = await stage({ remote, sha, ref: "refs/heads/main" });

    expect(staged.commit.sha).to.equal(sha);
    expect(staged.verified).to.deep.equal({
      mode: "HEAD",
      object: sha,
      signer: "ada@example.com",
      fingerprint: ada.fingerprint,
      keyType: "ED25519",
    });
  });

  it("says nothing of signatures when it is not asked", async () => {
    const { commit, remote } = await newRepo();
    const sha = await commit(ada);
    const staged = await git.stage({ remote, sha, dir: join(base, `out-${++count}`) }, signal);

    expect(staged).not.to.have.property("verified");
  });

  it("writes nothing of an unsigned commit, fetched now or before, and takes the next one that is signed", async () => {
    const { commit, repo, remote } = await newRepo();
    const unsigned = await repo.commit({ a: "2" });
    const refused = await refusal({ remote, sha: unsigned, ref: "refs/heads/main" });

    expect(refused).to.include({ reason: "NotSigned", terminal: true });
    expect(refused.message).to.equal(
      `Cannot trust commit ${unsigned.slice(0, 12)} of "${remote.url}": it is not signed`,
    );
    expect(await refusal({ remote, sha: unsigned, ref: "refs/heads/main" })).to.include({
      reason: "NotSigned",
    });

    const sha = await commit(ada);

    expect((await stage({ remote, sha, ref: "refs/heads/main" })).verified?.object).to.equal(sha);
  });

  it("asks for the commit alone, not for those before it", async () => {
    const { commit, repo, remote } = await newRepo();
    await repo.commit({ a: "unsigned" });
    const sha = await commit(ada);

    expect((await stage({ remote, sha, ref: "refs/heads/main" })).verified?.object).to.equal(sha);
  });

  it("verifies a message that is not UTF-8 by its bytes", async () => {
    const { commit, rewrite, raw, write, repo, remote } = await newRepo();
    const plain = await commit(undefined, "Cafe");
    const latin = await rewrite("commit", plain, (text) => text.replace("Cafe", "Caf\u00e9"));
    const bytes = await raw("commit", latin);
    const signature = (await bench.sshSign(ada, bytes)).trimEnd().replaceAll("\n", "\n ");
    const text = bytes.toString("latin1").replace("\n\n", `\ngpgsig ${signature}\n\n`);
    const sha = await write("commit", Buffer.from(text, "latin1"));
    await repo.git("update-ref", "refs/heads/main", sha);

    expect((await stage({ remote, sha, ref: "refs/heads/main" })).verified?.signer).to.equal(
      "ada@example.com",
    );
  });

  it("verifies with PGP", async () => {
    const { commit, remote } = await newRepo();
    const fingerprint = await bench.pgpKey({ name: "Grace" });
    const sha = await commit(fingerprint);
    const allowedPGPKeys = await bench.pgpExport(fingerprint);
    const staged = await stage({
      remote,
      sha,
      ref: "refs/heads/main",
      verify: { mode: "HEAD", allowedPGPKeys },
    });

    expect(staged.verified).to.deep.equal({
      mode: "HEAD",
      object: sha,
      signer: "Grace <grace@example.com>",
      fingerprint,
      keyType: "PGP EDDSA ed25519",
    });
  });

  it("tells a list that cannot be read apart, which an edit of it mends", async () => {
    const { commit, remote } = await newRepo();
    const sha = await commit(ada);
    const verify = {
      mode: "HEAD",
      allowedSigners: `${allowedSigners}\nx cert-authority ${ada.line}`,
    } as const;
    const refused = await refusal({ remote, sha: await commit(await bench.sshKey("ed25519")), verify });

    expect(refused).to.include({ reason: "SignersInvalid", terminal: false });
    expect(refused.message).to.equal(
      `Cannot read the allowed signers of "${remote.url}": line 2: cert-authority is not supported: list the keys themselves`,
    );
    expect((await stage({ remote, sha })).verified?.object).to.equal(sha);
  });

  describe("by its tag", () => {
    const verify = (): NonNullable<StageRequest["verify"]> => ({ mode: "Tag", allowedSigners });

    /** As the informer would ask for the tag. */
    async function askedFor({ remote }: { readonly remote: Remote }, ref: string): Promise<Asked> {
      const { refs, tagObjects } = await git.listRefs(remote, signal);
      const tagObject = tagObjects?.[ref];
      return {
        remote,
        ref,
        sha: refs[ref] ?? "",
        verify: verify(),
        ...(tagObject !== undefined && { tagObject }),
      };
    }

    it("checks out the commit of a signed tag, whoever made the commit", async () => {
      const made = await newRepo();
      const sha = await made.repo.head();
      const object = await made.tag("v1", ada);
      const staged = await stage(await askedFor(made, "refs/tags/v1"));

      expect(staged.commit.sha).to.equal(sha);
      expect(staged.verified).to.deep.equal({
        mode: "Tag",
        object,
        tag: "v1",
        signer: "ada@example.com",
        fingerprint: ada.fingerprint,
        keyType: "ED25519",
      });
    });

    it("fetches the tag where the mirror has its commit already", async () => {
      const made = await newRepo();
      const sha = await made.commit(ada);
      await stage({ remote: made.remote, sha, ref: "refs/heads/main" });
      const object = await made.tag("v1", ada);

      expect((await stage(await askedFor(made, "refs/tags/v1"))).verified?.object).to.equal(object);
    });

    it("takes a tag that was signed anew at the same commit, and refused before", async () => {
      const made = await newRepo();
      await made.tag("v1", undefined);
      const refused = await refusal(await askedFor(made, "refs/tags/v1"));
      const object = await made.tag("v1", ada);

      expect(refused).to.include({ reason: "NotSigned", terminal: true });
      expect((await stage(await askedFor(made, "refs/tags/v1"))).verified?.object).to.equal(object);
    });

    it("refuses a tag that cannot be signed, and one that is another's", async () => {
      const made = await newRepo();
      await made.repo.tag("plain");
      await made.tag("v1", ada);
      await made.repo.git("update-ref", "refs/tags/v2", "refs/tags/v1");

      expect(await refusal(await askedFor(made, "refs/tags/plain"))).to.include({ reason: "NotSigned" });
      expect((await refusal(await askedFor(made, "refs/tags/v2"))).message).to.equal(
        `Cannot trust the tag "v2" of "${made.remote.url}": what was signed is the tag "v1"`,
      );
    });

    it("refuses what is no tag at all", async () => {
      const { commit, remote } = await newRepo();
      const sha = await commit(ada);

      expect(await refusal({ remote, sha, ref: "refs/heads/main", verify: verify() })).to.include({
        reason: "NotSigned",
      });
      expect(await refusal({ remote, sha, verify: verify() })).to.include({ reason: "NotSigned" });
    });
  });

  it("reads no object that would fill the memory", async () => {
    const { commit, write, repo, remote } = await newRepo();
    const plain = await commit(undefined);
    const text = execFileSync("git", ["cat-file", "commit", plain], { cwd: repo.dir, encoding: "latin1" });
    const sha = await write("commit", Buffer.from(text + "x".repeat(5 * 1024 * 1024)));
    await repo.git("update-ref", "refs/heads/main", sha);
    const refused = await refusal({ remote, sha, ref: "refs/heads/main" });

    expect(refused).to.include({ reason: "UnsupportedContent", terminal: true });
    expect(refused.message).to.equal(
      `Cannot verify the signature of commit ${sha.slice(0, 12)} of "${remote.url}": its message is too long`,
    );
  });
});
