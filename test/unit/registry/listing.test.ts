import { mkdtempSync, rmSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { systemClock, type Clock } from "../../../controller/lib/clock.ts";
import {
  createLister,
  EMPTY_LISTING,
  type Lister,
  type Listing,
} from "../../../controller/registry/listing.ts";
import { parseTestManifests } from "../../support/temp-registry.ts";

describe("createLister()", () => {
  let root: string;
  let parsed: string[];
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "conops-listing-"));
    parsed = [];
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const { signal } = new AbortController();
  const write = (file: string, text: string): Promise<void> => writeFile(join(root, file), text);
  const later: Clock = { ...systemClock, now: () => Date.now() + 60_000 };

  function listerAt(clock: Clock): Lister {
    return createLister({
      root,
      clock,
      parse(file, bytes) {
        parsed.push(file);
        return parseTestManifests(file, bytes, { allowFileRepos: false });
      },
    });
  }
  const namesIn = ({ files }: Listing): readonly string[] =>
    [...files].map(([file, content]) => {
      const kinds = content.kind === "parsed" ? content.documents.map(({ kind }) => kind) : [content.kind];
      return `${file} ${kinds.join(" ")}`;
    });

  it("reads every manifest and request", async () => {
    await write("b.yaml", "app b v1\n");
    await write("a.yaml", "{");
    await write("application.b.sync.request.yaml", "{");

    const listing = await listerAt(systemClock).list({ fresh: false, signal });

    expect(namesIn(listing)).to.deep.equal(["a.yaml invalid", "b.yaml resource"]);
    expect([...listing.badRequests]).to.deep.equal([
      ["application.b.sync.request.yaml", "it is not a YAML mapping"],
    ]);
  });

  it("gives the same content for the same bytes, and parses them once", async () => {
    await write("a.yaml", "app a v1\n");
    const lister = listerAt(systemClock);

    const first = await lister.list({ fresh: false, signal });
    await write("a.yaml", "app a v1\n");
    const second = await lister.list({ fresh: true, signal });

    expect(second.files.get("a.yaml") === first.files.get("a.yaml")).to.equal(true);
    expect(parsed).to.deep.equal(["a.yaml"]);
  });

  it("sees a change of the same size right after it read the file", async () => {
    await write("a.yaml", "app a v1\n");
    const lister = listerAt(systemClock);
    await lister.list({ fresh: false, signal });
    await write("a.yaml", "app a v2\n");

    await lister.list({ fresh: false, signal });

    expect(parsed).to.deep.equal(["a.yaml", "a.yaml"]);
  });

  it("sees every later change by the stamps of an old file", async () => {
    await write("a.yaml", "app a v1\n");
    const lister = listerAt(later);
    await lister.list({ fresh: false, signal });
    await write("a.yaml", "app a longer\n");

    const listing = await lister.list({ fresh: false, signal });

    expect([namesIn(listing), parsed.length]).to.deep.equal([["a.yaml resource"], 2]);
  });

  it("reads single files again without listing the rest", async () => {
    await write("a.yaml", "app a v1\n");
    const lister = listerAt(systemClock);
    const before = await lister.list({ fresh: false, signal });
    await write("a.yaml", "{");
    await write("0.yaml", "app new v1\n");
    await write("unseen.yaml", "app unseen v1\n");
    await write("application.a.sync.request.yaml", "{");

    const listing = await lister.update(before, ["a.yaml", "0.yaml", "application.a.sync.request.yaml"]);

    expect(listing && namesIn(listing)).to.deep.equal(["0.yaml resource", "a.yaml invalid"]);
    expect(listing?.badRequests.size).to.equal(1);
  });

  it("wants the whole listed when a single file is gone", async () => {
    await write("a.yaml", "app a v1\n");
    const lister = listerAt(systemClock);
    const before = await lister.list({ fresh: false, signal });
    await rm(join(root, "a.yaml"));

    expect(await lister.update(before, ["a.yaml"])).to.equal(undefined);
  });

  it("forgets a request whose file is gone", async () => {
    const file = "application.a.sync.request.yaml";
    await write(file, "{");
    const lister = listerAt(systemClock);
    const before = await lister.list({ fresh: false, signal });
    await rm(join(root, file));

    const listing = await lister.update(before, [file]);

    expect([before.badRequests.size, listing?.badRequests.size]).to.deep.equal([1, 0]);
  });

  it("throws when the folder is gone", async () => {
    const lister = createLister({
      root: join(root, "nothing"),
      clock: systemClock,
      parse: () => ({ documents: [] }),
    });

    const failure = await lister.list({ fresh: false, signal }).then(
      () => undefined,
      (error: unknown) => (error as NodeJS.ErrnoException).code,
    );

    expect([failure, EMPTY_LISTING.files.size]).to.deep.equal(["ENOENT", 0]);
  });
});
