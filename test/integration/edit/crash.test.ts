import { expect } from "chai";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { set } from "../../../controller/edit/change.ts";
import { editManifestFile } from "../../../controller/edit/edit-file.ts";
import { sweepManifests } from "../../../controller/edit/sweeping.ts";
import { systemClock } from "../../../controller/lib/clock.ts";
import type { Failpoint } from "../../../controller/lib/failpoint.ts";
import { findFiles } from "../../../controller/registry/files.ts";

const OLD =
  "apiVersion: conops.dev/v1alpha1\nkind: Application\nmetadata: {name: shop} # ours\nspec:\n  interval: 5m # hm\n";
const NEW = OLD.replace("5m", "10m");

describe("an edit that is killed", function () {
  this.timeout(60_000);
  let dir: string;
  let path: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "conops-edit-"));
    path = join(dir, "shop.yaml");
    await writeFile(path, OLD);
  });
  afterEach(() => rm(dir, { recursive: true }));

  const leftovers = async (): Promise<readonly string[]> =>
    (await readdir(dir)).filter((name) => name !== "shop.yaml");

  /** Edits in a process of its own; resolves when that has ended. */
  async function editElsewhere(
    options: { readonly failpoint?: Failpoint; readonly times?: number; readonly killAfterMs?: number } = {},
  ): Promise<string | null> {
    const { failpoint, times = 1, killAfterMs } = options;
    const file = join(import.meta.dirname, "editing-process.ts");
    const child = spawn(process.execPath, ["--import", "tsx", file, dir, "shop.yaml", String(times)], {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, ...(failpoint === undefined ? {} : { CONOPS_FAILPOINT: failpoint }) },
    });
    if (killAfterMs !== undefined) {
      await once(child.stdout, "data");
      setTimeout(() => child.kill("SIGKILL"), killAfterMs);
    }
    child.stdout.resume();
    const [, signal] = (await once(child, "exit")) as [unknown, string | null];
    return signal;
  }

  async function editHere(): Promise<void> {
    const edits = [{ kind: "Application", name: "shop", changes: [set(["spec", "suspend"], true)] }] as const;
    const signal = new AbortController().signal;
    await editManifestFile({ dir, file: "shop.yaml", edits, clock: systemClock }, signal);
  }

  for (const { failpoint, leaves } of [
    { failpoint: "edit-draft", leaves: OLD },
    { failpoint: "edit-written", leaves: OLD },
    { failpoint: "edit-exchanged", leaves: NEW },
    { failpoint: "edit-believed", leaves: NEW },
  ] as const) {
    it(`at ${failpoint}: leaves the ${leaves === OLD ? "old" : "new"} file, and nothing that is read`, async () => {
      expect(await editElsewhere({ failpoint })).to.equal("SIGKILL");

      expect(await readFile(path, "utf8")).to.equal(leaves);
      expect(await leftovers()).to.have.length(1);
      expect((await findFiles(dir)).manifests).to.deep.equal(["shop.yaml"]);

      await editHere();

      expect(await readFile(path, "utf8")).to.equal(`${leaves}  suspend: true\n`);
      expect(await leftovers()).to.deep.equal([]);
    });
  }

  it("leaves what a person wrote to the old file at that moment, to be put back", async () => {
    await editElsewhere({ failpoint: "edit-exchanged" });
    const [old = ""] = await leftovers();
    await appendFile(join(dir, old), "# saved\n");

    await editHere();

    expect(await readFile(path, "utf8")).to.equal(`${OLD}  suspend: true\n# saved\n`);
    expect(await leftovers()).to.deep.equal([]);
  });

  it("leaves what a person wrote to the old file beside the one that was saved since, where nobody reads it", async () => {
    await editElsewhere({ failpoint: "edit-exchanged" });
    const [old = ""] = await leftovers();
    await appendFile(join(dir, old), "# saved\n");
    await appendFile(path, "# saved since\n");

    await editHere();

    expect(await readFile(path, "utf8")).to.equal(`${NEW}  suspend: true\n# saved since\n`);
    const kept = await leftovers();
    expect(kept).to.have.length(1);
    expect(kept[0]).to.match(/^shop\.yaml\.[0-9a-f]{12}~$/);
    expect(await readFile(join(dir, kept[0] ?? ""), "utf8")).to.equal(`${OLD}# saved\n`);
    expect((await findFiles(dir)).manifests).to.deep.equal(["shop.yaml"]);
  });

  it("leaves what the sweeping of all folders finds, below the folder and behind links", async () => {
    const outside = await mkdtemp(join(tmpdir(), "conops-edit-"));
    const signal = new AbortController().signal;
    try {
      for (const folder of [join(dir, "a", "b"), outside]) {
        await mkdir(folder, { recursive: true });
        await writeFile(join(folder, "shop.yaml"), OLD);
        await rm(path);
        await symlink(join(folder, "shop.yaml"), path);
        expect(await editElsewhere({ failpoint: "edit-exchanged" })).to.equal("SIGKILL");
        expect(await readdir(folder)).to.have.length(2);
      }
      const other = join(dir, ".shop.status.yaml.0123456789ab.tmp");
      await writeFile(other, "of another writer");

      expect(await sweepManifests(dir, signal)).to.equal(2);
      expect(await readdir(outside)).to.deep.equal(["shop.yaml"]);
      expect(await readdir(join(dir, "a", "b"))).to.deep.equal(["shop.yaml"]);
      expect(await readFile(other, "utf8")).to.equal("of another writer");
      expect(await sweepManifests(dir, signal)).to.equal(0);
    } finally {
      await rm(outside, { recursive: true });
    }
  });

  it("at any moment: leaves a whole file", async () => {
    const before =
      /^apiVersion: conops\.dev\/v1alpha1\nkind: Application\nmetadata: \{name: shop\} # ours\nspec:\n {2}interval: [0-9]+m # hm\n$/;
    for (let round = 0; round < 8; round++) {
      expect(await editElsewhere({ times: 100_000, killAfterMs: 100 + round * 7 })).to.equal("SIGKILL");

      expect(await readFile(path, "utf8")).to.match(before);
      expect((await findFiles(dir)).manifests).to.deep.equal(["shop.yaml"]);
    }
    await editHere();

    expect(await leftovers()).to.deep.equal([]);
  });

  it("is not waited for by the next one, while one that lives is", async () => {
    const [first, second] = await Promise.all([
      editElsewhere({ times: 5 }),
      editElsewhere({ times: 5 }),
      editHere(),
      editHere(),
    ]);

    expect([first, second]).to.deep.equal([null, null]);
    expect(await readFile(path, "utf8")).to.equal(`${OLD.replace("5m", "500000m")}  suspend: true\n`);
    expect(await leftovers()).to.deep.equal([]);
  });
});
