import { expect } from "chai";
import type { ReceiverDocument, SecretDocument } from "../../../controller/api/status.ts";
import { describeResources } from "../../../controller/cli/describe.ts";
import { CommandError, UsageError } from "../../../controller/cli/errors.ts";
import { getResources, watchResources } from "../../../controller/cli/get.ts";
import type { GetOptions } from "../../../controller/cli/get.ts";
import { parseGoal } from "../../../controller/cli/goal.ts";
import { validate } from "../../../controller/cli/validate.ts";
import { waitFor } from "../../../controller/cli/wait.ts";
import { hashOf } from "../../../controller/lib/hash.ts";
import { createFakeClock } from "../../support/fake-clock.ts";
import {
  condition,
  createFixtureFolder,
  manifest,
  NOW,
  statusDocument,
  statusFile,
} from "./fixture-folder.ts";
import type { FixtureFolder } from "./fixture-folder.ts";
import { createTestTerminal, type TestTerminal } from "./test-terminal.ts";

/** Stands for whatever a Secret holds: nothing that is printed may have it in it. */
const MARKER = "geheim";
const SEALED = "conops-v1.3f9a1c2b.20251231T000000Z.AAAA";
const HEAD = "apiVersion: conops.dev/v1alpha1\n";
const HOOK_SPEC = { type: "github", secretRef: { name: "hook" }, matchRepository: true };

const secretDocument = (name: string, status: Partial<SecretDocument["status"]> = {}): SecretDocument => ({
  apiVersion: "conops.dev/v1alpha1",
  kind: "Secret",
  metadata: { name, uid: `uid-of-${name}`, generation: 2, creationTimestamp: "2025-12-30T00:00:00Z" },
  status: {
    observedGeneration: 2,
    type: "Opaque",
    fields: [{ name: "pin" }, { name: "token", keyID: "3f9a1c2b", sealedAt: "2025-12-31T00:00:00Z" }],
    usedBy: ["Application/shop", "Receiver/github"],
    conditions: [
      condition({ observedGeneration: 2, reason: "Usable", message: "every field can be read" }),
      condition({
        type: "Encrypted",
        status: "False",
        observedGeneration: 2,
        reason: "NoEncryptionKey",
        message: "no key",
      }),
    ],
    ...status,
  },
});

const receiverDocument: ReceiverDocument = {
  apiVersion: "conops.dev/v1alpha1",
  kind: "Receiver",
  metadata: { name: "github", generation: 1, creationTimestamp: "2025-12-30T00:00:00Z" },
  status: {
    observedGeneration: 1,
    observedSpecHash: hashOf(HOOK_SPEC),
    path: "/hooks/github",
    conditions: [condition({ reason: "Listening", message: "takes deliveries at /hooks/github" })],
  },
};

const SHOP_SECRET =
  `${HEAD}kind: Secret\nmetadata:\n  name: shop\n  labels: {team: web}\n  annotations:\n` +
  `    kubectl.kubernetes.io/last-applied-configuration: '{"stringData": {"pin": "${MARKER}"}}'\n` +
  `stringData: {pin: ${MARKER}}\nsealedData:\n  token: ${SEALED}\n`;

