import { expect } from "chai";
import { UsageError } from "../../../controller/cli/errors.ts";
import { parseSelection } from "../../../controller/cli/selection.ts";

describe("parseSelection()", () => {
  const cases: readonly (readonly [words: string, kinds: string, names: string | undefined])[] = [
    ["", "Application", undefined],
    ["apps", "Application", undefined],
    ["Secrets", "Secret", undefined],
    ["sec", "Secret", undefined],
    ["receivers.conops.dev", "Receiver", undefined],
    ["rcv,apps", "Application Receiver", undefined],
    ["all", "Application Secret Receiver", undefined],
    ["shop web shop", "Application", "Application/shop Application/web"],
    ["app shop", "Application", "Application/shop"],
    ["app app", "Application", "Application/app"],
    ["secret shop db", "Secret", "Secret/shop Secret/db"],
    ["secrets,receivers hook", "Secret Receiver", "Secret/hook Receiver/hook"],
    ["all shop", "Application Secret Receiver", "Application/shop Secret/shop Receiver/shop"],
    ["secret/shop app/shop shop", "Application Secret", "Secret/shop Application/shop"],
    ["secret.conops.dev/shop", "Secret", "Secret/shop"],
    ["app/secrets", "Application", "Application/secrets"],
    ["secrets app/shop", "Application", "Application/shop"],
    ["secerts", "Application", "Application/secerts"],
    ["apps/shop.yaml#0", "Application", "Application/apps/shop.yaml#0"],
    ["application.conops.dev/apps/shop.yaml#0", "Application", "Application/apps/shop.yaml#0"],
  ];
  for (const [words, kinds, names] of cases) {
    it(`reads "${words}"`, () => {
      const selection = parseSelection(words === "" ? [] : words.split(" "));

      expect(selection.kinds.join(" ")).to.equal(kinds);
      expect(selection.names?.map(({ kind, name }) => `${kind}/${name}`).join(" ")).to.equal(names);
    });
  }

  it("refuses a kind that nobody knows, with the one that was meant", () => {
    expect(() => parseSelection(["secert/shop"])).to.throw(
      UsageError,
      'Cannot read "secert/shop": there is no kind "secert". Did you mean "secret"?',
    );
  });
});
