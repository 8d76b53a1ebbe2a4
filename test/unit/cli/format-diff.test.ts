import { expect } from "chai";
import type { ApplicationDiff, Change, ChangeReason } from "../../../controller/api/diff.ts";
import { formatDiff } from "../../../controller/cli/format-diff.ts";
import { createTransient } from "../../../controller/cli/progress.ts";
import { createFakeClock } from "../../support/fake-clock.ts";
import { createTestTerminal } from "./test-terminal.ts";

const [OLD, NEW] = ["6f1c2ab001".padEnd(40, "0"), "90fd3e17c2".padEnd(40, "0")];

function change(extra: Partial<Change>, ...reasons: readonly ChangeReason[]): Change {
  return { object: "service", name: "web", act: "recreate", reasons, text: "", ...extra };
}

function diff(extra: Partial<ApplicationDiff> = {}): ApplicationDiff {
  return {
    apiVersion: "conops.dev/v1alpha1",
    kind: "ApplicationDiff",
    metadata: { name: "shop" },
    project: "shop",
    from: { revision: OLD },
    to: { revision: NEW, subject: "Use the new web server" },
    differs: true,
    changes: [],
    notes: [],
    warnings: [],
    ...extra,
  };
}

const lines = (shown: ApplicationDiff, color = false): readonly string[] =>
  formatDiff(shown, createTestTerminal({ color })).split("\n");

describe("formatDiff()", () => {
  it("shows one line for each change, and below it why: images first, services last", () => {
    const changes = [
      change(
        { containers: ["a", "b"] },
        { cause: "Field", field: "image", from: "a", to: "b", text: 'image "a" → "b"' },
      ),
      change({ name: "old", act: "remove" }, { cause: "Orphan", text: 'there is no service "old"' }),
      change({ name: "db", perhaps: true }, { cause: "Image", text: "not known yet" }),
      change(
        { object: "image", name: "b", act: "pull" },
        { cause: "Missing", text: "it is not on this host" },
      ),
    ];

    expect(lines(diff({ changes, notes: ["a volume stays"] }))).to.deep.equal([
      'shop: 6f1c2ab001 → 90fd3e17c2 "Use the new web server"',
      '  > image "b" is pulled',
      "      it is not on this host",
      '  ~ service "web" is recreated (2 containers)',
      '      image "a" → "b"',
      '  - service "old" is removed',
      '      there is no service "old"',
      '  ~ service "db" may be recreated',
      "      not known yet",
      "  note: a volume stays",
      "",
    ]);
  });

  it("says so where nothing differs, and names one revision where it is the same", () => {
    expect(lines(diff({ to: { revision: OLD }, differs: false }))).to.deep.equal([
      "shop: 6f1c2ab001",
      "  no differences",
      "",
    ]);
  });

  it("says what is new where nothing was applied", () => {
    const { from: _from, ...first } = diff({ to: { revision: NEW } });

    expect(lines(first)[0]).to.equal("shop: nothing → 90fd3e17c2");
  });

  it("shows a value of several lines as lines that go and come, without those that stay", () => {
    const reason = { cause: "Field", field: "command", from: "a\nb\nc", to: "a\nB\nc", text: "" } as const;

    expect(lines(diff({ changes: [change({}, reason)] })).slice(2, 5)).to.deep.equal([
      "      command",
      "        - b",
      "        + B",
    ]);
  });

  it("prints no control character of a repository", () => {
    const evil = change({ name: "we\u001b[31mb" }, { cause: "Orphan", text: "x\u0007\r\ny" });

    const text = formatDiff(
      diff({ changes: [evil], to: { revision: NEW, subject: "\u001b]0;x\u0007" } }),
      createTestTerminal(),
    );

    // oxlint-disable-next-line no-control-regex -- the control characters are what this is about
    expect(/[\u0000-\u0009\u000b-\u001f]/.test(text)).to.equal(false);
  });

  it("paints marks and lines on a terminal", () => {
    expect(lines(diff({ changes: [change({ act: "create" })] }), true)[1]).to.include(
      "\u001b[32m+\u001b[39m service",
    );
  });
});

describe("createTransient()", () => {
  function setUp() {
    const shown: string[] = [];
    const clock = createFakeClock();
    const transient = createTransient({ transient: (text) => void shown.push(text) }, clock, 700);
    return { shown, clock, transient };
  }

  it("says nothing of what is quick", async () => {
    const { shown, clock, transient } = setUp();

    transient.say("a");
    await clock.advance(600);
    transient.clear();
    await clock.advance(600);

    expect(shown).to.deep.equal([]);
  });

  it("says what takes long, then what comes after it, and takes it away", async () => {
    const { shown, clock, transient } = setUp();

    transient.say("a");
    await clock.advance(700);
    transient.say("b");
    transient.clear();
    transient.say("c");
    transient.clear();

    expect(shown).to.deep.equal(["a ...", "b ...", ""]);
  });
});
