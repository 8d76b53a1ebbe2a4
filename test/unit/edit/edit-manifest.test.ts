import { expect } from "chai";
import { remove, rename, set, type Change } from "../../../controller/edit/change.ts";
import { editDocuments, editManifest, type EditedText } from "../../../controller/edit/edit-manifest.ts";

function edit(text: string, ...changes: readonly Change[]): EditedText {
  const edited = editManifest(text, 0, changes);
  if ("message" in edited) throw new Error(`${edited.line}:${edited.column}: ${edited.message}`);
  return edited;
}

function faultOf(text: string, ...changes: readonly Change[]): string {
  const edited = editManifest(text, 0, changes);
  return "message" in edited ? `${edited.line}:${edited.column}: ${edited.message}` : edited.text;
}

/** Each is spliced, and touches what it shows only. */
const cases: readonly {
  readonly name: string;
  readonly before: string;
  readonly changes: readonly Change[];
  readonly after: string;
}[] = [
  {
    name: "changes a value and nothing beside it",
    before: "a:   1   # one\n\nb: 2\n",
    changes: [set(["a"], 3)],
    after: "a:   3   # one\n\nb: 2\n",
  },
  {
    name: "keeps the kind of quotes",
    before: `a: "x"\nb: 'y'\nc: z\n`,
    changes: [set(["a"], "1"), set(["b"], "it's"), set(["c"], "w")],
    after: `a: "1"\nb: 'it''s'\nc: w\n`,
  },
  {
    name: "leaves the quotes out when asked to",
    before: `a: "x"\nb: 'y'\n`,
    changes: [set(["a"], "conops-v1.k.A_-"), set(["b"], "true")].map((change) => ({
      ...change,
      unquoted: true,
    })),
    after: `a: conops-v1.k.A_-\nb: "true"\n`,
  },
  {
    name: "quotes what would not be read as a string",
    before: "a: x\n",
    changes: [
      set(["a"], "no"),
      set(["b"], "1e3"),
      set(["c"], "a: b"),
      set(["d"], "2024-01-01"),
      set(["e"], ""),
    ],
    after: `a: "no"\nb: "1e3"\nc: "a: b"\nd: "2024-01-01"\ne: ""\n`,
  },
  {
    name: "keeps line ends, a byte order mark and a last line without an end",
    before: "\uFEFFa: 1\r\nb:\r\n  c: 2",
    changes: [set(["b", "d"], 3), set(["e"], { f: 4 })],
    after: "\uFEFFa: 1\r\nb:\r\n  c: 2\r\n  d: 3\r\ne:\r\n  f: 4",
  },
  {
    name: "takes a last line without an end away, so that the one before has none",
    before: "a: 1\nb: 2",
    changes: [remove(["b"])],
    after: "a: 1",
  },
  {
    name: "puts a new field behind its neighbours, indented as they are",
    before: "spec:\n      a: 1 # one\n\n# end\nlast: 1\n",
    changes: [set(["spec", "b"], true)],
    after: "spec:\n      a: 1 # one\n      b: true\n\n# end\nlast: 1\n",
  },
  {
    name: "puts a new field into braces, in their manner",
    before: `a: {x: 1,y: 2}\nb: { z: {} }\nc: {"q": "1"}\n`,
    changes: [set(["a", "n"], 1), set(["b", "z", "n"], [1, 2]), set(["c", "n"], "2")],
    after: `a: {x: 1,y: 2, n: 1}\nb: { z: {n: [1, 2]} }\nc: {"q": "1", "n": "2"}\n`,
  },
  {
    name: "puts a new field into braces over several lines",
    before: `a: {\n  x: 1, # one\n  y: 2 # two\n}\nb: {\n  x: 1, # one\n}\n`,
    changes: [set(["a", "n"], 1), set(["b", "n"], 1)],
    after: `a: {\n  x: 1, # one\n  y: 2, # two\n  n: 1\n}\nb: {\n  x: 1, # one\n  n: 1,\n}\n`,
  },
  {
    name: "fills a field that holds nothing",
    before: "spec: # later\n# end\nempty: {}\nnone: null\n",
    changes: [set(["spec", "a"], 1), set(["empty", "a"], 1), set(["none", "a", "b"], 1)],
    after: "spec: # later\n  a: 1\n# end\nempty: { a: 1 }\nnone:\n  a:\n    b: 1\n",
  },
  {
    name: "appends to lists as they are written",
    before: "a:\n- 1\nb:\n  - x: 1\n    y: 2\nc: [1]\n",
    changes: [set(["a", 1], 2), set(["b", 1], { x: 3, y: 4 }), set(["c", 1], 2), set(["d"], [5])],
    after: "a:\n- 1\n- 2\nb:\n  - x: 1\n    y: 2\n  - x: 3\n    y: 4\nc: [1, 2]\nd:\n- 5\n",
  },
  {
    name: "takes a field away with all its lines, and leaves every comment",
    before:
      "a: 1\n# about b\nb: # b\n  # about c\n  c: |\n    # text\n\n    more\n  d: 1 # one\n# about e\ne: 1\n",
    changes: [remove(["b"])],
    after: "a: 1\n# about b\n# b\n# about c\n# one\n# about e\ne: 1\n",
  },
  {
    name: "leaves a mapping without fields, and a list without items, as such",
    before: "a:\n  b: 1 # one\nc:\n  - 1\nd: {x: 1}\ne: [1]\n",
    changes: [remove(["a", "b"]), remove(["c", 0]), remove(["d", "x"]), remove(["e", 0])],
    after: "a: {}\n# one\nc: []\nd: {}\ne: []\n",
  },
  {
    name: "takes fields out of braces",
    before: "a: {x: 1, y: 2, z: 3}\nb: {x: 1, y: 2}\nc: {\n  x: 1, # one\n  y: 2, # two\n  z: 3\n}\n",
    changes: [remove(["a", "y"]), remove(["b", "x"]), remove(["c", "y"])],
    after: "a: {x: 1, z: 3}\nb: {y: 2}\nc: {\n  x: 1, # one\n  # two\n  z: 3\n}\n",
  },
  {
    name: "moves the next field up when the first beside a dash goes",
    before: "- a: 1 # one\n  b: 2\n- c: 3\n  d: 4\n",
    changes: [remove([0, "a"]), remove([1, "c"])],
    after: "- # one\n  b: 2\n- d: 4\n",
  },
  {
    name: "gives a mapping another name at its place",
    before: `apiVersion: v1\n# ours\n"stringData":  # plain\n  a: 1\ntype: Opaque\n`,
    changes: [rename(["stringData"], "sealedData")],
    after: `apiVersion: v1\n# ours\n"sealedData":  # plain\n  a: 1\ntype: Opaque\n`,
  },
  {
    name: "puts a word in the place of a block of text, and keeps the comment on its first line",
    before: "a:\n  b: |2- # key\n     one\n    # two\n\n  c: >+\n    x\n\n  # end\nd: 1\n",
    changes: [set(["a", "b"], "B"), set(["a", "c"], "C")],
    after: "a:\n  b: B # key\n\n  c: C\n  # end\nd: 1\n",
  },
  {
    name: "writes several lines as a block, or within quotes where those stood",
    before: `a: x\nb: "y"\nc: |\n  old\n`,
    changes: [set(["a"], "one\n\ntwo\n"), set(["b"], "1\n2"), set(["c"], "new\nlines")],
    after: `a: |\n  one\n\n  two\nb: "1\\n2"\nc: |-\n  new\n  lines\n`,
  },
  {
    name: "changes only the items of a list and the fields of a mapping that differ",
    before: "a: # list\n  - 1 # one\n  - 2 # two\n  - 3 # three\nb:\n  x: 1 # x\n  y: 2 # y\n",
    changes: [set(["a"], [1, 5]), set(["b"], { x: 1, z: 3 })],
    after: "a: # list\n  - 1 # one\n  - 5 # two\n  # three\nb:\n  x: 1 # x\n  # y\n  z: 3\n",
  },
  {
    name: "writes out what an alias stands for where it changes, and only there",
    before: "a: &a {x: 1, y: {z: 1}}\nb: *a\nc: &c 5\nd: *c\n",
    changes: [set(["b", "y", "z"], 2), set(["d"], 6)],
    after: "a: &a {x: 1, y: {z: 1}}\nb:\n  x: 1\n  y:\n    z: 2\nc: &c 5\nd: 6\n",
  },
  {
    name: "puts a field beside the merge key that brings it",
    before: "a: &a\n  x: 1\n  y: { z: 1, w: 1 }\nb:\n  <<: *a\n  v: 1\n",
    changes: [set(["b", "x"], 2), set(["b", "y", "z"], 3)],
    after: "a: &a\n  x: 1\n  y: { z: 1, w: 1 }\nb:\n  <<: *a\n  v: 1\n  x: 2\n  y:\n    z: 3\n    w: 1\n",
  },
  {
    name: "keeps an anchor that nothing uses any more",
    before: "a: &x one\nb: *x\n",
    changes: [set(["a"], "A"), set(["b"], "B")],
    after: "a: &x A\nb: B\n",
  },
  {
    name: "drops a tag that says what the old value was",
    before: "a: !!int 5 # five\nb: &b !!str 5\n",
    changes: [set(["a"], "x"), set(["b"], "6")],
    after: `a: x # five\nb: &b !!str "6"\n`,
  },
  {
    name: "changes a value that has a line for itself",
    before: "a:\n  long # one\nb:\n    - x\n    - y\nc: last\n",
    changes: [set(["a"], "short"), set(["b"], 1)],
    after: "a:\n  short # one\nb: 1\nc: last\n",
  },
];

