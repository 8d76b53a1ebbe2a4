import { expect } from "chai";
import { formatPretty } from "../../../controller/telemetry/pretty.ts";

describe("formatPretty()", () => {
  it("colours the level and dims what matters less, on a terminal", () => {
    const line = formatPretty(
      { at: 0, level: "warn", message: "reconcile failed", fields: { key: "shop" } },
      true,
    );

    const time = new Date(0).toTimeString().slice(0, 8);
    expect(line).to.equal(
      `\u001b[2m${time}\u001b[0m \u001b[33mwarn \u001b[0m reconcile failed  \u001b[2mkey=\u001b[0mshop`,
    );
  });

  it("lets no control character of a value through on a terminal either", () => {
    const fields = { a: "\u001b[2J", b: "one\n\u001b[2J" };

    const line = formatPretty({ at: 0, level: "info", message: "x", fields }, true);

    expect(line).not.to.contain("\u001b[2J");
  });
});
