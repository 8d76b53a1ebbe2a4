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
AFTER="x" FOLLOWING=on # the same line
TAB=a	#b
ONLY=#c
QUOTED='it\'s'
ESCAPED="\x41 \057 \0057 \q \t."
1ST='x' NUMBERED=2
NEXT_LINE=v
export NOT_EXPORTED=v
WIDE= v 
`;
const NAMES = (
  "PLAIN SPACED HASH EMPTY SINGLE DOUBLE EXPORTED COLON COMBINED OUTER DEFAULTED LINES NONE " +
  "FOLLOWING TAB ONLY QUOTED ESCAPED NUMBERED NEXT_LINE NOT_EXPORTED WIDE"
).split(" ");
const FORMS = [
  "$PLAIN/$EMPTY/$NONE",
  "${EMPTY:-d}|${EMPTY-d}|${NONE-d}|${NONE:-}",
  "${NONE:-${OUTER}}${NONE:-${ALSO:-${PLAIN}!}}?",
  "${PLAIN:+yes}${EMPTY:+no}${EMPTY+yes}${NONE+no}",
  "$$PLAIN $${PLAIN}",
  "${PLAIN:?error} ${EMPTY?error}",
  "${OUTER\u017f:-p} $\u017f.",
  "${NONE:-{}/x}|${NONE:-a}}|${NONE:-$$}",
  "${NONE:-{}/x}",
  "/${NONE:-$${OUTER}",
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
