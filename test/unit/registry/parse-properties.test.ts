import { expect } from "chai";
import fc from "fast-check";
import { stringify } from "yaml";
import { hashOf } from "../../../controller/lib/hash.ts";
import { parseManifests, type ParsedDocument } from "../../../controller/registry/parse.ts";

const RUNS = 60;

const label = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,10}[a-z0-9])?$/);
const variable = fc.stringMatching(/^[A-Z_][A-Z0-9_]{0,8}$/).map((name) => `APP_${name}`);
const file = fc.stringMatching(/^[a-z]{1,6}(\/[a-z]{1,6}){0,2}\.yaml$/);
const interval = fc
  .tuple(fc.integer({ min: 5, max: 500 }), fc.constantFrom("s", "m", "h"))
  .map(([n, unit]) => `${n}${unit}`);
const uniqueOf = <T>(item: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.uniqueArray(item, { maxLength: 4 });

const revision = fc.oneof(
  fc.record({ branch: fc.stringMatching(/^[a-z]{1,8}(\/[a-z0-9]{1,8})?$/) }),
  fc.record({ tag: fc.stringMatching(/^v[0-9]\.[0-9]{1,3}$/) }),
  fc.record({ commit: fc.stringMatching(/^[0-9a-fA-F]{40}$/) }),
);

const spec = fc.record(
  {
    suspend: fc.boolean(),
    state: fc.constantFrom("Running", "Stopped"),
    source: fc.record(
      {
        repoURL: fc
          .tuple(fc.constantFrom("https", "http", "git"), label, file)
          .map(([s, h, p]) => `${s}://${h}.example/${p}`),
        revision,
        path: file,
        interval,
      },
      { requiredKeys: ["repoURL"] },
    ),
    compose: fc.record(
      {
        projectName: fc.stringMatching(/^[a-z0-9][a-z0-9_-]{0,8}$/),
        overrides: uniqueOf(file),
        profiles: uniqueOf(label),
        env: fc.uniqueArray(
          fc.record(
            { name: variable, value: fc.string(), inject: fc.boolean() },
            { requiredKeys: ["name", "value"] },
          ),
          { selector: ({ name }) => name, maxLength: 4 },
        ),
        envFiles: uniqueOf(file),
        allowUnset: uniqueOf(variable),
        pull: fc.constantFrom("missing", "always", "never"),
        build: fc.boolean(),
        adopt: fc.boolean(),
      },
      { requiredKeys: [] },
    ),
    sync: fc.record(
      { automated: fc.boolean(), selfHeal: fc.boolean(), prune: fc.boolean(), timeout: interval },
      { requiredKeys: [] },
    ),
    deletionPolicy: fc.constantFrom("Delete", "DeleteVolumes", "Orphan"),
  },
  { requiredKeys: ["source"] },
);

const manifest = fc.record({
  apiVersion: fc.constant("conops.dev/v1alpha1"),
  kind: fc.constant("Application"),
  metadata: fc.record(
    {
      name: label,
      labels: fc.dictionary(label, label, { noNullPrototype: true }),
      annotations: fc.dictionary(label, fc.string(), { noNullPrototype: true }),
    },
    { requiredKeys: ["name"] },
  ),
  spec,
});

/** What can turn one thing of YAML into another. */
const scrap = fc.oneof(
  fc.constantFrom(
    "\n",
    " ",
    "  ",
    "\t",
    ":",
    ": ",
    "- ",
    "#",
    "---\n",
    "...\n",
    "[",
    "]",
    "{",
    "}",
    '"',
    "'",
    "|",
    ">",
  ),
  fc.constantFrom(
    "&a ",
    "*a",
    "!x ",
    "!!str ",
    "<<: ",
    "? ",
    ",",
    "%YAML 1.1\n",
    "null",
    "~",
    "1e9",
    "\0",
    "\ufeff",
    "\r",
  ),
  fc.string({ maxLength: 5 }),
);

function parse(content: string | Uint8Array): readonly ParsedDocument[] {
  const bytes = typeof content === "string" ? Buffer.from(content) : content;
  return parseManifests("a.yaml", bytes, { allowFileRepos: false }).documents;
}

/** What must hold of any file at all. */
function requireSound(documents: readonly ParsedDocument[]): void {
  expect(documents.map(({ document }) => document)).to.deep.equal(documents.map((_, index) => index));
  expect(documents.length).to.be.greaterThan(0);
  const names = documents.flatMap((document) => (document.kind === "resource" ? document.resource.name : []));
  expect(new Set(names).size).to.equal(names.length);
  for (const document of documents) {
    if (document.kind === "invalid") {
      expect(document.faults.length).to.be.within(1, 20);
      expect(document).not.to.have.property("resource");
      for (const { line, column, message } of document.faults) {
        expect(line === 0 ? column === 0 : line > 0 && column > 0).to.equal(true);
        expect(message).not.to.match(/[\n\r]/);
      }
    } else {
      expect(document).not.to.have.property("faults");
    }
  }
}

/** Any value in place of one that stands somewhere in `value`. */
function replaceAt(value: unknown, choice: number, replacement: unknown): unknown {
  let left = choice;
  const visit = (at: unknown): unknown => {
    if (left-- === 0) return replacement;
    if (Array.isArray(at)) return at.map(visit);
    if (typeof at !== "object" || at === null) return at;
    return Object.fromEntries(Object.entries(at).map(([key, child]) => [key, visit(child)]));
  };
  return visit(value);
}

describe("parseManifests() of random manifests", () => {
  it("gives back every valid manifest as it was written, as YAML and as JSON", () => {
    fc.assert(
      fc.property(manifest, (written) => {
        for (const text of [stringify(written), JSON.stringify(written)]) {
          const [document, ...others] = parse(text);
          const resource = document?.kind === "resource" ? document.resource : undefined;
          const application = resource?.kind === "Application" ? resource : undefined;

          expect(others).to.deep.equal([]);
          expect(application?.manifest ?? document).to.deep.equal(written);
          expect(application?.writtenSpecHash).to.equal(hashOf(written.spec));
        }
      }),
      { numRuns: RUNS },
    );
  });

  it("reads its own output as the same Application", () => {
    fc.assert(
      fc.property(manifest, (written) => {
        const [first] = parse(stringify(written));
        const [second] = parse(first?.kind === "resource" ? stringify(first.resource.manifest) : "");

        expect(first?.kind).to.equal("resource");
        expect(second).to.deep.equal(first);
      }),
      { numRuns: RUNS },
    );
  });

  it("never throws, and never gives both an Application and a fault, whatever is changed in the text", () => {
    const edits = fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(12), scrap), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(manifest, edits, (written, changes) => {
        let text = stringify(written);
        for (const [where, removed, added] of changes) {
          const at = Math.floor(where * text.length);
          text = text.slice(0, at) + added + text.slice(at + removed);
        }

        requireSound(parse(text));
      }),
      { numRuns: RUNS },
    );
  });

  it("never throws on any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => requireSound(parse(bytes))),
      { numRuns: RUNS },
    );
    fc.assert(
      fc.property(fc.array(scrap, { maxLength: 40 }), (scraps) => requireSound(parse(scraps.join("")))),
      { numRuns: RUNS },
    );
  });

  it("takes as valid only what it gives back unchanged, whatever value stands in place of another", () => {
    fc.assert(
      fc.property(manifest, fc.nat(30), fc.jsonValue({ maxDepth: 2 }), (written, choice, value) => {
        const changed = replaceAt(written, choice, value);
        const documents = parse(JSON.stringify(changed));
        const [document] = documents;

        requireSound(documents);
        if (document?.kind === "resource") {
          // JSON knows no difference between 0 and -0.
          expect(hashOf(document.resource.manifest)).to.equal(hashOf(changed));
        }
      }),
      { numRuns: RUNS },
    );
  });
}).timeout(20_000);
