import { expect } from "chai";
import { resolveClaims, type Claims, type Holding } from "../../../controller/registry/claims.ts";
import type { FileContent, Files } from "../../../controller/registry/readings.ts";
import { parseTestManifests } from "../../support/temp-registry.ts";

/** File → text of the toy language; `!MESSAGE` is a file that cannot be read. */
type Folder = Readonly<Record<string, string>>;

function filesOf(folder: Folder): Files {
  const files = new Map<string, FileContent>();
  for (const [file, text] of Object.entries(folder)) {
    if (text.startsWith("!")) files.set(file, { kind: "unreadable", message: text.slice(1) });
    else {
      const { documents } = parseTestManifests(file, Buffer.from(text), { allowFileRepos: false });
      files.set(file, { kind: "parsed", documents });
    }
  }
  return files;
}

/** The claims of a folder after it looked like `before`, in that order. */
function claimsAfter(...folders: readonly Folder[]): Claims {
  let holdings: ReadonlyMap<string, Holding> = new Map();
  let claims: Claims = { present: new Map(), missing: [], holdings };
  for (const folder of folders) {
    claims = resolveClaims(filesOf(folder), holdings);
    holdings = claims.holdings;
  }
  return claims;
}

/** `key: kind place`, for what is present, and `key: missing`. */
function summary({ present, missing }: Claims): readonly string[] {
  const lines = [...present].map(
    ([key, { kind, place }]) => `${key}: ${kind} ${place.file}#${place.document}`,
  );
  return [...lines, ...missing.map((name) => `${name}: missing`)].toSorted();
}

function messagesOf(claims: Claims, key: string): readonly string[] {
  const found = claims.present.get(key);
  return found?.kind === "invalid" ? found.faults.map(({ message }) => message) : [];
}

const both: Folder = { "a.yaml": "app shop v1\n---\napp blog v1\n" };

