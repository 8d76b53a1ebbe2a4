import { expect } from "chai";
import fc from "fast-check";
import { isDeepStrictEqual } from "node:util";
import { isMap, isScalar, isSeq, LineCounter, parseAllDocuments, type Node, type Pair } from "yaml";
import type { FieldPath } from "../../../controller/api/field-fault.ts";
import {
  applyChange,
  ChangeFault,
  remove,
  rename,
  set,
  valueAt,
  type Change,
  type Value,
} from "../../../controller/edit/change.ts";
import { editManifest, type EditedText } from "../../../controller/edit/edit-manifest.ts";
import { readComments } from "../../../controller/edit/source.ts";
import { readYaml } from "../../../controller/registry/yaml-documents.ts";
import { YAML_CORPUS } from "../../support/yaml-corpus.ts";

interface Target {
  readonly name: string;
  readonly text: string;
  readonly document: number;
  readonly value: unknown;
  readonly isShared: boolean;
}

/** Every document of the corpus that may be edited. */
const TARGETS: readonly Target[] = YAML_CORPUS.flatMap(({ name, text, isShared = false }) =>
  documentsOf(text).flatMap(({ value, faults }, document) =>
    faults.length > 0 ? [] : [{ name: `${name} (${document + 1})`, text, document, value, isShared }],
  ),
);

