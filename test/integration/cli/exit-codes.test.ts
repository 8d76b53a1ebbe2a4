import { expect } from "chai";
import { createFixtureFolder, manifest } from "../../unit/cli/fixture-folder.ts";
import type { FixtureFolder } from "../../unit/cli/fixture-folder.ts";
import { runConops } from "./run-conops.ts";

const KEY = Buffer.alloc(32, 7).toString("base64");

describe("the exit codes of conops", function () {
  this.timeout(20_000);
  let folder: FixtureFolder;

  before(async () => {
    folder = await createFixtureFolder({
      "shop.yaml": manifest("shop"),
      "bad/bad.yaml": manifest("bad", { spec: {} }),
    });
  });

  after(() => folder.cleanUp());

  interface Case {
    readonly args: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
    readonly input?: string;
    readonly code: number;
    readonly out?: string;
    readonly err?: string;
  }
  const cases: readonly Case[] = [
    { args: ["--help"], code: 0, out: "A first Application, manifests/hello.yaml:" },
    { args: ["help", "wait"], code: 0, out: "conops wait shop --for Ready" },
    { args: ["--version"], code: 0, out: "conops " },
    { args: ["version", "-o", "json"], code: 0, out: '"version": ' },
    {
      args: ["get", "-o", "name"],
      code: 0,
      out: "application.conops.dev/bad\napplication.conops.dev/shop\n",
    },
    { args: ["get", "apps", "shop", "-o", "name"], code: 0, out: "application.conops.dev/shop\n" },
    { args: ["get", "shpo"], code: 1, err: 'Error: No Application "shpo" in ' },
    {
      args: ["get", "--manifests", "nowhere"],
      code: 1,
      err: "there is no such folder (--manifests names it)",
    },
    { args: ["describe", "shop"], code: 0, out: "Name:          shop\n" },
    { args: ["validate", "shop.yaml"], code: 0, out: "1 file: 1 valid Application\n" },
    { args: ["validate", "-"], input: manifest("x"), code: 0, out: "1 file: 1 valid Application\n" },
    { args: ["validate", "."], code: 1, out: "bad/bad.yaml:5:" },
    { args: ["validate", "nowhere.yaml"], code: 1, out: "nowhere.yaml: there is no such file or folder\n" },
    {
      args: ["wait", "shop", "--for", "Ready", "--timeout", "1ms"],
      code: 1,
      err: "Error: Timed out after 0s. shop: no status yet",
    },
    { args: ["wait", "never", "--for", "delete"], code: 0, out: "never: deleted\n" },
    { args: [], code: 2, err: "Usage: conops" },
    { args: ["gte"], code: 2, err: "error: unknown command 'gte'\n(Did you mean get?)" },
    { args: ["get", "--wat"], code: 2, err: "error: unknown option '--wat'" },
    { args: ["get", "-o", "xml"], code: 2, err: "Allowed choices are table, wide, json, yaml, name." },
    { args: ["describe"], code: 2, err: "error: missing required argument 'NAME'" },
    { args: ["wait", "shop"], code: 2, err: "error: required option '--for <what>' not specified" },
    {
      args: ["wait", "shop", "--for", "Redy"],
      code: 2,
      err: 'Error: Cannot wait for condition "Redy". Did you mean "Ready"?\n',
    },
    {
      args: ["sync", "shop", "--wait", "--timeout", "soon"],
      code: 2,
      err: 'Error: Cannot use "soon" for --timeout',
    },
    { args: ["confirm-deletion"], code: 2, err: "Error: Name the Applications to confirm, or use --all\n" },
    {
      args: ["get", "--manifests", ""],
      code: 2,
      err: 'Error: Cannot use "" for --manifests: expected a value\n',
    },
    {
      args: ["run", "--known-hosts", "/nowhere/known_hosts"],
      code: 2,
      err: 'Error: Cannot use "/nowhere/known_hosts" for --known-hosts: there is no such file',
    },
    {
      args: ["run"],
      env: { CONOPS_GIT_CA_FILE: "/etc/hostname" },
      code: 2,
      err: 'Error: Cannot use "/etc/hostname" for --git-ca-file: it holds no certificate in PEM format',
    },
    { args: ["key", "generate"], code: 0, out: "=\n" },
    { args: ["key"], code: 2, err: "Usage: conops key" },
    {
      args: ["seal", "-"],
      input: manifest("x"),
      code: 2,
      err: "Error: No encryption key: name a file of keys",
    },
    {
      args: ["seal", "-"],
      env: { CONOPS_ENCRYPTION_KEY: KEY },
      input: manifest("x"),
      code: 1,
      err: "Error: Cannot seal the standard input: it holds no Secret\n",
    },
    {
      args: ["seal", "shop", "--from-file", "db=-"],
      env: { CONOPS_ENCRYPTION_KEY: KEY },
      input: "hunter2",
      code: 0,
      out: "\n  db: conops-v1.",
    },
    { args: ["rotate"], env: { CONOPS_ENCRYPTION_KEY: KEY }, code: 0, out: "0 fields sealed anew" },
    {
      args: ["rotate", "--encryption-key-file", "keys"],
      env: { CONOPS_ENCRYPTION_KEY: KEY },
      code: 2,
      err: "Error: Cannot use both CONOPS_ENCRYPTION_KEY and --encryption-key-file",
    },
    {
      args: ["rotate", "--encryption-key-file", "nowhere"],
      code: 2,
      err: 'Error: Cannot use "nowhere" for --encryption-key-file: there is no such file',
    },
    {
      args: ["run"],
      env: { CONOPS_ENCRYPTION_KEY: "c2hvcnQ=" },
      code: 2,
      err: "Error: Cannot use the encryption key on line 1 of CONOPS_ENCRYPTION_KEY: it is 5 bytes long",
    },
    {
      args: ["run", "--http", "9464"],
      code: 2,
      err: 'Error: Cannot use "9464" for --http: expected HOST:PORT',
    },
    {
      args: ["run"],
      env: { CONOPS_CONCURRENCY: "many" },
      code: 2,
      err: 'Cannot use "many" for CONOPS_CONCURRENCY',
    },
  ];
  for (const { args, env = {}, input, code, out = "", err = "" } of cases) {
    it(`ends ${JSON.stringify(["conops", ...args].join(" "))} with ${code}`, async () => {
      const options = { env: { CONOPS_MANIFESTS: folder.dir, ...env }, cwd: folder.dir };

      const finished = await runConops(args, input === undefined ? options : { ...options, input });

      expect(finished).to.include({ code, signal: null });
      expect(finished.out).to.include(out);
      expect(finished.err).to.include(err);
    });
  }

  it("warns of a variable that nobody reads", async () => {
    const { code, err } = await runConops(["get", "-o", "name"], {
      env: { CONOPS_MANIFESTS: folder.dir, CONOPS_DATADIR: "x" },
    });

    expect(code).to.equal(0);
    expect(err).to.equal(
      'Warning: Unknown variable CONOPS_DATADIR has no effect. Did you mean "CONOPS_DATA_DIR"?\n',
    );
  });
});
