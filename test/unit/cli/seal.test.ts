import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { CommandError, UsageError } from "../../../controller/cli/errors.ts";
import { sealInPlace, sealManifest, sealParts } from "../../../controller/cli/seal.ts";
import type { PartFlags } from "../../../controller/cli/seal-parts.ts";
import { makeSealingKey } from "../../../controller/lib/aead.ts";
import { systemClock } from "../../../controller/lib/clock.ts";
import { parseManifests } from "../../../controller/registry/parse.ts";
import { NO_KEYS } from "../../../controller/secret/keyring.ts";
import { openSecret } from "../../../controller/secret/opened-secret.ts";
import { createTestTerminal } from "./test-terminal.ts";

const key = makeSealingKey();
const keyring = { keys: [key] };

const PLAIN = `# of the shop
apiVersion: conops.dev/v1alpha1
kind: Secret
metadata: {name: shop}   # keep
stringData:
  # the database's
  db: hunter2
  'two lines': |
    hunter3
    hunter4
data: {bytes: AP8=}
---
apiVersion: v1
kind: ConfigMap
data: {a:   "b"}
`.replace("'two lines'", "two-lines");

/** What the Secrets of a text hold. */
function opened(text: string): Readonly<Record<string, string>> {
  const values: Record<string, string> = {};
  for (const found of parseManifests("x", Buffer.from(text), { allowFileRepos: true }).documents) {
    if (found.kind === "invalid") throw new Error(JSON.stringify(found.faults));
    if (found.kind !== "resource" || found.resource.kind !== "Secret") continue;
    const secret = openSecret(found.resource, keyring);
    for (const [field, bytes] of secret.values) {
      if (!secret.sealed.has(field)) throw new Error(`${field} is plain`);
      values[`${secret.name}.${field}`] = bytes.toString("latin1");
    }
  }
  return values;
}