const scalars: fc.Arbitrary<Value> = fc.oneof(
  fc.string(),
  fc.string({ unit: "binary" }),
  fc.constantFrom("no", "1", "a: b", "# x", " x", "x\ny\n", "a\n\nb", "conops-v1.k.20240101T000000Z.A_-b"),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
const names = fc.constantFrom("a", "name", "two words", "on", "1", "#", "__proto__", "日本");
const values: fc.Arbitrary<Value> = fc.oneof(
  { weight: 3, arbitrary: scalars },
  fc.array(scalars, { maxLength: 3 }),
  fc.dictionary(names, fc.oneof(scalars, fc.array(scalars, { maxLength: 2 })), {
    maxKeys: 3,
    noNullPrototype: true,
  }),
);

function changesOf(value: unknown): fc.Arbitrary<Change> {
  const paths = pathsOf(value);
  const there = fc.constantFrom(...paths);
  const anywhere = fc.constantFrom([], ...paths);
  return fc.oneof(
    fc.tuple(there, values, fc.boolean()).map(([path, to, unquoted]) => set(path, to, { unquoted })),
    fc
      .tuple(anywhere, fc.oneof(names, fc.nat(3)), values)
      .map(([path, part, to]) => set([...path, part], to)),
    there.map(remove),
    fc.tuple(there, names).map(([path, to]) => rename(path, to)),
  );
}

describe("editManifest(), of any changes", function () {
  this.timeout(60_000);

  it("knows the texts that it is tried on", () => {
    expect(TARGETS.length).to.be.greaterThan(15);
    expect(
      YAML_CORPUS.filter(({ text }) => documentsOf(text).every(({ faults }) => faults.length > 0)),
    ).to.deep.equal([]);
  });

  for (const target of TARGETS) {
    const { name, text, document, value, isShared } = target;

    it(`of ${name}: makes exactly them, again and again, or says why not`, () => {
      fc.assert(
        fc.property(fc.array(changesOf(value), { minLength: 1, maxLength: 4 }), (changes) => {
          const wanted = wantedOf(value, changes);
          const edited = editManifest(text, document, changes);
          if (wanted === undefined || "message" in edited) {
            // Only what has no answer, or would change what an alias shows, is refused.
            expect("message" in edited).to.equal(true);
            expect(wanted === undefined || isShared).to.equal(true);
            return;
          }
          expectOthersUntouched(target, edited, wanted);
          if (isDeepStrictEqual(wantedOf(wanted, changes), wanted)) {
            expect(editManifest(edited.text, document, changes)).to.include({ isChanged: false });
          }
        }),
        { numRuns: 15 },
      );
    });

    it(`of ${name}: leaves every line but those of the field`, () => {
      fc.assert(
        fc.property(changesOf(value), (change) => {
          const edited = editManifest(text, document, [change]);
          if ("message" in edited) return;

          expect(edited.how).to.equal("splice");
          expect(missingLines(target, change, edited.text)).to.deep.equal([]);
        }),
        { numRuns: 30 },
      );
    });
  }

  it("leaves nothing of what it seals, in whatever way it was written", () => {
    fc.assert(
      fc.property(secrets, ({ text, fields, hints }) => {
        const changes = [
          rename(["stringData"], "sealedData"),
          ...fields.map(({ field }) => set(["sealedData", field], sealed(field), { unquoted: true })),
        ];
        const edited = editManifest(text, 0, changes);
        if ("message" in edited) throw new Error(`${edited.message}\n${text}`);

        expect(edited.how).to.equal("splice");
        expect(documentsOf(edited.text)[0]?.value).to.deep.include({
          sealedData: Object.fromEntries(fields.map(({ field }) => [field, sealed(field)])),
          last: true,
        });
        for (const { comment } of fields) expect(edited.text).to.include(comment);
        const lines = edited.text.split("\n");
        const telling = lines.flatMap((line, index) => (line.includes("hunter") ? [index + 1] : []));
        expect(telling).to.have.length(hints);
        expect(edited.leftovers.map(({ line }) => line)).to.deep.equal(telling);
        for (const { field } of fields)
          expect(lines.join("\n")).to.match(new RegExp(`${field}["']?:( &a[0-9])?\\s+conops-v1`));
      }),
      { numRuns: 100 },
    );
  });
});

/** What no edit of one document may do. */
function expectOthersUntouched(target: Target, edited: EditedText, wanted: unknown): void {
  const { text, document, value } = target;
  const after = documentsOf(edited.text).map((found) => found.value);
  expect(after).to.deep.equal(
    documentsOf(text).map((found, index) => (index === document ? wanted : found.value)),
  );
  // A reader that is not ours.
  const options = { version: "1.2", schema: "core", merge: true, resolveKnownTags: false } as const;
  const theirs: unknown = parseAllDocuments(edited.text, { ...options, logLevel: "silent" })[
    document
  ]?.toJS();
  expect(isDeepStrictEqual(theirs, wanted)).to.equal(true);

  expect(edited.isChanged).to.equal(!isDeepStrictEqual(value, wanted));
  expect(edited.text.startsWith("\uFEFF")).to.equal(text.startsWith("\uFEFF"));
  expect(edited.text.endsWith("\n")).to.equal(text.endsWith("\n"));
  if (text.includes("\r\n")) expect(edited.text).to.not.match(/[^\r]\n/);
  for (const { source } of readComments(text)) expect(edited.text).to.include(source.trimEnd());
}

/** Lines that are not those of the field, and that the new text has no longer in their order. */
function missingLines({ text, document }: Target, change: Change, edited: string): readonly string[] {
  const touched = touchedLines(text, document, change);
  const after = edited.replace(/^\uFEFF/, "").split("\n");
  let from = 0;
  return text
    .replace(/^\uFEFF/, "")
    .split("\n")
    .filter((line, index) => {
      if (touched(index + 1)) return false;
      const at = after.indexOf(line, from);
      if (at === -1) return true;
      from = at + 1;
      return false;
    });
}

/** Told by the YAML library's own places, not by the editor's. */
function touchedLines(text: string, document: number, change: Change): (line: number) => boolean {
  const lines = new LineCounter();
  const body = text.replace(/^\uFEFF/, "");
  const documents = parseAllDocuments(body, {
    version: "1.2",
    schema: "core",
    resolveKnownTags: false,
    lineCounter: lines,
    logLevel: "silent",
  });
  const lineOf = (offset: number): number => lines.linePos(offset).line;
  const spans: [number, number][] = [];
  const add = (start: number, end: number): void =>
    void spans.push([lineOf(start), lineOf(Math.max(start, end - 1))]);

  let node = (documents[document]?.contents ?? null) as Node | null;
  let holder: [number, number] | undefined;
  for (const [depth, part] of change.path.entries()) {
    const isFlow = (isMap(node) || isSeq(node)) && node.flow === true;
    if (isFlow) {
      // The holder's own line, too: an empty one may be filled there.
      if (holder !== undefined) add(...holder);
      add(node?.range?.[0] ?? 0, node?.range?.[1] ?? 0);
      break;
    }
    if (!isMap(node) && !isSeq(node)) {
      if (holder !== undefined) add(...holder);
      break;
    }
    const index = isMap(node) ? indexOf(node.items as Pair<Node, Node | null>[], part) : Number(part);
    const item = node.items[index] as Pair<Node, Node | null> | Node | undefined;
    if (item === undefined) break;
    const key = "key" in item ? item.key : item;
    const value = "key" in item ? item.value : item;
    const end = Math.max(key.range?.[1] ?? 0, value?.range?.[1] ?? 0);
    // The dash, the question mark, the anchor may stand before.
    const start = key.range?.[0] ?? 0;
    const span: [number, number] = [startOfMarks(body, start, isSeq(node)), end];
    if (depth === change.path.length - 1) {
      const isLast = change.kind === "remove" && node.items.length === 1;
      add(...(isLast ? (holder ?? span) : span));
      // Beside another dash, the next one moves up.
      const beside = isMap(node) ? /^\s*(?:-\s+)+$/ : /^\s*(?:-\s+){2,}$/;
      const next = node.items[index + 1] as Pair<Node, Node> | Node | undefined;
      const isBeside = beside.test(body.slice(body.lastIndexOf("\n", start - 1) + 1, start));
      if (change.kind === "remove" && isBeside && next !== undefined) {
        add(start, (("key" in next ? next.key : next).range?.[0] ?? 0) + 1);
      }
    }
    holder = span;
    node = value;
  }
  return (line) => spans.some(([first, last]) => line >= first && line <= last);
}

/** With the anchor or tag before it, and the dash, which comments may part from it. */
function startOfMarks(text: string, offset: number, isItem: boolean): number {
  const marks = isItem ? /(?:-\s+(?:#.*\s+)*)?(?:[&!]\S+\s+)*$/ : /(?:\?\s+)?(?:[&!]\S+\s+)*$/;
  return offset - (marks.exec(text.slice(0, offset))?.[0].length ?? 0);
}

function indexOf(pairs: readonly Pair<Node, Node | null>[], name: string | number): number {
  return pairs.findIndex(
    ({ key }) => isScalar(key) && (typeof key.value === "string" ? key.value : key.source) === name,
  );
}

function documentsOf(
  text: string,
): readonly { readonly value: unknown; readonly faults: readonly unknown[] }[] {
  const documents = readYaml(text.replace(/^\uFEFF/, ""));
  if ("message" in documents) throw new Error(documents.message);
  return documents;
}

/** Undefined: the changes cannot be made to it. */
function wantedOf(value: unknown, changes: readonly Change[]): unknown {
  try {
    let wanted = value;
    for (const change of changes) wanted = applyChange(wanted, change);
    return wanted;
  } catch (error) {
    if (error instanceof ChangeFault) return undefined;
    throw error;
  }
}

function pathsOf(value: unknown, path: FieldPath = []): readonly FieldPath[] {
  const own = path.length === 0 ? [] : [path];
  if (Array.isArray(value)) {
    return [
      ...own,
      ...(value as readonly unknown[]).flatMap((item, index) => pathsOf(item, [...path, index])),
    ];
  }
  if (typeof value !== "object" || value === null) return own;
  return [...own, ...Object.entries(value).flatMap(([name, field]) => pathsOf(field, [...path, name]))];
}

function sealed(field: string): string {
  return `conops-v1.k1.20240229T120000Z.${Buffer.from(field.repeat(9)).toString("base64url")}`;
}

interface PlainField {
  readonly field: string;
  readonly comment: string;
  readonly lines: string;
  readonly hints: number;
}

/** One field of a Secret, written in one of the ways that YAML has; each line of its value holds "hunter". */
function plainField(index: number): fc.Arbitrary<PlainField> {
  const field = `field-${index}`;
  const comment = `# about ${field}`;
  const word = fc.nat(2 ** 30).map((number) => `hunter${number.toString(36).padStart(4, "0")}`);
  return fc
    .record({
      words: fc.array(word, { minLength: 1, maxLength: 4 }),
      way: fc.constantFrom(
        "plain",
        "single",
        "double",
        "|",
        "|-",
        "|+",
        "|2",
        ">",
        ">-",
        ">+",
        "lines",
        "single lines",
        "double lines",
        "next line",
      ),
      name: fc.constantFrom(field, `"${field}"`, `'${field}'`),
      anchor: fc.constantFrom("", `&a${index} `, "!!str "),
      place: fc.constantFrom("above", "beside", "below"),
      hint: fc.integer({ min: 0, max: 5 }).map((chance) => chance === 0),
      blank: fc.constantFrom("", "\n", "\n\n"),
    })
    .map(({ words, way, name, anchor, place, hint, blank }) => {
      const isBlock = /^[|>]/.test(way);
      const beside = place === "beside" ? `  ${comment}` : "";
      const [first = ""] = words;
      const quote = way.startsWith("single") ? "'" : way.startsWith("double") ? '"' : "";
      let text: string;
      if (isBlock) text = `${way}${beside}\n${words.map((word) => `    ${word}\n${blank}`).join("")}`;
      else if (way === "next line") text = `\n      ${first}${beside}\n`;
      else if (way.includes("lines")) text = `${quote}${words.join("\n      ")}${quote}${beside}\n`;
      else text = `${quote}${words.join(" ")}${quote}${beside}\n`;
      const [read] = documentsOf(`value: ${anchor}${text}`);
      const value = String(valueAt(read?.value, ["value"]));
      const told = hint ? `  # was ${value.split("\n")[0]}\n` : "";
      const above = place === "above" ? `  ${comment}\n` : "";
      const below = place === "below" ? `  ${comment}\n` : "";
      return {
        field,
        comment,
        lines: `${above}${told}  ${name}: ${anchor}${text}${below}`,
        hints: hint ? 1 : 0,
      };
    });
}

const secrets = fc
  .integer({ min: 1, max: 5 })
  .chain((count) => fc.tuple(...Array.from({ length: count }, (_, index) => plainField(index))))
  .map((fields) => ({
    fields,
    text: `kind: Secret # mine\nstringData:\n${fields.map(({ lines }) => lines).join("")}\n# end\nlast: true\n`,
    hints: fields.reduce((sum, { hints }) => sum + hints, 0),
  }));