describe("editManifest()", () => {
  for (const { name, before, changes, after } of cases) {
    it(name, () => {
      const edited = edit(before, ...changes);

      expect(edited.text).to.equal(after);
      expect(edited.how).to.equal("splice");
      expect(edited.isChanged).to.equal(true);
      expect(edit(after, ...changes.filter(({ kind }) => kind === "set"))).to.include({
        text: after,
        isChanged: false,
      });
    });
  }

  it("changes one document and not a byte of the others", () => {
    const other = "%YAML 1.2\n---\n!Ref  x:   { a : 1 }\n...\n# between\n";
    const text = `${other}---\na: 1\n---\n!Sub b\n`;

    expect(editManifest(text, 1, [set(["a"], 2)])).to.deep.include({
      text: `${other}---\na: 2\n---\n!Sub b\n`,
    });
  });

  it("changes several documents at once, or none", () => {
    const text = "a: 1\n---\na: 1\n---\na: 1\n";
    const changes = [set(["a"], 2)];

    expect(
      editDocuments(text, [
        { document: 2, changes },
        { document: 0, changes },
      ]),
    ).to.deep.include({
      text: "a: 2\n---\na: 1\n---\na: 2\n",
    });
    expect(
      editDocuments(text, [
        { document: 0, changes },
        { document: 3, changes },
      ]),
    ).to.deep.equal({
      line: 0,
      column: 0,
      message: "has no manifest as its document 4",
    });
  });

  it("changes a thousand fields at once, without reading the text a thousand times", function () {
    this.timeout(60_000);
    const fields = Array.from({ length: 1_000 }, (_, index) => `f${index}`);
    const before = `stringData:\n${fields.map((field) => `  ${field}: plain # ${field}\n`).join("")}data:\n  a: eA==\n  b: eQ==\n`;
    const after = `sealedData:\n${fields.map((field) => `  ${field}: sealed # ${field}\n`).join("")}  a: A\n`;
    const started = process.cpuUsage();
    const edited = edit(
      before,
      rename(["stringData"], "sealedData"),
      ...fields.map((field) => set(["sealedData", field], "sealed")),
      set(["sealedData", "a"], "A"),
      remove(["data"]),
    );

    expect(edited.text).to.equal(after);
    expect(edited.how).to.equal("splice");
    const { user } = process.cpuUsage(started);
    expect(user / 1_000).to.be.lessThan(10_000);
  });

  it("names comments that repeat what went", () => {
    const text =
      "a: hunter2 # was Hunter2\nb: |\n  first line of it\n  }\n# old: hunter2\n# second\n#  first line of it\n# }\n";
    const changes = [set(["a"], "x"), set(["b"], "y")];

    expect(edit(text, ...changes).leftovers).to.deep.equal([
      { line: 3, column: 1 },
      { line: 5, column: 1 },
    ]);
    const short = edit("a: no # nothing\n# knows\n# was: no\nb: 1\n", set(["a"], "on"));
    expect(short.leftovers).to.deep.equal([{ line: 3, column: 1 }]);
  });

  const refusals: readonly {
    readonly name: string;
    readonly text: string;
    readonly changes: readonly Change[];
    readonly fault: string;
  }[] = [
    {
      name: "text that is not YAML",
      text: "a: 1\nb: [1\n",
      changes: [set(["a"], 2)],
      fault: `3:1: is not YAML: Flow sequence in block collection must be sufficiently indented and end with a ]`,
    },
    {
      name: "text of which another document is not YAML",
      text: "a: 1\n---\nb: {\n",
      changes: [set(["a"], 2)],
      fault: `4:1: is not YAML: Flow map in block collection must be sufficiently indented and end with a }`,
    },
    {
      name: "a field that is there twice",
      text: "a: 1\na: 2\n",
      changes: [set(["a"], 2)],
      fault: "2:1: a field is there twice in one mapping",
    },
    {
      name: "a document of nothing but comments",
      text: "# a\n",
      changes: [set(["a"], 2)],
      fault: "0:0: has no manifest as its document 1",
    },
    {
      name: "a field below a word",
      text: "spec:\n  a: hunter2\n",
      changes: [set(["spec", "a", "b"], 2)],
      fault: `2:3: "spec.a" is not a mapping but a string`,
    },
    {
      name: "a value that an alias elsewhere shows, too",
      text: "a: &x\n  b: 1\nc: *x\n",
      changes: [set(["a", "b"], 2)],
      fault: `2:3: "a.b" cannot change alone: the alias "*x" on line 3 stands for it too; write one of them out first`,
    },
    {
      name: "taking away what an alias needs",
      text: "a: &x 1\nc: *x\n",
      changes: [remove(["a"])],
      fault: `1:1: "a" cannot change alone: the alias "*x" on line 2 stands for it too; write one of them out first`,
    },
    {
      name: "taking away what a merge key brings",
      text: "a: &x {y: 1}\nc:\n  <<: *x\n",
      changes: [remove(["c", "y"])],
      fault: `2:1: "c.y" comes from a merge key ("<<"), which other places share: write it out first`,
    },
    {
      name: "two fields under one name",
      text: "a: 1\nb: 2\n",
      changes: [rename(["a"], "b")],
      fault: `1:1: "a" cannot become "b", which is there already`,
    },
    {
      name: "half a character",
      text: "a: 1\n",
      changes: [set(["a"], "\ud800")],
      fault: `1:1: the value for "a" holds half a character`,
    },
  ];
  for (const { name, text, changes, fault } of refusals) {
    it(`refuses ${name}`, () => {
      expect(faultOf(text, ...changes)).to.equal(fault);
    });
  }

  it("refuses what would grow beyond the limits of a manifest", () => {
    expect(faultOf("a: 1\n", set(["a"], "x".repeat(2 ** 20)))).to.match(
      /^0:0: would no longer be a manifest: is too large/,
    );
    let deep: Readonly<Record<string, unknown>> = {};
    for (let depth = 0; depth < 70; depth++) deep = { a: deep };

    expect(faultOf("a: 1\n", set(["a"], deep as never))).to.match(/^1:1: /);
  });
});
