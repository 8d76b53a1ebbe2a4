import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import type { ApplicationStatus, HistoryEntry } from "../../../controller/api/status.ts";
import type { CommandContext } from "../../../controller/cli/context.ts";
import { CommandError, UsageError } from "../../../controller/cli/errors.ts";
import { rollback, type RollbackOptions } from "../../../controller/cli/rollback.ts";
import { chooseRevision } from "../../../controller/cli/rollback-choice.ts";
import { systemClock } from "../../../controller/lib/clock.ts";
import {
  createFixtureFolder,
  NOW,
  statusDocument,
  statusFile,
  type FixtureFolder,
} from "./fixture-folder.ts";
import { createTestTerminal, type TestTerminal } from "./test-terminal.ts";

const [A, B, C, D] = ["a1b2c3", "b1", "c1", "a1b9"].map((start) => start.padEnd(40, "0")) as [
  string,
  string,
  string,
  string,
];

function entry(revision: string, patch: Partial<HistoryEntry> = {}): HistoryEntry {
  const at = "2025-12-31T22:00:00Z";
  return {
    revision,
    startedAt: at,
    finishedAt: at,
    result: "Succeeded",
    trigger: "NewRevision",
    reason: "Synced",
    durationSeconds: 1,
    ...patch,
  };
}
const failed = { result: "Failed", reason: "HealthGateFailed: it fell over" } as const;
const healed = { trigger: "Drift" } as const;

function status(
  history: readonly HistoryEntry[],
  { applied, attempted }: { readonly applied?: string; readonly attempted?: string } = {},
): ApplicationStatus {
  const target = (revision: string) => ({ revision, specHash: "s" });
  return statusDocument("shop", {
    history,
    sync: {
      status: "Synced",
      ...(applied !== undefined && { applied: target(applied) }),
      ...(attempted !== undefined && { attempted: target(attempted) }),
    },
  }).status;
}

describe("chooseRevision()", () => {
  const cases: readonly (readonly [string, ApplicationStatus, string | undefined, string])[] = [
    [
      "the healthy one before the applied one",
      status([entry(C), entry(B), entry(A)], { applied: C }),
      undefined,
      B,
    ],
    [
      "past what failed, and past healings",
      status([entry(C), entry(B, failed), entry(B, healed), entry(A)], { applied: C }),
      undefined,
      A,
    ],
    [
      "the last healthy one where the applied one fails",
      status([entry(C, failed), entry(B), entry(A)], { applied: C }),
      undefined,
      B,
    ],
    [
      "further back, not forth, after a rollback",
      status([entry(B), entry(C), entry(B), entry(A)], { applied: B }),
      undefined,
      A,
    ],
    [
      "what runs, where something newer was rolled back",
      status(
        [entry(B, { result: "RolledBack", trigger: "Rollback" }), entry(C, failed), entry(B), entry(A)],
        {
          applied: B,
          attempted: C,
        },
      ),
      undefined,
      B,
    ],
    ["the one that is named", status([entry(C), entry(B), entry(A)], { applied: C }), "A1B2", A],
    ["one that nobody knows, by its whole id", status([], {}), "d".repeat(40), "d".repeat(40)],
    ["also one that failed", status([entry(C), entry(B, failed)], { applied: C }), "b100", B],
  ];
  for (const [name, seen, to, sha] of cases) {
    it(`takes ${name}`, () => {
      expect(chooseRevision("shop", seen, to).sha).to.equal(sha);
    });
  }

  const refusals: readonly (readonly [
    string,
    ApplicationStatus,
    string | undefined,
    RegExp,
    typeof CommandError | typeof UsageError,
  ])[] = [
    [
      "where nothing was healthy before",
      status([entry(C)], { applied: C }),
      undefined,
      /no healthy revision before c100000000.*--to/,
      CommandError,
    ],
    ["where nothing was ever applied", status([]), undefined, /knows no healthy revision\./, CommandError],
    ["what begins several", status([entry(A), entry(D)], {}), "a1b", /at least 4 digits/, UsageError],
    [
      "what may be several",
      status([entry(A), entry(D.replace("a1b9", "a1b2d").slice(0, 40))], {}),
      "a1b2",
      /may be any of a1b2c300, a1b2d000/,
      CommandError,
    ],
    [
      "a branch",
      status([entry(A)]),
      "main",
      /expected the id of a commit.*history of shop has a1b2c30000/,
      UsageError,
    ],
    [
      "what is not there, naming what is near",
      status([entry(A)]),
      "a1b2c4",
      /history of shop has a1b2c30000/,
      CommandError,
    ],
  ];
  for (const [name, seen, to, message, kind] of refusals) {
    it(`refuses ${name}`, () => {
      const choose = (): unknown => chooseRevision("shop", seen, to);

      expect(choose).to.throw(kind, message);
    });
  }
});