const cases: readonly {
  readonly name: string;
  readonly folders: readonly Folder[];
  readonly is: readonly string[];
}[] = [
  {
    name: "declares every valid document, several in a file",
    folders: [both],
    is: ["blog: declared a.yaml#1", "shop: declared a.yaml#0"],
  },
  {
    name: "gives one name to one resource of each kind",
    folders: [{ "a.yaml": "app shop v1\n---\nsecret shop x\n", "b.yaml": "app blog v1\n" }],
    is: ["blog: declared b.yaml#0", "secret/shop: declared a.yaml#1", "shop: declared a.yaml#0"],
  },
  {
    name: "refuses one name of one kind in two files",
    folders: [{ "a.yaml": "secret shop x\n", "b.yaml": "secret shop y\n" }],
    is: ["a.yaml#0: invalid a.yaml#0", "b.yaml#0: invalid b.yaml#0"],
  },
  {
    name: "takes a changed kind for a deletion and a creation",
    folders: [{ "a.yaml": "app shop v1\n" }, { "a.yaml": "secret shop x\n" }],
    is: ["secret/shop: declared a.yaml#0", "shop: missing"],
  },
  {
    name: "takes a half-written file for a wrong edit of every kind that it held",
    folders: [{ "a.yaml": "app shop v1\n---\nsecret shop x\n" }, { "a.yaml": "app shop v1\n---\nsec" }],
    is: ["secret/shop: invalid a.yaml#1", "shop: invalid a.yaml#0"],
  },
  {
    name: "misses a Secret taken out of a file whose others are all valid",
    folders: [{ "a.yaml": "app shop v1\n---\nsecret shop x\n" }, { "a.yaml": "app shop v1\n" }],
    is: ["secret/shop: missing", "shop: declared a.yaml#0"],
  },
  {
    name: "keeps no key for documents that are not ours",
    folders: [{ "a.yaml": "other\n---\n# nothing\n" }],
    is: [],
  },
  {
    name: "gives a wrong document the key of its readable name",
    folders: [{ "a.yaml": "wrong shop\n" }],
    is: ["shop: invalid a.yaml#0"],
  },
  {
    name: "gives a wrong document without a readable name the key of its file",
    folders: [{ "a.yaml": "{broken\n" }],
    is: ["a.yaml#0: invalid a.yaml#0"],
  },
  {
    name: "gives a file that cannot be read and held nothing a key of its own",
    folders: [{ "a.yaml": "!cannot be read" }],
    is: ["a.yaml#0: invalid a.yaml#0"],
  },
  { name: "misses a name whose file is gone", folders: [both, {}], is: ["blog: missing", "shop: missing"] },
  {
    name: "forgets a wrong document that never was valid with its file",
    folders: [{ "a.yaml": "wrong shop\n" }, {}],
    is: [],
  },
  {
    name: "misses a document taken out of a file whose others are all valid",
    folders: [both, { "a.yaml": "app shop v1\n" }],
    is: ["blog: missing", "shop: declared a.yaml#0"],
  },
  {
    name: "takes a changed name for a deletion and a creation",
    folders: [{ "a.yaml": "app shop v1\n" }, { "a.yaml": "app store v1\n" }],
    is: ["shop: missing", "store: declared a.yaml#0"],
  },
  {
    name: "takes a move to another file for no absence",
    folders: [both, { "b/c.yml": "app shop v1\n", "d.yaml": "app blog v1\n" }],
    is: ["blog: declared d.yaml#0", "shop: declared b/c.yml#0"],
  },
  {
    name: "takes a move within a file for no absence",
    folders: [both, { "a.yaml": "app blog v1\n---\napp shop v1\n" }],
    is: ["blog: declared a.yaml#0", "shop: declared a.yaml#1"],
  },
  {
    name: "follows a move into a wrong document with a readable name",
    folders: [
      both,
      { "a.yaml": "app blog v1\n", "b.yaml": "wrong shop\n" },
      { "a.yaml": "app blog v1\n", "b.yaml": "" },
    ],
    is: ["blog: declared a.yaml#0", "shop: invalid b.yaml#0"],
  },
  {
    name: "takes an emptied file for a wrong edit",
    folders: [both, { "a.yaml": "" }],
    is: ["blog: invalid a.yaml#1", "shop: invalid a.yaml#0"],
  },
  {
    name: "takes a file that was commented out for a wrong edit",
    folders: [both, { "a.yaml": "# app shop v1\n---\n# app blog v1\n" }],
    is: ["blog: invalid a.yaml#1", "shop: invalid a.yaml#0"],
  },
  {
    name: "takes a half-written file for a wrong edit of all that it held",
    folders: [both, { "a.yaml": "app shop v1\n---\nap" }],
    is: ["blog: invalid a.yaml#1", "shop: invalid a.yaml#0"],
  },
  {
    name: "takes a file of another kind for a wrong edit",
    folders: [both, { "a.yaml": "other\n" }],
    is: ["blog: invalid a.yaml#1", "shop: invalid a.yaml#0"],
  },
  {
    name: "takes a file that cannot be read any more for a wrong edit",
    folders: [both, { "a.yaml": "!cannot be read" }],
    is: ["blog: invalid a.yaml#1", "shop: invalid a.yaml#0"],
  },
  {
    name: "takes a document that is missing beside a wrong one for a wrong edit",
    folders: [both, { "a.yaml": "app shop v1\n---\nwrong new\n" }],
    is: ["blog: invalid a.yaml#1", "new: invalid a.yaml#1", "shop: declared a.yaml#0"],
  },
  {
    name: "takes a document that became another kind beside a valid one for a wrong edit",
    folders: [both, { "a.yaml": "app shop v1\n---\nother\n" }],
    is: ["blog: invalid a.yaml#1", "shop: declared a.yaml#0"],
  },
  {
    name: "takes a document that was commented out beside a valid one for a wrong edit",
    folders: [both, { "a.yaml": "app shop v1\n---\n# app blog v1\n" }],
    is: ["blog: invalid a.yaml#1", "shop: declared a.yaml#0"],
  },
  {
    name: "misses a document taken out of a file that always held another kind, too",
    folders: [
      { "a.yaml": "other\n---\napp shop v1\n---\napp blog v1\n" },
      { "a.yaml": "other\n---\napp shop v1\n" },
    ],
    is: ["blog: missing", "shop: declared a.yaml#1"],
  },
  {
    name: "takes a renaming to a name that is another's for a wrong edit",
    folders: [
      { "a.yaml": "app shop v1\n", "b.yaml": "app blog v1\n" },
      { "a.yaml": "app blog v2\n", "b.yaml": "app blog v1\n" },
    ],
    is: ["a.yaml#0: invalid a.yaml#0", "blog: declared b.yaml#0", "shop: invalid a.yaml#0"],
  },
  {
    name: "leaves a name declared twice to the document that held it before",
    folders: [{ "b.yaml": "app shop v1\n" }, { "a.yaml": "app shop v2\n", "b.yaml": "app shop v1\n" }],
    is: ["a.yaml#0: invalid a.yaml#0", "shop: declared b.yaml#0"],
  },
  {
    name: "leaves a name declared twice in one file to the document that held it before",
    folders: [{ "a.yaml": "app shop v1\n" }, { "a.yaml": "app shop v1\n---\napp shop v2\n" }],
    is: ["a.yaml#1: invalid a.yaml#1", "shop: declared a.yaml#0"],
  },
  {
    name: "leaves the name to its holder while that is wrong",
    folders: [{ "b.yaml": "app shop v1\n" }, { "a.yaml": "app shop v2\n", "b.yaml": "wrong shop\n" }],
    is: ["a.yaml#0: invalid a.yaml#0", "shop: invalid b.yaml#0"],
  },
  {
    name: "leaves the name to its holder while that cannot be read",
    folders: [{ "b.yaml": "app shop v1\n" }, { "a.yaml": "app shop v2\n", "b.yaml": "!cannot be read" }],
    is: ["a.yaml#0: invalid a.yaml#0", "shop: invalid b.yaml#0"],
  },
  {
    name: "gives a name declared twice that nobody held to neither",
    folders: [{ "a.yaml": "app shop v1\n", "b.yaml": "app shop v1\n" }],
    is: ["a.yaml#0: invalid a.yaml#0", "b.yaml#0: invalid b.yaml#0"],
  },
  {
    name: "gives a contested name to the one that is left",
    folders: [{ "a.yaml": "app shop v1\n", "b.yaml": "app shop v1\n" }, { "b.yaml": "app shop v1\n" }],
    is: ["shop: declared b.yaml#0"],
  },
  {
    name: "does not miss a name that moved to two places at once",
    folders: [{ "a.yaml": "app shop v1\n" }, { "b.yaml": "app shop v1\n", "c.yaml": "app shop v1\n" }],
    is: ["c.yaml#0: invalid c.yaml#0", "shop: invalid b.yaml#0"],
  },
  {
    name: "prefers the valid one of two new documents with one name",
    folders: [{ "a.yaml": "wrong shop\n", "b.yaml": "app shop v1\n" }],
    is: ["a.yaml#0: invalid a.yaml#0", "shop: declared b.yaml#0"],
  },
  {
    name: "refuses the newcomer of two files with one stem",
    folders: [
      { "a/shop.yaml": "app shop v1\n" },
      { "a/shop.yaml": "app shop v1\n", "a/shop.yml": "app blog v1\n" },
    ],
    is: ["blog: invalid a/shop.yml#0", "shop: declared a/shop.yaml#0"],
  },
  {
    name: "refuses both of two files with one stem when neither held anything",
    folders: [{ "a/shop.yaml": "app shop v1\n", "a/shop.yml": "app blog v1\n" }],
    is: ["blog: invalid a/shop.yml#0", "shop: invalid a/shop.yaml#0"],
  },
  {
    name: "takes two files with one stem in two folders for no collision",
    folders: [{ "a/shop.yaml": "app shop v1\n", "b/shop.yml": "app blog v1\n" }],
    is: ["blog: declared b/shop.yml#0", "shop: declared a/shop.yaml#0"],
  },
  {
    name: "takes a file without anything of ours for no collision of stems",
    folders: [{ "compose.yaml": "other\n", "compose.yml": "app shop v1\n" }],
    is: ["shop: declared compose.yml#0"],
  },
  {
    name: "follows a copy to the other suffix when the first is removed",
    folders: [
      { "shop.yaml": "app shop v1\n" },
      { "shop.yaml": "app shop v1\n", "shop.yml": "app shop v1\n" },
      { "shop.yml": "app shop v1\n" },
    ],
    is: ["shop: declared shop.yml#0"],
  },
];

