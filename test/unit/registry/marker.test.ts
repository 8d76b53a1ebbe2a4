import { mkdtempSync, rmSync } from "node:fs";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { knowsRegistry, MARKER_FILE, openMarker, TWIN_FILE } from "../../../controller/registry/marker.ts";

describe("openMarker()", () => {
  let root: string;
  let dir: string;
  let dataDir: string;
  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), "conops-marker-"));
    dir = join(root, "manifests");
    dataDir = join(root, "data");
    await mkdir(dir);
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const writeMarker = (path: string, id: string): Promise<void> => writeFile(path, JSON.stringify({ id }));
  const idIn = async (path: string): Promise<unknown> =>
    (JSON.parse(await readFile(path, "utf8")) as { readonly id: unknown }).id;

  async function failureOf(opening: Promise<unknown>): Promise<string> {
    return opening.then(
      () => "",
      (error: unknown) => (error as Error).message,
    );
  }

  it("makes a marker and its twin with a random id when both are missing, and the folder if need be", async () => {
    await rm(dir, { recursive: true });

    const { id, check } = await openMarker({ dir, dataDir });

    expect(id).to.match(/^[0-9a-f-]{36}$/);
    expect([await idIn(join(dir, MARKER_FILE)), await idIn(join(dataDir, TWIN_FILE))]).to.deep.equal([
      id,
      id,
    ]);
    expect((await check()).kind).to.equal("present");
  });

  it("finds the same registry at the next start", async () => {
    const first = await openMarker({ dir, dataDir });
    const second = await openMarker({ dir, dataDir });

    expect(second.id).to.equal(first.id);
  });

  it("adopts the folder's id when the data directory knows none", async () => {
    await writeMarker(join(dir, MARKER_FILE), "folder-id-1");

    const { id, check } = await openMarker({ dir, dataDir });

    expect([id, await idIn(join(dataDir, TWIN_FILE)), (await check()).kind]).to.deep.equal([
      "folder-id-1",
      "folder-id-1",
      "present",
    ]);
  });

  it("takes a folder without the marker for absent when the data directory knows an id, and makes none", async () => {
    const { id } = await openMarker({ dir, dataDir });
    await rm(join(dir, MARKER_FILE));

    const { check } = await openMarker({ dir, dataDir });
    const presence = await check();

    expect(presence).to.deep.include({ kind: "absent" });
    expect(presence.kind === "absent" && presence.message).to.equal(
      `the folder "${dir}" has no ".conops-registry.json": its disk may not be mounted; nothing in it counts, ` +
        `and nothing as deleted (to adopt the folder as it is, remove "${join(dataDir, TWIN_FILE)}" and start ConOps again)`,
    );
    expect(await idIn(join(dataDir, TWIN_FILE))).to.equal(id);
  });

  it("takes a folder with another registry's marker for absent", async () => {
    const { check } = await openMarker({ dir, dataDir });
    await writeMarker(join(dir, MARKER_FILE), "another-id");

    const presence = await check();

    expect(presence.kind === "absent" && presence.message).to.contain(
      'has the ".conops-registry.json" of another',
    );
  });

  it("adopts the folder deliberately when the twin was removed before a start", async () => {
    await openMarker({ dir, dataDir });
    await writeMarker(join(dir, MARKER_FILE), "another-id");
    await rm(join(dataDir, TWIN_FILE));

    const { id, check } = await openMarker({ dir, dataDir });

    expect([id, (await check()).kind]).to.deep.equal(["another-id", "present"]);
  });

  it("does not adopt anything while it runs", async () => {
    const { check } = await openMarker({ dir, dataDir });
    await rm(join(dataDir, TWIN_FILE));
    await rm(join(dir, MARKER_FILE));

    expect((await check()).kind).to.equal("absent");
  });

  it("does not make the folder of a registry that it knows", async () => {
    await openMarker({ dir, dataDir });
    await rm(dir, { recursive: true });

    const { check } = await openMarker({ dir, dataDir });

    expect(await check()).to.deep.equal({
      kind: "absent",
      folder: "",
      message: `the registry "${dir}" is not there`,
    });
  });

  it("tells a replaced folder from the one before", async () => {
    const { check } = await openMarker({ dir, dataDir });
    const before = await check();
    await mkdir(`${dir}.new`);
    await writeFile(join(`${dir}.new`, MARKER_FILE), await readFile(join(dir, MARKER_FILE)));
    await rename(dir, `${dir}.old`);
    await rename(`${dir}.new`, dir);
    const after = await check();

    expect([before.kind, after.kind, before.folder === after.folder]).to.deep.equal([
      "present",
      "present",
      false,
    ]);
  });

  it("takes a marker that cannot be understood for absent", async () => {
    const { check } = await openMarker({ dir, dataDir });
    await writeFile(join(dir, MARKER_FILE), "{");

    expect(await check()).to.deep.include({
      kind: "absent",
      message: `Cannot read "${join(dir, MARKER_FILE)}": it is not the marker of a registry`,
    });
  });

  it("throws when the twin cannot be understood", async () => {
    await mkdir(dataDir);
    await writeFile(join(dataDir, TWIN_FILE), `{"id": 7}`);

    expect(await failureOf(openMarker({ dir, dataDir }))).to.equal(
      `Cannot read "${join(dataDir, TWIN_FILE)}": it is not the marker of a registry`,
    );
  });

  it("knows whether the data directory belongs to a registry", async () => {
    const before = await knowsRegistry(dataDir);
    await openMarker({ dir, dataDir });

    expect([before, await knowsRegistry(dataDir)]).to.deep.equal([false, true]);
  });
});