describe("conops seal", () => {
  let dir: string;
  beforeEach(async () => (dir = await mkdtemp(join(tmpdir(), "conops-seal-"))));
  afterEach(() => rm(dir, { recursive: true, force: true }));

  interface Ended {
    readonly out: string;
    readonly err: string;
    readonly error?: unknown;
  }

  async function ended(
    work: (context: {
      terminal: ReturnType<typeof createTestTerminal>;
      clock: typeof systemClock;
    }) => Promise<void>,
    input = "",
  ): Promise<Ended> {
    const terminal = createTestTerminal({ input });
    const error = await work({ terminal, clock: systemClock }).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    return { ...terminal.printed(), ...(error !== undefined && { error }) };
  }

  const messageOf = ({ error }: Ended): string => (error instanceof Error ? error.message : "it was done");

  describe("with --output", () => {
    const sealTo = (output: string, name = "shop"): Promise<Ended> =>
      ended((context) => sealParts(context, { name, flags: { fromLiteral: ["pin=1234"] }, keyring, output }));

    it("writes a new file, and says so without a value", async () => {
      const output = join(dir, "shop.yaml");
      const { out, error } = await sealTo(output);

      expect(error).to.equal(undefined);
      expect(out).to.equal(`${output}: Secret shop\n`);
      expect(opened(await readFile(output, "utf8"))).to.deep.equal({ "shop.pin": "1234" });
      expect(await readdir(dir)).to.deep.equal(["shop.yaml"]);
    });

    it("replaces what is that Secret alone, and keeps the file's mode", async () => {
      const output = join(dir, "shop.yaml");
      await writeFile(output, PLAIN.slice(0, PLAIN.indexOf("---")), { mode: 0o600 });
      const { error } = await sealTo(output);

      expect(error).to.equal(undefined);
      expect(opened(await readFile(output, "utf8"))).to.deep.equal({ "shop.pin": "1234" });
      expect((await stat(output)).mode & 0o777).to.equal(0o600);
    });

    it("leaves a file that holds anything else as it is", async () => {
      const output = join(dir, "shop.yaml");
      for (const text of [
        PLAIN,
        PLAIN.slice(0, PLAIN.indexOf("---")).replace("name: shop", "name: other"),
        "a: [",
        "x",
      ]) {
        await writeFile(output, text);
        expect(messageOf(await sealTo(output))).to.equal(
          `Cannot write ${JSON.stringify(output)}: it is there, and holds something else than the Secret "shop"; choose another file`,
        );
        expect(await readFile(output, "utf8")).to.equal(text);
      }
    });

    it("says what is wrong with a place that is none", async () => {
      expect(messageOf(await sealTo(join(dir, "no", "shop.yaml")))).to.match(/there is no such folder$/);
      expect(messageOf(await sealTo(dir))).to.match(/it is a folder$/);
    });

    it("leaves the file as it was when a value cannot be sealed", async () => {
      const output = join(dir, "shop.yaml");
      await writeFile(output, "");
      const { error } = await ended(
        (context) => sealManifest(context, { path: "-", keyring, output }),
        "kind: Secret\n",
      );

      expect(error).to.be.instanceOf(CommandError);
      expect(await readFile(output, "utf8")).to.equal("");
    });
  });

  describe("of a manifest", () => {
    const seal = (text: string, keys = keyring): Promise<Ended> =>
      ended((context) => sealManifest(context, { path: "-", keyring: keys }), text);

    it("prints it with all values sealed, and everything else as it was", async () => {
      const { out, err, error } = await seal(PLAIN);

      expect(error).to.equal(undefined);
      expect(err).to.equal("");
      expect(opened(out)).to.deep.equal({
        "shop.db": "hunter2",
        "shop.two-lines": "hunter3\nhunter4\n",
        "shop.bytes": "\u0000\u00ff",
      });
      expect(out).to.not.match(/hunter|AP8=/);
      const untouched = (text: string): readonly string[] =>
        text.split("\n").filter((line) => !/db:|two-lines:|hunter|Data|data: \{bytes|bytes:/.test(line));
      expect(untouched(out)).to.deep.equal(untouched(PLAIN));
    });

    it("reads the standard input or a file", async () => {
      await writeFile(join(dir, "plain.yaml"), PLAIN);
      const { out } = await ended((context) =>
        sealManifest(context, { path: join(dir, "plain.yaml"), keyring }),
      );

      expect(opened(out)["shop.db"]).to.equal("hunter2");
      expect(await readFile(join(dir, "plain.yaml"), "utf8")).to.equal(PLAIN);
    });

    it("changes nothing of what is sealed already", async () => {
      const { out } = await seal(PLAIN);
      const again = await seal(out);

      expect(again.out).to.equal(out);
      expect(again.err).to.equal("Everything was sealed already.\n");
    });

    for (const { name, text, message, printed = "" } of [
      {
        name: "an invalid one",
        text: "kind: Secret\nstringData: {a: hunter2}\n",
        message: "Cannot seal the standard input: it is not valid",
        printed: "apiVersion: is required",
      },
      {
        name: "what holds no Secret",
        text: "apiVersion: v1\nkind: ConfigMap\n",
        message: "it holds no Secret",
      },
      {
        name: "a comment that repeats a value",
        text: PLAIN.replace("# the database's", "# was hunter2 before"),
        message: "the comment on line 6 repeats a value",
      },
    ]) {
      it(`refuses ${name}, and shows no value`, async () => {
        const done = await seal(text);

        expect(done.error).to.be.instanceOf(CommandError);
        expect(messageOf(done)).to.contain(message);
        expect(done.err).to.contain(printed);
        expect(done.out).to.equal("");
        expect(done.err + messageOf(done)).to.not.contain("hunter");
      });
    }

    it("warns of a value that nothing could use", async () => {
      const { err, out } = await seal(
        "apiVersion: conops.dev/v1alpha1\nkind: Secret\nmetadata: {name: git}\ntype: kubernetes.io/ssh-auth\nstringData:\n  ssh-privatekey: ssh-ed25519 AAAAhunter2 me\n",
      );

      expect(err)
        .to.contain('Warning: the field "ssh-privatekey" of Secret "git" is a public key')
        .and.not.contain("hunter");
      expect(opened(out)["git.ssh-privatekey"]).to.contain("hunter2");
    });

    it("needs a key", async () => {
      const done = await seal(PLAIN, { keys: [] });

      expect(done.error).to.be.instanceOf(UsageError);
      expect(messageOf(done)).to.contain("No encryption key: name a file of keys by --encryption-key-file");
      expect(NO_KEYS.keys).to.have.length(0);
    });

    it("says what was meant where there is no such file", async () => {
      const done = await ended((context) => sealManifest(context, { path: "shop-without-file", keyring }));

      expect(messageOf(done)).to.contain(
        "there is no such file; for a new Secret of that name, give its values",
      );
    });
  });

  describe("in place", () => {
    it("leaves the file's mode, and no other file", async () => {
      const path = join(dir, "shop.yaml");
      await writeFile(path, PLAIN, { mode: 0o640 });

      const done = await ended((context) => sealInPlace(context, { path, keyring }));

      expect(messageOf(done)).to.equal("it was done");
      expect(done.out).to.equal(`${path}: Secret shop: sealed db, two-lines, bytes by key ${key.id}\n`);
      expect(opened(await readFile(path, "utf8"))["shop.db"]).to.equal("hunter2");
      expect((await stat(path)).mode & 0o777).to.equal(0o640);
      expect(await readdir(dir)).to.deep.equal(["shop.yaml"]);
      expect((await ended((context) => sealInPlace(context, { path, keyring }))).out).to.contain(
        "was sealed already",
      );
    });

    it("names the comment that repeats a value", async () => {
      const path = join(dir, "shop.yaml");
      await writeFile(path, PLAIN.replace("# the database's", "# was hunter2 before"));

      const { err } = await ended((context) => sealInPlace(context, { path, keyring }));

      expect(err).to.contain(":6: this comment repeats a value").and.not.contain("hunter");
    });
  });

  describe("of parts", () => {
    const seal = (flags: PartFlags, input = "", name = "shop"): Promise<Ended> =>
      ended((context) => sealParts(context, { name, flags, keyring }), input);

    async function file(name: string, text: string): Promise<string> {
      await writeFile(join(dir, name), text);
      return join(dir, name);
    }

    it("takes texts, files and the standard input as fields", async () => {
      const { out, err } = await seal(
        {
          fromLiteral: ["user=ada", "empty=", "eq=a=b"],
          fromFile: [await file("a.txt", "A\nB\n"), `c=${await file("x", "C")}`, "db=-"],
        },
        "hunter2",
      );

      expect(err).to.equal("");
      expect(out).to.contain(
        "kind: Secret\nmetadata:\n  name: shop\ntype: Opaque\nsealedData:\n  user: conops-v1.",
      );
      expect(opened(out)).to.deep.equal({
        "shop.user": "ada",
        "shop.empty": "",
        "shop.eq": "a=b",
        "shop.a.txt": "A\nB\n",
        "shop.c": "C",
        "shop.db": "hunter2",
      });
    });

    it("warns of a line break that somebody did not mean", async () => {
      const { err, out } = await seal({ fromFile: ["db=-"] }, "hunter2\n");

      expect(err).to.contain('the value of "db" ends with a line break').and.not.contain("hunter");
      expect(opened(out)["shop.db"]).to.equal("hunter2\n");
    });

    for (const { name, flags, type, values } of [
      {
        name: "a password",
        flags: { username: "ada", passwordFile: "-" },
        type: "kubernetes.io/basic-auth",
        values: { "shop.username": "ada", "shop.password": "hunter2" },
      },
      {
        name: "a token",
        flags: { tokenFile: "-" },
        type: "conops.dev/bearer-token",
        values: { "shop.token": "hunter2" },
      },
      {
        name: "a token in an Opaque Secret",
        flags: { type: "Opaque", tokenFile: "-" },
        type: "Opaque",
        values: { "shop.token": "hunter2" },
      },
    ]) {
      it(`makes a Secret of ${name}, without the line break of its file`, async () => {
        const { out, err } = await seal(flags, "hunter2\n");

        expect(err).to.equal("");
        expect(out).to.contain(`\ntype: ${type}\n`);
        expect(opened(out)).to.deep.equal(values);
      });
    }

    it("makes a Secret of a Docker config", async () => {
      const config = '{"auths":{"ghcr.io":{"auth":"YTpi"}}}';
      const { out } = await seal({ dockerConfig: await file("config.json", config) });

      expect(out).to.contain("\ntype: kubernetes.io/dockerconfigjson\n");
      expect(opened(out)).to.deep.equal({ "shop..dockerconfigjson": config });
    });

    const cases: readonly {
      name: string;
      flags: PartFlags;
      input?: string;
      as?: string;
      usage: boolean;
      message: string;
    }[] = [
      {
        name: "flags for two types",
        flags: { tokenFile: "a", passwordFile: "b" },
        usage: true,
        message: "Cannot use --password-file and --token-file together",
      },
      {
        name: "a flag for another type",
        flags: { type: "kubernetes.io/ssh-auth", tokenFile: "-" },
        usage: true,
        message: "Cannot use --token-file with --type kubernetes.io/ssh-auth",
      },
      {
        name: "an unknown type",
        flags: { type: "ssh", fromLiteral: ["a=b"] },
        usage: true,
        message: 'Cannot use "ssh" for --type: expected Opaque',
      },
      {
        name: "one standard input for two fields",
        flags: { fromFile: ["a=-", "b=-"] },
        usage: true,
        message: "it can be read once",
      },
      {
        name: "a field that is given twice",
        flags: { fromLiteral: ["a=hunter2", "a=2"] },
        usage: true,
        message: 'the field "a" is given twice',
      },
      {
        name: "a text without a field",
        flags: { fromLiteral: ["hunter2"] },
        usage: true,
        message: "Cannot use --from-literal: expected FIELD=VALUE",
      },
      {
        name: "the standard input without a field",
        flags: { fromFile: ["-"] },
        usage: true,
        message: "name the field",
      },
      {
        name: "a name that is none",
        flags: { fromLiteral: ["a=b"] },
        as: "Shop",
        usage: true,
        message: "metadata.name: must be a DNS label",
      },
      {
        name: "a field that has no such name",
        flags: { fromLiteral: ["a b=hunter2"] },
        usage: true,
        message: "names of fields",
      },
      {
        name: "a public key",
        flags: { sshKey: "-" },
        input: "ssh-ed25519 AAAAhunter2",
        usage: false,
        message: "is a public key",
      },
      {
        name: "a file that is not there",
        flags: { sshKey: "/nowhere/key" },
        usage: false,
        message: 'Cannot read "/nowhere/key": there is no such file',
      },
      {
        name: "a Docker config with a program",
        flags: { dockerConfig: "-" },
        input: '{"credsStore":"x"}',
        usage: false,
        message: "names a program",
      },
    ];
    for (const { name, flags, input = "", as = "shop", usage, message } of cases) {
      it(`refuses ${name}, and shows no value`, async () => {
        const done = await seal(flags, input, as);

        expect(done.error).to.be.instanceOf(usage ? UsageError : CommandError);
        expect(messageOf(done)).to.contain(message).and.not.contain("hunter");
        expect(done.out).to.equal("");
      });
    }
  });
});