describe("resolveClaims()", () => {
  for (const { name, folders, is } of cases) {
    it(name, () => {
      expect(summary(claimsAfter(...folders))).to.deep.equal(is);
    });
  }

  it("names the place that has the name in the fault of a newcomer", () => {
    const claims = claimsAfter(
      { "b.yaml": "app blog v1\n---\napp shop v1\n" },
      { "a.yaml": "app shop v2\n", "b.yaml": "app blog v1\n---\napp shop v1\n" },
    );

    expect(messagesOf(claims, "a.yaml#0")).to.deep.equal([
      `"shop" belongs to "b.yaml", document 2 already: choose another name`,
    ]);
  });

  it("names the other place in the faults of a name that nobody held", () => {
    const claims = claimsAfter({ "a.yaml": "app shop v1\n", "b.yaml": "app shop v1\n" });

    expect(messagesOf(claims, "a.yaml#0")).to.deep.equal([
      `"shop" is declared in "b.yaml" too, and none of them held it before: keep one`,
    ]);
  });

  it("names the other file in the faults of files with one stem", () => {
    const claims = claimsAfter({ "shop.yaml": "app shop v1\n", "shop.yml": "app blog v1\n" });

    expect(messagesOf(claims, "shop")[0]).to.equal(
      `stands beside "shop.yml", and both would have the status file "shop.status.yaml": rename one of them`,
    );
  });

  it("tells the faults of a broken file under the names that it held", () => {
    const claims = claimsAfter({ "a.yaml": "app shop v1\n" }, { "a.yaml": "{broken" });

    expect(messagesOf(claims, "shop")).to.deep.equal(["no manifest"]);
  });

  it("says how to delete what a wrong edit does not delete", () => {
    const claims = claimsAfter({ "a.yaml": "app shop v1\n" }, { "a.yaml": "" });

    expect(messagesOf(claims, "shop")).to.deep.equal([
      `"shop" is not in this file any more, which is empty or commented out; so it does not count as deleted, and ` +
        `what was last valid goes on (to delete it, leave the rest of the file right, or remove the file)`,
    ]);
  });

  it("judges what the records say as what it saw itself", () => {
    const holdings = new Map([
      ["shop", { place: { file: "a.yaml", document: 0 }, others: 0 }],
      ["blog", { place: { file: "b.yaml", document: 0 }, others: 0 }],
    ]);

    const claims = resolveClaims(filesOf({ "a.yaml": "" }), holdings);

    expect(summary(claims)).to.deep.equal(["blog: missing", "shop: invalid a.yaml#0"]);
  });
});
