import { expect } from "chai";
import { interpolate } from "../../../controller/compose/interpolation.ts";
import { parseDotenv } from "../../../controller/compose/dotenv.ts";
import { createSandbox, IMAGE, type Sandbox, variable } from "./sandbox.ts";

const DOTENV = String.raw`
# comment
PLAIN=one
SPACED = two words   # comment
HASH=a#b
EMPTY=
SINGLE='$PLAIN \n # x'
DOUBLE="a ${"${PLAIN}"} \"q\" \$PLAIN"
export EXPORTED=yes
COLON: value
COMBINED=${"${PLAIN}"}-${"${OUTER}"}
OUTER=file
DEFAULTED=${"${NONE:-fallback}"}
LINES="one
two"
`;
const NAMES =
  "PLAIN SPACED HASH EMPTY SINGLE DOUBLE EXPORTED COLON COMBINED OUTER DEFAULTED LINES NONE".split(" ");
const FORMS = [
  "$PLAIN/$EMPTY/$NONE",
  "${EMPTY:-d}|${EMPTY-d}|${NONE-d}|${NONE:-}",
  "${NONE:-${OUTER}}${NONE:-${ALSO:-${PLAIN}!}}?",
  "${PLAIN:+yes}${EMPTY:+no}${EMPTY+yes}${NONE+no}",
  "$$PLAIN $${PLAIN}",
  "${PLAIN:?error} ${EMPTY?error}",
];

describe("ConOps's own reading of variables", () => {
  let sandbox: Sandbox;
  beforeEach(() => (sandbox = createSandbox()));
  afterEach(() => sandbox.remove());

  it("agrees with Compose's", async () => {
    const texts = [...NAMES.map((name) => `\${${name}}`), ...FORMS];
    sandbox.write({
      ".env": DOTENV,
      "compose.yaml": JSON.stringify({ services: { a: { image: IMAGE, command: texts } } }),
    });
    const outer = (name: string): string | undefined => (name === "OUTER" ? "manifest" : undefined);
    const dotenv = parseDotenv(DOTENV, outer);
    const own = texts.map((text) => interpolate(text, (name) => outer(name) ?? dotenv.get(name)).text);

    const { project } = await sandbox.render({ env: [variable("OUTER", "manifest")] });

    const theirs = project.services["a"]?.["command"] as readonly string[] | undefined;
    expect(own).to.deep.equal(theirs?.map((text) => text.replaceAll("$$", "$")));
  });
});
