import { expect } from "chai";
import { makeSealingKey } from "../../../controller/lib/aead.ts";
import { openSecret, readText } from "../../../controller/secret/opened-secret.ts";
import { keyIdsIn, planRotation, planSealing, plainFields } from "../../../controller/secret/seal-plan.ts";
import type { SealingEdit } from "../../../controller/secret/seal-plan.ts";
import { sealValue } from "../../../controller/secret/sealed-value.ts";
import { secretOf, type SecretParts } from "../../support/secrets.ts";

const key = makeSealingKey();
const old = makeSealingKey();
const sealed = (field: string, text: string, by = key): string =>
  sealValue(by, { kind: "Secret", name: "shop", field }, Buffer.from(text), 0);

/** `rename stringData sealedData`, `set sealedData.db`. */
function wordsOf(edits: readonly SealingEdit[]): readonly string[] {
  return edits.map((edit) =>
    [edit.kind, edit.path.join("."), ...(edit.kind === "rename" ? [edit.to] : [])].join(" "),
  );
}

/** What the edits set, opened. */
function opened(edits: readonly SealingEdit[]): Readonly<Record<string, string>> {
  const values = edits.flatMap((edit) =>
    edit.kind === "set" ? [[edit.path[1] ?? "", edit.value] as const] : [],
  );
  const secret = openSecret(secretOf({ sealedData: Object.fromEntries(values) }), { keys: [key] });
  return Object.fromEntries(
    values.map(([field]) => {
      const read = readText(secret, field);
      return [field, read.kind === "ok" ? read.value : read.message];
    }),
  );
}

describe("planSealing()", () => {
  const cases: readonly {
    name: string;
    parts: SecretParts;
    words: readonly string[];
    values: Readonly<Record<string, string>>;
  }[] = [
    {
      name: "renames stringData, so that each field keeps its line and its comments",
      parts: { stringData: { db: "hunter2", api: "x" } },
      words: ["rename stringData sealedData", "set sealedData.db", "set sealedData.api"],
      values: { db: "hunter2", api: "x" },
    },
    {
      name: "renames data, and seals what its base64 means",
      parts: { data: { db: "aHVudGVyMg==" } },
      words: ["rename data sealedData", "set sealedData.db"],
      values: { db: "hunter2" },
    },
    {
      name: "leaves nothing of a second place",
      parts: { stringData: { a: "1" }, data: { b: "Mg==" } },
      words: ["rename stringData sealedData", "set sealedData.a", "set sealedData.b", "remove data"],
      values: { a: "1", b: "2" },
    },
    {
      name: "adds to what is sealed already, and does not touch that",
      parts: { stringData: { a: "1" }, sealedData: { b: sealed("b", "2", old) } },
      words: ["set sealedData.a", "remove stringData"],
      values: { a: "1" },
    },
    {
      name: "takes an empty place out",
      parts: { stringData: {}, data: { b: "Mg==" } },
      words: ["rename data sealedData", "set sealedData.b", "remove stringData"],
      values: { b: "2" },
    },
    {
      name: "takes out the copy that kubectl keeps in an annotation, and no other annotation",
      parts: {
        annotations: { "kubectl.kubernetes.io/last-applied-configuration": "{}", "example.com/of": "Ada" },
        stringData: { db: "x" },
      },
      words: [
        "rename stringData sealedData",
        "set sealedData.db",
        "remove metadata.annotations.kubectl.kubernetes.io/last-applied-configuration",
      ],
      values: { db: "x" },
    },
    {
      name: "does nothing where all is sealed",
      parts: { sealedData: { b: sealed("b", "2", old) } },
      words: [],
      values: {},
    },
    { name: "does nothing for a Secret without fields", parts: { stringData: {} }, words: [], values: {} },
  ];
  for (const { name, parts, words, values } of cases) {
    it(name, () => {
      const edits = planSealing(secretOf(parts), key, 0);

      expect(wordsOf(edits)).to.deep.equal(words);
      expect(opened(edits)).to.deep.equal(values);
    });
  }

  it("knows which fields are plain", () => {
    expect(
      plainFields(
        secretOf({ stringData: { a: "1" }, sealedData: { b: sealed("b", "x") }, data: { c: "Mg==" } }),
      ),
    ).to.deep.equal(["a", "c"]);
  });
});

describe("planRotation()", () => {
  it("seals anew what an older key sealed, and says what it cannot open", () => {
    const secret = secretOf({
      stringData: { plain: "1" },
      sealedData: {
        a: sealed("a", "one", old),
        b: sealed("b", "two"),
        c: sealed("a", "moved", old),
        d: sealed("d", "x", makeSealingKey()),
      },
    });

    const rotations = planRotation(secret, { keys: [key, old] }, 0);

    expect(rotations.map(({ kind, field }) => `${kind} ${field}`)).to.deep.equal([
      "resealed a",
      "current b",
      "unopenable c",
      "unopenable d",
    ]);
    expect(
      opened(rotations.flatMap((rotation) => (rotation.kind === "resealed" ? [rotation.edit] : []))),
    ).to.deep.equal({ a: "one" });
    const [first] = rotations;
    expect(first?.kind === "resealed" && first.from).to.equal(old.id);
  });
});

describe("keyIdsIn()", () => {
  it("finds every key that a text names, in whatever state the text is", () => {
    const text = `stringData: [\n# ${sealed("a", "x", old)}\n  b: "${sealed("b", "y")}" conops-v1.aaaaaaaa.20260101T000000Z`;

    expect([...keyIdsIn(text)].toSorted()).to.deep.equal([key.id, old.id].toSorted());
  });
});