describe("the commands, of several kinds", () => {
  let folder: FixtureFolder;
  let terminal: TestTerminal;

  before(async () => {
    folder = await createFixtureFolder({
      "shop.yaml": `${manifest("shop")}---\n${SHOP_SECRET}`,
      "shop.status.yaml": statusFile(statusDocument("shop"), secretDocument("shop")),
      "new.yaml": `${HEAD}kind: Secret\nmetadata: {name: new}\ntype: kubernetes.io/basic-auth\nstringData: {username: ${MARKER}, password: ${MARKER}}\n`,
      "hook.yaml": `${HEAD}kind: Receiver\nmetadata: {name: github}\nspec: {type: github, secretRef: {name: hook}, matchRepository: true}\n`,
      "hook.status.yaml": statusFile(receiverDocument),
      "bad.yaml": `${HEAD}kind: Secret\nmetadata: {name: bad}\ntoken: ${MARKER}\nstringData: {a: [${MARKER}]}\n`,
      "broken.yaml": `stringData: {token: "${MARKER}\nkind: Secret\n`,
      "tagged.yaml": `${HEAD}kind: Secret\nmetadata: {name: tagged}\nstringData: {token: !${MARKER} x}\n`,
      "gone.status.yaml": statusFile(secretDocument("gone")),
    });
  });
  beforeEach(() => {
    terminal = createTestTerminal();
  });
  after(() => folder.cleanUp());

  const context = () => ({
    terminal,
    clock: createFakeClock(NOW),
    manifestsDir: folder.dir,
    dataDir: "/nowhere",
  });
  async function get(words: string, options: Partial<GetOptions> = {}): Promise<string> {
    const all = { output: "table", headers: true, ...options } as const;
    await getResources(context(), { ...all, words: words.split(" ") });
    return terminal.printed().out;
  }

  it("get shows Secrets in the columns of their own, also what is new, wrong or gone", async () => {
    expect(await get("secrets")).to.equal(
      [
        "NAME            READY   TYPE                       ENCRYPTED   FIELDS              AGE",
        "bad             False",
        "broken.yaml#0   False",
        "gone            True    Opaque                     False       pin,token           2d",
        "new                     kubernetes.io/basic-auth               password,username",
        "shop            True    Opaque                     False       pin,token           2d",
        "tagged          False",
        "",
      ].join("\n"),
    );
  });

  it("get shows Receivers, wide", async () => {
    expect(await get("rcv", { output: "wide" })).to.equal(
      [
        "NAME            READY   TYPE     PATH            AGE   REASON            MESSAGE",
        'broken.yaml#0   False                                  InvalidManifest   is not YAML: Missing closing "quote',
        "github          True    github   /hooks/github   2d    Listening         takes deliveries at /hooks/github",
        "",
      ].join("\n"),
    );
  });

  it("get shows all kinds, a table for each, with names that other commands take", async () => {
    expect(await get("all", { matches: (labels) => Object.keys(labels).length === 0 })).to.equal(
      [
        "NAME                        READY   PHASE    SYNC     HEALTH    REVISION     AGE",
        "application/broken.yaml#0   False   Error",
        "application/shop            True    Synced   Synced   Healthy   0123456789   2d",
        "",
        "NAME            READY   TYPE                       ENCRYPTED   FIELDS              AGE",
        "secret/bad      False",
        "secret/gone     True    Opaque                     False       pin,token           2d",
        "secret/new              kubernetes.io/basic-auth               password,username",
        "secret/tagged   False",
        "",
        "NAME              READY   TYPE     PATH            AGE",
        "receiver/github   True    github   /hooks/github   2d",
        "",
      ].join("\n"),
    );
  });

  it("get prints a Secret without its values, and sealed ones as they are", async () => {
    const out = await get("secret shop", { output: "yaml" });

    expect(out).to.include(
      [
        "apiVersion: conops.dev/v1alpha1",
        "kind: Secret",
        "metadata:",
        "  name: shop",
        "  labels:",
        "    team: web",
        "  annotations:",
        '    kubectl.kubernetes.io/last-applied-configuration: "***"',
        "  uid: uid-of-shop",
        "  generation: 2",
        "  creationTimestamp: 2025-12-30T00:00:00Z",
        "stringData:",
        '  pin: "***"',
        "sealedData:",
        `  token: ${SEALED}`,
        "status:",
        "  observedGeneration: 2",
        "  type: Opaque",
        "",
      ].join("\n"),
    );
  });

  it("get prints lists of one kind and of several", async () => {
    const one = JSON.parse(await get("secrets", { output: "json" })) as {
      kind: string;
      items: { kind: string }[];
    };
    terminal = createTestTerminal();
    const all = JSON.parse(await get("all", { output: "json" })) as {
      kind: string;
      items: { kind: string }[];
    };

    expect(one.kind).to.equal("SecretList");
    expect(all.kind).to.equal("List");
    expect(all.items.map(({ kind }) => kind)).to.deep.equal([
      "Application",
      "Application",
      "Secret",
      "Secret",
      "Secret",
      "Secret",
      "Secret",
      "Receiver",
    ]);
  });

  it("get prints full names", async () => {
    expect(await get("secret/shop receiver/github shop", { output: "name" })).to.equal(
      "secret.conops.dev/shop\nreceiver.conops.dev/github\napplication.conops.dev/shop\n",
    );
  });

  it("get names the kind of what is not there", async () => {
    const error = await get("secret shpo").catch((thrown: unknown) => thrown);

    expect(error).to.be.instanceOf(CommandError);
    expect((error as Error).message).to.equal(
      `No Secret "shpo" in ${JSON.stringify(folder.dir)}. Did you mean "shop"?`,
    );
  });

  it("get names what has that name among the other kinds", async () => {
    const error = await get("github").catch((thrown: unknown) => thrown);

    expect((error as Error).message).to.equal(
      `No Application "github" in ${JSON.stringify(folder.dir)}. Did you mean "receiver/github"?`,
    );
  });

  it("get names the kinds of which there are none", async () => {
    await get("secrets,receivers", { matches: () => false });

    expect(terminal.printed().err).to.equal(
      `No Secrets or Receivers with these labels in ${JSON.stringify(folder.dir)}.\n`,
    );
  });

  it("describe tells names, keys and ages of a Secret's fields, and who uses it", async () => {
    await describeResources(context(), ["secret", "shop"]);

    expect(terminal.printed().out).to.equal(
      `Name:          shop
Kind:          Secret
Labels:        team=web
Manifest:      shop.yaml, document 2
Status file:   shop.status.yaml
UID:           uid-of-shop
Generation:    2
Type:          Opaque
Fields:
  NAME    KEY                AGE
  pin     none: plain text
  token   3f9a1c2b           24h
Used by:       application/shop
               receiver/github
Conditions:
  TYPE        STATUS   REASON            AGE   MESSAGE
  Ready       True     Usable            60m   every field can be read
  Encrypted   False    NoEncryptionKey   60m   no key
`,
    );
  });

  it("describe tells of a Secret that nobody has looked at yet, and of one that is wrong", async () => {
    await describeResources(context(), ["secret/new", "secret/bad"]);

    expect(terminal.printed().out).to.equal(
      `Name:          new
Kind:          Secret
Manifest:      new.yaml, document 1
Status file:   none yet
Note:          no status yet
Type:          kubernetes.io/basic-auth
Fields:
  NAME
  password
  username

Name:          bad
Kind:          Secret
Manifest:      bad.yaml, document 1
Status file:   none yet
Faults:        bad.yaml:4:1: unknown field; known here: apiVersion, kind, metadata, type, stringData, data, sealedData
               bad.yaml:5:17: stringData.a: must be a string, not a list
`,
    );
  });

  it("describe tells where deliveries for a Receiver go", async () => {
    await describeResources(context(), ["receivers", "github"]);

    expect(terminal.printed().out).to.equal(
      `Name:          github
Kind:          Receiver
Manifest:      hook.yaml, document 1
Status file:   hook.status.yaml
Generation:    1
Spec:
  type: github
  secretRef:
    name: hook
  matchRepository: true
Path:          /hooks/github
Conditions:
  TYPE    STATUS   REASON      AGE   MESSAGE
  Ready   True     Listening   60m   takes deliveries at /hooks/github
`,
    );
  });

  it("validate checks every kind", async () => {
    const isValid = await validate(terminal, { paths: [folder.dir], allowFileRepos: false });

    expect(isValid).to.equal(false);
    expect(terminal.printed().out.trimEnd().split("\n").at(-1)).to.equal(
      "6 files: 1 valid Application, 2 valid Secrets, 1 valid Receiver, 4 faults",
    );
  });

  it("wait waits for conditions of every kind, and for phases of Applications alone", async () => {
    await waitFor(context(), {
      words: ["rcv/github", "secret/shop"],
      goal: parseGoal("Ready"),
      timeoutMs: 1000,
    });
    const out = terminal.printed().out;
    const waiting = waitFor(context(), {
      words: ["secret/shop"],
      goal: parseGoal("phase=Synced"),
      timeoutMs: 1000,
    });

    expect(out).to.equal(
      "receiver/github: Ready is True (Listening): takes deliveries at /hooks/github\n" +
        "secret/shop: Ready is True (Usable): every field can be read\n",
    );
    expect(await waiting.catch((thrown: unknown) => thrown)).to.be.instanceOf(UsageError);
  });

  it("none of them prints a value of a Secret, whatever it is asked", async () => {
    for (const words of [
      "all",
      "secrets",
      "secrets,apps",
      "secret/shop secret/bad secret/new",
      "broken.yaml#0",
    ]) {
      for (const output of ["table", "wide", "json", "yaml", "name"] as const) await get(words, { output });
    }
    await describeResources(context(), ["all"]);
    await validate(terminal, { paths: [folder.dir], allowFileRepos: false });
    for (const file of ["shop", "new", "bad", "broken", "tagged"]) {
      await validate(terminal, { paths: [`${folder.dir}/${file}.yaml`], allowFileRepos: false });
    }
    for (const name of ["shop", "bad", "tagged"]) {
      const goal = parseGoal("Ready=Unknown");
      await waitFor(context(), { words: [`secret/${name}`], goal, timeoutMs: 0 }).catch((error: unknown) => {
        terminal.err(String(error));
      });
    }
    const { out, err } = terminal.printed();

    expect(out.length).to.be.greaterThan(10_000);
    expect(out + err).not.to.match(/geh|heim/);
    expect(out + err).not.to.include(Buffer.from(MARKER).toString("base64"));
  });

  for (const output of ["table", "json", "yaml", "name"] as const) {
    it(`nor does get -w -o ${output}, of what is edited while it looks`, async function () {
      this.timeout(60_000); // it reads real files, on a machine that may be busy
      const edited = await createFixtureFolder({ "shop.yaml": SHOP_SECRET });
      const clock = createFakeClock(NOW);
      const watching = watchResources(
        { terminal, clock, manifestsDir: edited.dir, dataDir: "/nowhere" },
        { words: ["all"], output, headers: true },
      );
      let end: unknown;
      watching.catch((error: unknown) => (end = error));
      const until = async (holds: () => boolean): Promise<void> => {
        for (let rounds = 0; !holds(); rounds++) {
          if (rounds > 4000) throw new Error(`in vain; it printed ${JSON.stringify(terminal.printed())}`);
          await clock.advance(300);
          await new Promise((resolve) => setTimeout(resolve, 10));
        }
      };
      const printed = (text: string): Promise<void> =>
        until(() => (terminal.printed().out + terminal.printed().err).includes(text));
      await printed("shop");
      await edited.write("shop.yaml", SHOP_SECRET.replace("shop", "web"));
      await printed("secret/shop is deleted.");
      await edited.write("shop.yaml", `${SHOP_SECRET}stringDta: !${MARKER} "${MARKER}\n`);
      await printed("secret/web is deleted.");
      await edited.cleanUp();
      await until(() => end !== undefined);
      const { out, err } = terminal.printed();

      expect(end).to.be.instanceOf(CommandError);
      expect(out + err).not.to.match(/geh|heim/);
    });
  }
});