const WRITTEN = `# The shop.
apiVersion: conops.dev/v1alpha1
kind: Application
metadata: {name: shop}
spec:
  source:
    repoURL: https://git.example.com/shop.git
    revision:
      branch: "main" # what everybody works on
    path: deploy
`;

describe("conops rollback", () => {
  let folder: FixtureFolder;
  let terminal: TestTerminal;
  let context: CommandContext;

  beforeEach(async () => {
    terminal = createTestTerminal();
    folder = await createFixtureFolder({
      "shop.yaml": WRITTEN,
      "shop.status.yaml": statusFile(
        statusDocument("shop", {
          ...status([entry(C), entry(B, { specHash: "older", images: { web: "sha256:1111" } }), entry(A)], {
            applied: C,
          }),
          health: {
            status: "Healthy",
            services: [
              { name: "web", status: "Healthy", replicas: "1/1", image: "web:1", imageID: "sha256:2222" },
            ],
          },
        }),
      ),
    });
    context = {
      terminal,
      clock: { ...systemClock, now: () => NOW },
      manifestsDir: folder.dir,
      dataDir: "/nowhere",
    };
  });
  afterEach(() => folder.cleanUp());

  const run = (patch: Partial<RollbackOptions> = {}): Promise<void> =>
    rollback(context, {
      name: "shop",
      undo: false,
      dryRun: false,
      waitMs: undefined,
      output: "text",
      ...patch,
    });
  const text = (): Promise<string> => readFile(join(folder.dir, "shop.yaml"), "utf8");
  const fault = (work: Promise<void>): Promise<Error> =>
    work.then(
      () => new Error("done"),
      (error: Error) => error,
    );

  it("pins the commit in the lines that say what is followed, keeps what that was, and says what stays", async () => {
    await run();

    expect(await text()).to.equal(
      WRITTEN.replace('branch: "main"', `commit: "${B}"`).replace(
        "metadata: {name: shop}",
        String.raw`metadata: {name: shop, annotations: {conops.dev/rolled-back-from: "branch=\"main\""}}`,
      ),
    );
    expect(terminal.printed().out).to.equal(
      [
        `shop: follows commit "${B}" instead of branch "main"`,
        "  spec: was edited since, and stays as it is now",
        "  image of web: was 1111, is 2222; what the name in the commit stands for is used",
        "  volumes: keep the data that is in them",
        "Undo it with: conops rollback shop --undo",
        "",
      ].join("\n"),
    );
    expect(terminal.printed().err).to.contain("no controller runs");
  });

  it("gives the very file back on --undo, also after several rollbacks", async () => {
    await run();
    await run({ to: A });
    expect(
      (parse(await text()) as { spec: { source: { revision: unknown } } }).spec.source.revision,
    ).to.deep.equal({
      commit: A,
    });
    await run({ undo: true });

    expect(await text()).to.equal(WRITTEN);
    expect(terminal.printed().out).to.contain('follows branch "main" instead of commit');
  });

  for (const revision of ["{branch: main}", "{semver: '>=1.0 <2'}", "{tag: v1} # pinned", "{commit: A}"]) {
    it(`gives "revision: ${revision}" back as it was written`, async () => {
      const written = WRITTEN.replace(
        /revision:\n.*\n/,
        `revision: ${revision.replace("A", "c".repeat(40))}\n`,
      );
      await folder.write("shop.yaml", written);

      await run();
      await run({ undo: true });

      expect(await text()).to.equal(written);
    });
  }

  it("gives a manifest without a revision back as it was", async () => {
    const without = WRITTEN.replace(/ {4}revision:\n.*\n/, "");
    await folder.write("shop.yaml", without);
    await run();
    expect(await text()).to.contain(`commit: ${B}`);
    expect(terminal.printed().out).to.contain("instead of the HEAD of the remote");

    await run({ undo: true });

    expect(await text()).to.equal(without);
  });

  it("keeps other annotations, and refuses to undo what was edited since", async () => {
    const annotated = WRITTEN.replace("{name: shop}", "{name: shop, annotations: {why: because}}");
    await folder.write("shop.yaml", annotated);
    await run();
    await run({ undo: true });
    expect(await text()).to.equal(annotated);

    expect((await fault(run({ undo: true }))).message).to.match(
      /^Cannot undo the rollback of shop: .*was not rolled back$/,
    );
    await run();
    await folder.write("shop.yaml", (await text()).replace(`commit: "${B}"`, "tag: v1"));
    expect((await fault(run({ undo: true }))).message).to.contain("was edited since the rollback");
  });

  it("edits nothing on --dry-run, and shows the lines", async () => {
    await run({ dryRun: true });

    expect(await text()).to.equal(WRITTEN);
    expect(terminal.printed().out).to.contain("would follow commit").and.contain(`+      commit: "${B}"`);
    expect(terminal.printed().out).to.contain('-      branch: "main"');
  });

  it("does nothing twice", async () => {
    await run();
    const once = await text();
    await run({ to: B });

    expect(await text()).to.equal(once);
    expect(terminal.printed().out).to.contain("already");
  });

  it("says it in JSON", async () => {
    await run({ output: "json" });

    const said = JSON.parse(terminal.printed().out) as Record<string, unknown>;
    expect({ ...said, stays: undefined }).to.deep.equal({
      name: "shop",
      file: "shop.yaml",
      from: 'branch "main"',
      to: `commit "${B}"`,
      changed: true,
      dryRun: false,
      stays: undefined,
    });
  });

  it("touches no manifest that is not valid, or would not be afterwards", async () => {
    const wrong = WRITTEN.replace("repoURL", "repoUrl");
    await folder.write("shop.yaml", wrong);
    expect((await fault(run())).message).to.contain("its manifest is not valid");
    expect(await text()).to.equal(wrong);

    const signed = WRITTEN.replace(/branch: .*\n/, "tag: v1\n").replace(
      "    path: deploy",
      "    path: deploy\n    verify: {mode: Tag, secretRef: {name: signers}}",
    );
    await folder.write("shop.yaml", signed);
    expect((await fault(run())).message).to.contain("would not be valid afterwards");
    expect(await text()).to.equal(signed);
  });

  it("warns of what waits for a person, and of a commit that failed before", async () => {
    await folder.write("shop.yaml", `${WRITTEN}  suspend: true\n`);
    await run();
    expect(terminal.printed().err).to.contain("shop is suspended: this takes effect with suspend: false");

    await folder.write(
      "shop.status.yaml",
      statusFile(statusDocument("shop", status([entry(C), entry(A, failed)], { applied: C }))),
    );
    await run({ to: A });
    expect(terminal.printed().err).to.contain(
      "a1b2c30000 failed here before: HealthGateFailed: it fell over",
    );
  });

  it("knows no name that nobody declares", async () => {
    expect((await fault(run({ name: "shp" }))).message).to.contain('Did you mean "shop"?');
  });
});
