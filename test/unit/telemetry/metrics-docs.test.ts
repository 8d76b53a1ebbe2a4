import { expect } from "chai";
import { readFileSync } from "node:fs";
import { createMetrics } from "../../../controller/telemetry/metrics.ts";

const page = readFileSync(new URL("../../../docs/metrics.md", import.meta.url), "utf8");

/** `name type label,label` of every row of the page's tables. */
function documented(): string[] {
  return page
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .map((line) => {
      const [name = "", type = "", labels = ""] = line
        .split("|")
        .slice(1)
        .map((cell) => cell.trim());
      return [name.replaceAll("`", ""), type, labels.replaceAll("`", "").split(/\s+/).join(",")]
        .join(" ")
        .trim();
    });
}

describe("docs/metrics.md", () => {
  it("lists every metric of the registry with its type and labels, and no other", () => {
    const registered = createMetrics()
      .describe()
      .map(({ name, type, labels }) => `${name} ${type} ${labels.join(",")}`.trim());

    expect(registered.length).to.be.greaterThan(25);
    expect(documented().toSorted()).to.deep.equal(registered.toSorted());
  });

  it("says what each metric means", () => {
    const silent = page.split("\n").filter((line) => line.startsWith("| `") && /\|\s*\|$/.test(line));

    expect(silent).to.deep.equal([]);
  });
});
