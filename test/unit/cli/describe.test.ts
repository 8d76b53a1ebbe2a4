import { expect } from "chai";
import { describeResources } from "../../../controller/cli/describe.ts";
import { createFakeClock } from "../../support/fake-clock.ts";
import {
  COMMIT,
  condition,
  createFixtureFolder,
  manifest,
  NOW,
  SPEC,
  statusDocument,
  statusFile,
} from "./fixture-folder.ts";
import type { FixtureFolder } from "./fixture-folder.ts";
import { createTestTerminal } from "./test-terminal.ts";

const OTHER = "fedcba9876543210fedcba9876543210fedcba98";

describe("describeResources()", () => {
  let folder: FixtureFolder;

  before(async () => {
    const full = statusDocument("shop", {
      phase: "Degraded",
      sync: { ...statusDocument("shop").status.sync, attempted: { revision: OTHER, specHash: "hash" } },
      health: {
        status: "Degraded",
        services: [
          { name: "db", status: "Healthy", replicas: "1/1", image: "db:1" },
          {
            name: "web",
            status: "Degraded",
            replicas: "0/1",
            image: "shop:1",
            message: "exited\nwith \u001b[31m1",
          },
        ],
      },
      drift: [
        {
          service: "web",
          kind: "Exited",
          expected: "running",
          actual: "exited (1)",
          since: "2025-12-31T23:55:00Z",
        },
      ],
      adoption: { removes: ["container shop-old-1"], changes: ["service web", "service db"] },
      lastHandledRequests: { retry: "abc", sync: "def" },
      requestAnswers: { sync: "Refused: Suspended" },
      history: [
        {
          revision: OTHER,
          startedAt: "2025-12-31T23:00:00Z",
          finishedAt: "2025-12-31T23:59:00Z",
          result: "Failed",
          trigger: "NewRevision",
          reason: "HealthGateFailed",
          durationSeconds: 7,
          count: 3,
        },
        {
          revision: COMMIT,
          startedAt: "2025-12-31T22:00:00Z",
          finishedAt: "2025-12-31T22:00:10Z",
          result: "Succeeded",
          trigger: "NewRevision",
          reason: "Synced",
          durationSeconds: 10,
        },
      ],
      conditions: [
        condition({ status: "False", reason: "HealthGateFailed", message: "web exited with 1" }),
        condition({ type: "SourceReady", reason: "SourceReady", message: "" }),
      ],
    });
    folder = await createFixtureFolder({
      "apps/shop.yaml": manifest("shop", {
        labels: { team: "web", tier: "front" },
        spec: { ...SPEC, compose: { profiles: ["a", "b"], env: [{ name: "TAG", value: "1" }] } },
      }),
      "apps/shop.status.yaml": statusFile(full),
      "new.yaml": manifest("new"),
      "bad.yaml": manifest("bad", { spec: { source: { repoURL: "https://git.example.com/x", pth: "x" } } }),
    });
  });

  after(() => folder.cleanUp());

  async function describeThem(...words: string[]): Promise<string> {
    const terminal = createTestTerminal();
    const context = { terminal, clock: createFakeClock(NOW), manifestsDir: folder.dir, dataDir: "/nowhere" };
    await describeResources(context, words);
    return terminal.printed().out;
  }

  it("tells everything that is known", async () => {
    expect(await describeThem("shop")).to.equal(
      `Name:          shop
Labels:        team=web
               tier=front
Manifest:      apps/shop.yaml, document 1
Status file:   apps/shop.status.yaml
UID:           uid-of-shop
Generation:    1
Note:          the controller has not looked at the manifest as it is now
Spec:
  source:
    repoURL: https://git.example.com/shop.git
    path: deploy
  compose:
    profiles: a, b
    env:
      - name: TAG, value: 1
Phase:         Degraded
Sync:          Synced
  Applied:     ${COMMIT}
  Commit:      Sell more (Ann)
  Synced:      2025-12-31T22:00:00Z (120m ago), by NewRevision
  Attempted:   ${OTHER}
Source:        ${COMMIT} (refs/heads/main), since 2025-12-31T22:00:00Z (120m ago)
Health:        Degraded
Services:
  NAME   STATUS     REPLICAS   IMAGE    MESSAGE
  db     Healthy    1/1        db:1
  web    Degraded   0/1        shop:1   exited with 1
Drift:
  SERVICE   KIND     EXPECTED   ACTUAL       SINCE
  web       Exited   running    exited (1)   5m
Adoption removes: container shop-old-1
Adoption changes: service web
                  service db
Conditions:
  TYPE          STATUS   REASON             AGE   MESSAGE
  Ready         False    HealthGateFailed   60m   web exited with 1
  SourceReady   True     SourceReady        60m
History:
  AGO    REVISION     RESULT      TRIGGER       TOOK   REASON
  60s    fedcba9876   Failed      NewRevision   7s     HealthGateFailed (3 times)
  119m   0123456789   Succeeded   NewRevision   10s    Synced
Handled requests: retry abc
                  sync def Refused: Suspended
`,
    );
  });

  it("tells what a manifest that nobody has looked at says, and what is wrong with another", async () => {
    const text = await describeThem("new", "bad");

    expect(text).to.equal(
      `Name:          new
Manifest:      new.yaml, document 1
Status file:   none yet
Note:          no status yet
Spec:
  source:
    repoURL: https://git.example.com/shop.git
    path: deploy

Name:          bad
Manifest:      bad.yaml, document 1
Status file:   none yet
Faults:        bad.yaml:8:5: spec.source.pth: unknown field "pth", did you mean "path"?
`,
    );
  });
});
