import { expect } from "chai";
import fc from "fast-check";
import { formatFault } from "../../../controller/api/application.ts";
import { parseManifests, type ParsedDocument } from "../../../controller/registry/parse.ts";

/** Stands for a password: no fault may hold it, nor a part of it. */
const MARKER = "geheim";

const HEAD = "apiVersion: conops.dev/v1alpha1\nkind: Secret\nmetadata:\n  name: shop\n";

function parse(text: string): readonly ParsedDocument[] {
  return parseManifests("shop.yaml", Buffer.from(text), { allowFileRepos: false }).documents;
}

function faultsOf(text: string): readonly string[] {
  return parse(text).flatMap((document) =>
    document.kind === "invalid" ? document.faults.map(formatFault) : [],
  );
}

describe("faults of a Secret", () => {
  const slips: readonly (readonly [string, string])[] = [
    ["a quote that is not closed", `${HEAD}stringData:\n  token: "${MARKER}\n`],
    ["words after a quote", `${HEAD}stringData:\n  token: "x" ${MARKER}\n`],
    ["words right after a quote", `${HEAD}stringData:\n  token: 'x'${MARKER}\n`],
    ["an escape that is none", `${HEAD}stringData:\n  token: "\\${MARKER}"\n`],
    ["an escape that is not whole", `${HEAD}stringData:\n  token: "\\x${MARKER}"\n`],
    ["a tab", `${HEAD}stringData:\n\ttoken: ${MARKER}\n`],
    ["a colon in a plain value", `${HEAD}stringData:\n  token: x: ${MARKER}\n`],
    ["a sign that no plain value begins with", `${HEAD}stringData:\n  token: @${MARKER}\n`],
    ["another such sign", `${HEAD}stringData:\n  token: \`${MARKER}\n`],
    ["a percent sign", `${HEAD}stringData:\n  token: %${MARKER}\n`],
    ["a value that looks like a tag", `${HEAD}stringData:\n  token: !${MARKER}\n`],
    ["a value that looks like a tag with a handle", `${HEAD}stringData:\n  token: !a!${MARKER} x\n`],
    ["a value that looks like a verbatim tag", `${HEAD}stringData:\n  token: !<${MARKER} x\n`],
    ["a value that looks like another verbatim tag", `${HEAD}stringData:\n  token: !<!${MARKER}> x\n`],
    ["a value that looks like a tag without a suffix", `${HEAD}stringData:\n  token: !${MARKER}! x\n`],
    ["a value that looks like an alias", `${HEAD}stringData:\n  token: *${MARKER}\n`],
    ["an alias within itself", `${HEAD}stringData: &${MARKER} {a: *${MARKER}}\n`],
    ["a value that looks like an anchor", `${HEAD}stringData:\n  token: &${MARKER}\n`],
    ["a value that looks like a block", `${HEAD}stringData:\n  token: |${MARKER}\n    x\n`],
    ["a value that looks like a folded block", `${HEAD}stringData:\n  token: >9${MARKER}\n`],
    ["a value that looks like a list", `${HEAD}stringData:\n  token: [${MARKER}\n`],
    ["a list in the place of a value", `${HEAD}stringData:\n  token: [${MARKER}]\n`],
    ["a mapping in the place of a value", `${HEAD}stringData:\n  token: {${MARKER}: ${MARKER}}\n`],
    ["a bracket too many", `${HEAD}stringData:\n  token: ]${MARKER}\n`],
    ["a field that is there twice", `${HEAD}stringData: {"${MARKER} x": 1, "${MARKER} x": 2}\n`],
    ["a value as the name of a field", `${HEAD}stringData: {"${MARKER} x": y}\n`],
    [
      "a value as the name of a field in two places",
      `${HEAD}stringData: {"${MARKER} x": a}\ndata: {"${MARKER} x": a}\n`,
    ],
    ["a value after a comma too many", `${HEAD}stringData: {token: , ${MARKER}}\n`],
    ["a value without the name of its field", `${HEAD}stringData: {${MARKER}}\n`],
    [
      "an annotation without its name",
      HEAD.replace("name: shop", `name: shop\n  annotations: {a, ${MARKER}}`),
    ],
    ["a value in the place of the fields", `${HEAD}stringData: ${MARKER}\n`],
    ["a value that is no base64", `${HEAD}data:\n  token: "${MARKER}!"\n`],
    ["a value that is not sealed", `${HEAD}sealedData:\n  token: ${MARKER}\n`],
    ["an unknown field at the root", `${HEAD}token: ${MARKER}\n`],
    ["a value that became a field", `${HEAD}${MARKER}: x\n`],
    ["a value that became a field with blanks", `${HEAD}${MARKER} x: y\n`],
    ["a value that became a field of the metadata", `${HEAD}  ${MARKER}: x\n`],
    ["a value in the place of the type", `${HEAD}type: ${MARKER}\n`],
    ["a list in the place of the type", `${HEAD}type: [${MARKER}]\n`],
    ["a value in the place of the name", HEAD.replace("shop", `"${MARKER} x"`)],
    ["a value in the place of the metadata", HEAD.replace("\n  name: shop", ` ${MARKER}`)],
    ["a value as a label", HEAD.replace("name: shop", `name: shop\n  labels: {a: "${MARKER} x"}`)],
    ["a value as the key of a label", HEAD.replace("name: shop", `name: shop\n  labels: {"${MARKER} x": a}`)],
    [
      "a value as a label of another type",
      HEAD.replace("name: shop", `name: shop\n  labels: {a: [${MARKER}]}`),
    ],
    [
      "a value as the key of an annotation",
      HEAD.replace("name: shop", `name: shop\n  annotations: {"${MARKER} x": a}`),
    ],
    ["a value in the place of the version", HEAD.replace("conops.dev/v1alpha1", `conops.dev/${MARKER}`)],
    ["a value in the place of a merge", `${HEAD}stringData:\n  <<: ${MARKER}\n`],
    ["a merge of an anchor that is not there", `${HEAD}stringData:\n  <<: *${MARKER}\n`],
    ["a merge that brings what is unknown", `${HEAD}<<: {"${MARKER} x": 1}\n`],
    ["no kind", `stringData: {token: !${MARKER} x}\n`],
    ["a misspelt kind", `${HEAD.replace("Secret", "Sceret")}stringData: {token: !${MARKER} x}\n`],
    [
      "a wrong kind with the fields of a Secret",
      `${HEAD.replace("Secret", "Pod")}stringDta: {token: !${MARKER} x}\n`,
    ],
    ["a kind after the slip", `stringData:\n  token: "x" ${MARKER}\nkind: Secret\n`],
    ["a list around it all", `- ${MARKER}\n`],
    ["nothing but the value", MARKER],
    ["nothing but the value, quoted", `"${MARKER}"`],
    ["a directive", `%${MARKER} x\n---\n${HEAD}`],
    ["a version of YAML", `%YAML 3.${MARKER}\n---\n${HEAD}`],
    ["words after the end", `${HEAD}... ${MARKER}\n`],
    ["words after the beginning", `--- |${MARKER}\n`],
  ];
  for (const [what, text] of slips) {
    it(`do not repeat ${what}`, () => {
      const faults = faultsOf(text);

      expect(faults).not.to.deep.equal([]);
      expect(faults.join("\n")).not.to.match(/geh|heim|[@`%]/);
    });
  }

  it("say what is wrong all the same", () => {
    expect(faultsOf(`${HEAD}stringDta:\n  token: ${MARKER}\n`)).to.deep.equal([
      'shop.yaml:5:1: unknown field, did you mean "stringData"?',
    ]);
    expect(faultsOf(`${HEAD}stringData:\n  token: 4711\n  pin: !${MARKER}\n`)).to.deep.equal([
      "shop.yaml:7:8: unknown tag: only YAML's own types are read",
    ]);
    expect(faultsOf(`${HEAD}stringData:\n  token: 4711\n`)).to.deep.equal([
      "shop.yaml:6:10: stringData.token: must be a string, not a number: put it in quotes",
    ]);
  });

  it("never repeat a value, whatever is changed in the text", () => {
    const good =
      `${HEAD}  labels: {team: web}\ntype: Opaque\n` +
      `stringData:\n  token: "GEHEIM-1 x"\n  key: |\n    GEHEIM-2\n    GEHEIM-3\ndata: {pin: 'GEHEIM/4'}\n`;
    const scraps = `\n| |\t|:|: |- |#|---\n|[|{|}|"|'|>|&|*|!|<<: |? |,|%|@|\\|null|kind|Application`.split(
      "|",
    );
    const scrap = fc.constantFrom("|", ...scraps);
    const edits = fc.array(fc.tuple(fc.nat(good.length), fc.nat(6), scrap), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(edits, (changes) => {
        let text = good;
        for (const [at, removed, added] of changes)
          text = text.slice(0, at) + added + text.slice(at + removed);
        // Left out: a value that has become the name of a field. Names may be told.
        const names = /\? *['"]?[-\w.]*EHEI|EHEI[-\w.]*['"]?\s*[:,}]/;
        fc.pre(!names.test(text) && !/kind: *Application/.test(text));

        expect(faultsOf(text).join("\n")).not.to.match(/G?EHEI/);
      }),
      { numRuns: 400 },
    );
  });
});
