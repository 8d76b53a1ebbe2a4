import { mkdtempSync, rmSync } from "node:fs";
import { chmod, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { excludeFromGit } from "../../../controller/registry/git-exclude.ts";
import { findWorkTree, gitOperation } from "../../../controller/registry/git-state.ts";
import { whyJudgementWaits } from "../../../controller/registry/waits.ts";

describe("Git in a registry", () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "conops-git-"));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  async function write(files: Readonly<Record<string, string>>): Promise<void> {
    for (const [file, text] of Object.entries(files)) {
      await mkdir(dirname(join(root, file)), { recursive: true });
      await writeFile(join(root, file), text);
    }
  }

  describe("findWorkTree()", () => {
    it("finds the work tree that the folder is a part of", async () => {
      await write({ "repo/.git/HEAD": "", "repo/a/b/shop.yaml": "" });

      expect(await findWorkTree(join(root, "repo/a/b"))).to.deep.equal({
        workTree: join(root, "repo"),
        gitDir: join(root, "repo/.git"),
        commonDir: join(root, "repo/.git"),
      });
    });

    it("finds the work tree behind a link", async () => {
      await write({ "repo/.git/HEAD": "", "repo/a/shop.yaml": "" });
      await symlink("repo/a", join(root, "manifests"));

      expect((await findWorkTree(join(root, "manifests")))?.workTree).to.equal(join(root, "repo"));
    });

    it("finds the Git directory that a .git file names, and the one that it shares", async () => {
      await write({
        "repo/.git/HEAD": "",
        "repo/.git/worktrees/wt/HEAD": "",
        "repo/.git/worktrees/wt/commondir": "../..\n",
        "wt/.git": "gitdir: ../repo/.git/worktrees/wt\n",
      });

      expect(await findWorkTree(join(root, "wt"))).to.deep.equal({
        workTree: join(root, "wt"),
        gitDir: join(root, "repo/.git/worktrees/wt"),
        commonDir: join(root, "repo/.git"),
      });
    });

    it("passes by what only looks like a repository", async () => {
      await write({ "repo/.git/HEAD": "", "repo/a/.git/config": "", "repo/a/b/.git": "nonsense" });

      expect((await findWorkTree(join(root, "repo/a/b")))?.workTree).to.equal(join(root, "repo"));
    });
  });

  describe("gitOperation()", () => {
    it("sees none in a quiet repository", async () => {
      await write({ HEAD: "", ORIG_HEAD: "", FETCH_HEAD: "", index: "" });

      expect(await gitOperation(root)).to.equal(undefined);
    });

    const signs = ["index.lock", "rebase-merge/done", "rebase-apply/next", "MERGE_HEAD", "CHERRY_PICK_HEAD"];
    for (const sign of [...signs, "REVERT_HEAD", "BISECT_LOG", "sequencer/todo"]) {
      it(`sees one by ${sign}`, async () => {
        await write({ [sign]: "" });

        expect(await gitOperation(root)).to.equal(sign.split("/")[0]);
      });
    }
  });

  describe("whyJudgementWaits()", () => {
    const nothing = { unreadable: [], workTrees: [] };

    it("does not wait without a reason", async () => {
      await write({ "repo/.git/HEAD": "", "repo/manifests/shop.yaml": "" });

      expect(await whyJudgementWaits(join(root, "repo/manifests"), nothing)).to.equal(undefined);
    });

    it("waits for an operation in the work tree around the registry", async () => {
      await write({ "repo/.git/HEAD": "", "repo/.git/index.lock": "", "repo/manifests/shop.yaml": "" });

      expect(await whyJudgementWaits(join(root, "repo/manifests"), nothing)).to.equal(
        "a Git operation is under way in the registry (index.lock)",
      );
    });

    it("waits for an operation in a work tree below the registry", async () => {
      await write({ "manifests/team/.git/HEAD": "", "manifests/team/.git/MERGE_HEAD": "" });

      expect(await whyJudgementWaits(join(root, "manifests"), { ...nothing, workTrees: ["team"] })).to.equal(
        "a Git operation is under way in the registry (MERGE_HEAD)",
      );
    });

    it("waits while a folder cannot be read", async () => {
      const unreadable = [{ folder: "team", message: "permission denied" }];

      expect(await whyJudgementWaits(root, { ...nothing, unreadable })).to.equal(
        `the folder "team" cannot be read (permission denied)`,
      );
    });
  });

  describe("excludeFromGit()", () => {
    async function exclude(folder: string): Promise<readonly string[]> {
      const git = await findWorkTree(join(root, folder));
      return git === undefined ? ["no repository"] : excludeFromGit(join(root, folder), git);
    }
    const excluded = (): Promise<string> => readFile(join(root, "repo/.git/info/exclude"), "utf8");
    const lines = "*.status.yaml\n*.request.yaml\n.conops-registry.json\n.conops.lock\n";

    it("adds what ConOps writes, once, and leaves the rest as it is", async () => {
      await write({ "repo/.git/HEAD": "", "repo/.git/info/exclude": "# mine\n*.log" });

      const first = await exclude("repo");
      const second = await exclude("repo");

      expect([first.length, second.length]).to.deep.equal([4, 0]);
      expect(await excluded()).to.equal(`# mine\n*.log\n# written by ConOps beside its manifests\n${lines}`);
    });

    it("adds only what is missing", async () => {
      await write({ "repo/.git/HEAD": "", "repo/.git/info/exclude": "*.status.yaml\n*.request.yaml\n" });

      expect(await exclude("repo")).to.deep.equal([".conops-registry.json", ".conops.lock"]);
    });

    it("makes the file where there is none", async () => {
      await write({ "repo/.git/HEAD": "" });

      await exclude("repo");

      expect(await excluded()).to.equal(`# written by ConOps beside its manifests\n${lines}`);
    });

    it("hides files of the registry's folder alone", async () => {
      await write({ "repo/.git/HEAD": "", "repo/my apps/[x]/shop.yaml": "" });

      expect(await exclude("repo/my apps/[x]")).to.deep.equal([
        "/my\\ apps/\\[x\\]/**/*.status.yaml",
        "/my\\ apps/\\[x\\]/**/*.request.yaml",
        "/my\\ apps/\\[x\\]/.conops-registry.json",
        "/my\\ apps/\\[x\\]/.conops.lock",
      ]);
    });

    it("writes into the repository that a work tree shares", async () => {
      await write({
        "repo/.git/HEAD": "",
        "repo/.git/worktrees/wt/HEAD": "",
        "repo/.git/worktrees/wt/commondir": "../..\n",
        "wt/.git": `gitdir: ${join(root, "repo/.git/worktrees/wt")}\n`,
      });

      await exclude("wt");

      expect(await excluded()).to.equal(`# written by ConOps beside its manifests\n${lines}`);
    });

    it("throws when it cannot write", async () => {
      await write({ "repo/.git/HEAD": "", "repo/.git/info": "a file" });
      await chmod(join(root, "repo/.git/info"), 0o400);

      const failure = await exclude("repo").then(
        () => undefined,
        (error: unknown) => error,
      );

      expect(failure).to.be.instanceOf(Error);
    });
  });
});
