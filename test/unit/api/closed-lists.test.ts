import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { DRIFT_KINDS } from "../../../controller/api/drift.ts";
import { REASONS } from "../../../controller/api/reasons.ts";
import { CONDITION_TYPES, PHASES, TRIGGERS } from "../../../controller/api/status.ts";
import { FAILPOINTS } from "../../../controller/lib/failpoint.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));

interface Row {
  readonly page: string;
  readonly heading: string;
  readonly name: string;
  readonly meaning: string;
}

/** Each row of each table of docs/ whose first cell is one word in code. */
function documented(): readonly Row[] {
  const rows: Row[] = [];
  for (const page of readdirSync(join(root, "docs")).filter((file) => file.endsWith(".md"))) {
    let heading = "";
    for (const line of readFileSync(join(root, "docs", page), "utf8").split("\n")) {
      if (line.startsWith("## ")) heading = line.slice(3);
      const [, name = "", meaning = ""] = /^\| `([A-Za-z-]+)` \|(.*)\|$/.exec(line) ?? [];
      if (name !== "") rows.push({ page, heading, name, meaning: meaning.replaceAll("|", "").trim() });
    }
  }
  return rows;
}

function sources(...without: readonly string[]): readonly { readonly path: string; readonly text: string }[] {
  return readdirSync(join(root, "controller"), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && !without.some((folder) => path.startsWith(folder)))
    .map((path) => ({ path, text: readFileSync(join(root, "controller", path), "utf8") }));
}

const lists: readonly (readonly [string, readonly string[], string, string])[] = [
  ["REASONS", REASONS, "status.md", "Reasons"],
  ["PHASES", PHASES, "status.md", "Phases"],
  ["CONDITION_TYPES", CONDITION_TYPES, "status.md", "Conditions"],
  ["TRIGGERS", TRIGGERS, "status.md", "Triggers"],
  ["DRIFT_KINDS", DRIFT_KINDS, "drift.md", "Kinds"],
  ["FAILPOINTS", FAILPOINTS, "testing.md", "Failpoints"],
];

describe("closed lists", () => {
  for (const [list, names, page, heading] of lists) {
    it(`${list} is the table "${heading}" of docs/${page}, in the same order, with a meaning for each`, () => {
      const rows = documented().filter((row) => row.page === page && row.heading === heading);

      expect(rows.map(({ name }) => name)).to.deep.equal([...names]);
      expect(rows.filter(({ meaning }) => meaning === "")).to.deep.equal([]);
      expect(documented().filter((row) => row.heading === heading).length).to.equal(names.length);
    });
  }

  it("every reason is given somewhere: by an error, a condition or a trigger", () => {
    const given = new Set<string>(TRIGGERS);
    const words = new Set<string>(REASONS);
    // `reason: "X"`, `unknown("X", …)`, and arguments named by type: a line that hands over a reason and nothing else.
    const places = [
      /reason: "(\w+)"/g,
      /reason = "(\w+)"/g,
      /unknown\("(\w+)"/g,
      /reason: [^,;{}]*\? "(\w+)" : "(\w+)"/g,
      /: Reason = [^;]*?"(\w+)"(?: : "(\w+)")?;/g,
      /(?:refuse|refusal|requireSuccess|fault|Fault|fail|error|Error|refused|violation)\w*\([^;]*?"([A-Z]\w+)"/g,
    ];
    for (const { text } of sources("api/", "cli/", "telemetry/")) {
      for (const place of places) {
        for (const match of text.matchAll(place))
          for (const name of match.slice(1)) if (name !== undefined && words.has(name)) given.add(name);
      }
    }

    expect(REASONS.filter((reason) => !given.has(reason))).to.deep.equal([]);
  });

  it("every phase, condition type and drift kind is given somewhere", () => {
    const text = sources("api/", "cli/", "telemetry/")
      .map((source) => source.text)
      .join("\n");
    const silent = [...PHASES, ...CONDITION_TYPES, ...DRIFT_KINDS].filter(
      (name) => !text.includes(`"${name}"`),
    );

    expect(silent).to.deep.equal([]);
  });

  it("every failpoint stands in exactly one place of the code", () => {
    const places = sources("lib/")
      .flatMap(({ text }) => [...text.matchAll(/failpoint\("([a-z-]+)"/g)])
      .map((match) => match[1] ?? "");

    expect(places.toSorted()).to.deep.equal([...FAILPOINTS].toSorted());
  });
});
