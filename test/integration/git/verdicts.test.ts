/**
 * The same commits and tags, judged by ConOps and by git itself (which asks ssh-keygen and gpg). Where the two differ, ConOps is
 * the stricter one, and the case says why.
 */
import { expect } from "chai";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ReconcileError } from "../../../controller/api/errors.ts";
import type { VerifyRequest } from "../../../controller/git/git.ts";
import { verifyRevision } from "../../../controller/git/verification.ts";
import { createTempRepo, type TempRepo } from "../../support/git-repo.ts";
import { createSignedRepo, type SignedRepo } from "../../support/signed-repo.ts";
import {
  createSecurityKey,
  createSigningBench,
  type SigningBench,
  type SshKey,
} from "../../support/signing.ts";

interface Made {
  readonly commit: string;
  readonly tagObject?: string;
  readonly signers?: string;
  readonly pgpKeys?: string;
}

interface Case {
  readonly name: string;
  readonly make: () => Promise<Made>;
  /** `good`, or the reason of the refusal. */
  readonly ours: string;
  readonly git: boolean;
  /** What the message must say. */
  readonly says?: RegExp;
}

const SIGNATURE = /^gpgsig (?:.*\n)(?: .*\n)*/m;
const TAG = "v1";

describe("a verdict on a signature", function () {
  this.timeout(120_000);
  let bench: SigningBench;
  let repo: TempRepo;
  let signed: SignedRepo;
  let ada: SshKey;
  let eve: SshKey;
  let signers: string;
  let tree: string;

  before(async () => {
    bench = await createSigningBench();
    repo = await createTempRepo();
    signed = createSignedRepo(repo, bench);
    ada = await bench.sshKey("ed25519");
    eve = await bench.sshKey("ed25519");
    signers = `ada@example.com ${ada.line}\n`;
    await repo.commit({ a: "1" });
    tree = await repo.git("rev-parse", "HEAD^{tree}");
  });
  after(async () => {
    await repo.remove();
    await bench.remove();
  });

  async function ours(
    mode: VerifyRequest["mode"],
    made: Made,
  ): Promise<{ verdict: string; message: string }> {
    const { commit, tagObject, pgpKeys } = made;
    const allowedSigners = made.signers ?? signers;
    const verify: VerifyRequest = {
      mode,
      ...(allowedSigners !== "" && { allowedSigners }),
      ...(pgpKeys !== undefined && { allowedPGPKeys: pgpKeys }),
    };
    const request = {
      remote: { id: "r", url: "https://git.example.com/shop.git" },
      sha: commit,
      ref: mode === "Tag" ? `refs/tags/${TAG}` : "refs/heads/main",
      ...(tagObject !== undefined && { tagObject }),
      dir: "/nowhere",
      verify,
    };
    const read = async (id: string): Promise<Buffer> => {
      const type = await repo.git("cat-file", "-t", id);
      return signed.raw(type === "tag" ? "tag" : "commit", id);
    };
    try {
      const verified = await verifyRevision(request, { read, now: Date.now() });
      return { verdict: "good", message: `${verified?.signer} ${verified?.keyType}` };
    } catch (error) {
      if (!(error instanceof ReconcileError)) throw error;
      return { verdict: error.reason, message: error.message };
    }
  }

  function compare(mode: VerifyRequest["mode"], cases: readonly Case[]): void {
    for (const { name, make, ours: expected, git, says = /./ } of cases) {
      it(`${expected === "good" ? "believes" : "refuses"} ${name}`, async () => {
        const made = await make();
        const [what, id] =
          mode === "HEAD" ? (["commit", made.commit] as const) : (["tag", made.tagObject ?? TAG] as const);
        const { verdict, message } = await ours(mode, made);

        expect({
          ours: verdict,
          git: await bench.gitVerify(repo, what, id, made.signers ?? signers),
        }).to.deep.equal({ ours: expected, git }, message);
        expect(message).to.match(says);
        if (expected !== "good")
          expect(message).to.match(/^Cannot (?:trust|read) .* of "https:\S+": [^\n]+$/);
      });
    }
  }

  const commit = (id: string, more: Partial<Made> = {}): Made => ({ commit: id, ...more });
  const changed = async (change: (text: string) => string, signer: SshKey = ada): Promise<Made> =>
    commit(await signed.rewrite("commit", await signed.commit(signer), change));

  describe("of a commit signed with an SSH key", () => {
    const types = [
      ["ed25519", undefined, "ED25519"],
      ["ecdsa", 256, "ECDSA 256"],
      ["ecdsa", 384, "ECDSA 384"],
      ["ecdsa", 521, "ECDSA 521"],
      ["rsa", 3072, "RSA 3072"],
    ] as const;
    compare(
      "HEAD",
      types.map(([type, bits, kind]) => ({
        name: kind,
        async make() {
          const key = await bench.sshKey(type, bits);
          return commit(await signed.commit(key), { signers: `grace@example.com ${key.line}` });
        },
        ours: "good",
        git: true,
        says: new RegExp(`^grace@example.com ${kind}$`),
      })),
    );
    compare(
      "HEAD",
      (["ed25519", "ecdsa"] as const).map((kind) => ({
        name: `a security key (${kind})`,
        async make() {
          const key = createSecurityKey(kind);
          const bytes = await signed.raw("commit", await signed.commit(undefined, "By hand"));
          const signature = key.sign(bytes).trimEnd().replaceAll("\n", "\n ");
          const text = bytes.toString("latin1").replace("\n\n", `\ngpgsig ${signature}\n\n`);
          const id = await signed.write("commit", Buffer.from(text, "latin1"));
          return commit(id, { signers: `grace@example.com ${key.line}` });
        },
        ours: "good",
        git: true,
      })),
    );
    compare("HEAD", [
      {
        name: "one without a signature",
        make: async () => commit(await signed.commit(undefined)),
        ours: "NotSigned",
        git: false,
        says: /: it is not signed$/,
      },
      {
        name: "a key that is not listed, and names it",
        make: async () => commit(await signed.commit(eve)),
        ours: "SignerNotAllowed",
        git: false,
        says: /it is signed with the SSH key SHA256:\S+ \(ED25519\), which is not listed$/,
      },
      {
        name: "any SSH key when only PGP keys are allowed",
        make: async () => commit(await signed.commit(ada), { signers: "", pgpKeys: "x" }),
        ours: "SignerNotAllowed",
        git: false,
        says: /and no SSH keys are allowed$/,
      },
      {
        // To OpenSSH, 1024 bits are still enough.
        name: "RSA of 1024 bits, which the list may not even name",
        async make() {
          const key = await bench.sshKey("rsa", 1024);
          return commit(await signed.commit(key), { signers: `${signers}eve@example.com ${key.line}` });
        },
        ours: "SignatureInvalid",
        git: true,
        says: /RSA keys of less than 2048 bits are not accepted/,
      },
      {
        name: "another message under the same signature",
        make: () => changed((text) => text.replace("\n\nChange", "\n\nChanged")),
        ours: "SignatureInvalid",
        git: false,
        says: /its signature by the SSH key SHA256:\S+ \(ED25519\) does not fit its content$/,
      },
      {
        name: "another tree under the same signature",
        make: () => changed((text) => text.replace(tree, "4b825dc642cb6eb9a060e54bf8d69288fbee4904")),
        ours: "SignatureInvalid",
        git: false,
      },
      {
        name: "a signature that was cut out",
        make: () => changed((text) => text.replace(SIGNATURE, "")),
        ours: "NotSigned",
        git: false,
      },
      {
        name: "a signature that was cut off",
        make: () => changed((text) => text.replace("\n -----END SSH SIGNATURE-----", "")),
        ours: "SignatureInvalid",
        git: false,
        says: /the signature is incomplete/,
      },
      {
        name: "the signature of another commit",
        async make() {
          const other = await signed.raw("commit", await signed.commit(ada, "Other"));
          const signature = SIGNATURE.exec(other.toString("latin1"))?.[0] ?? "";
          return changed((text) => text.replace(SIGNATURE, signature));
        },
        ours: "SignatureInvalid",
        git: false,
      },
      {
        name: "a signature made for another purpose",
        async make() {
          const bytes = await signed.raw("commit", await signed.commit(undefined, "File"));
          const signature = (await bench.sshSign(ada, bytes, "file")).trimEnd().replaceAll("\n", "\n ");
          const text = bytes.toString("latin1").replace("\n\n", `\ngpgsig ${signature}\n\n`);
          return commit(await signed.write("commit", Buffer.from(text, "latin1")));
        },
        ours: "SignatureInvalid",
        git: false,
        says: /was made for "file", not for Git$/,
      },
      {
        // Git puts both together, and ssh-keygen reads the first.
        name: "two signatures, though the first is good",
        make: () => changed((text) => text.replace(SIGNATURE, (one) => one + one)),
        ours: "SignatureInvalid",
        git: true,
        says: /it holds two signatures$/,
      },
      {
        name: "a second tree, hidden behind the signature",
        make: () =>
          changed((text) => text.replace("\n\n", "\ntree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n\n")),
        ours: "SignatureInvalid",
        git: false,
        says: /it has a header that repeats itself$/,
      },
      {
        // A reader that takes the line for a tree would see another commit than the one that was signed.
        name: "a commit that begins with its signature",
        make: () =>
          changed((text) => {
            const signature = SIGNATURE.exec(text)?.[0] ?? "";
            return signature + text.replace(signature, "");
          }),
        ours: "SignatureInvalid",
        git: false,
        says: /it has a malformed header$/,
      },
      {
        // Git leaves every field that begins with gpgsig out of what is signed.
        name: "a field that only looks like a signature",
        make: () => changed((text) => text.replace("\n\n", "\ngpgsig-new x\n y\n\n")),
        ours: "SignatureInvalid",
        git: true,
        says: /it holds the unknown field "gpgsig-new"$/,
      },
      {
        name: "a signature in the continuation of another field",
        make: () =>
          changed((text) =>
            text.replace(SIGNATURE, (one) => `encoding UTF-8\n ${one.trimEnd().replaceAll("\n", "\n ")}\n`),
          ),
        ours: "NotSigned",
        git: false,
      },
      {
        name: "a signature that stands in the message",
        make: () =>
          changed((text) => {
            const signature = SIGNATURE.exec(text)?.[0] ?? "";
            return `${text.replace(signature, "")}${signature.slice("gpgsig ".length).replaceAll("\n ", "\n")}`;
          }),
        ours: "NotSigned",
        git: false,
      },
      {
        // Git looks at the lines around it, and what it calls gives up at the zero byte.
        name: "a zero byte in the header",
        make: () => changed((text) => text.replace("\nauthor Ada", "\nauthor A\0da")),
        ours: "SignatureInvalid",
        git: false,
      },
      {
        name: "a signature of a megabyte",
        make: () =>
          changed((text) =>
            text.replace("\n -----END SSH", `${`\n ${"A".repeat(70)}`.repeat(15_000)}\n -----END SSH`),
          ),
        ours: "SignatureInvalid",
        git: false,
        says: /the signature is too long$/,
      },
      {
        name: "a signature of yet another kind",
        make: () =>
          changed((text) =>
            text
              .replaceAll("BEGIN SSH SIGNATURE", "BEGIN SIGNED MESSAGE")
              .replaceAll("END SSH SIGNATURE", "END SIGNED MESSAGE"),
          ),
        ours: "SignatureInvalid",
        git: false,
        says: /neither one of OpenSSH nor one of OpenPGP$/,
      },
      {
        name: "a message that is not UTF-8",
        async make() {
          await repo.git("config", "i18n.commitEncoding", "ISO-8859-1");
          const id = await signed.commit(undefined, "Caf\u00e9");
          await repo.git("config", "--unset", "i18n.commitEncoding");
          const text = (await signed.raw("commit", id))
            .toString("latin1")
            .replace("Caf\u00c3\u00a9", "Caf\u00e9");
          const bytes = Buffer.from(text, "latin1");
          const signature = (await bench.sshSign(ada, bytes)).trimEnd().replaceAll("\n", "\n ");
          const whole = text.replace("\n\n", `\ngpgsig ${signature}\n\n`);
          return commit(await signed.write("commit", Buffer.from(whole, "latin1")));
        },
        ours: "good",
        git: true,
      },
      {
        name: "the signature of SHA-256 beside its own",
        make: () => changed((text) => text.replace("\n\n", "\ngpgsig-sha256 x\n y\n\n")),
        ours: "good",
        git: true,
      },
      {
        name: "a merge of a signed tag, itself signed",
        async make() {
          await repo.git("checkout", "--quiet", "-b", `side-${Date.now()}`);
          await signed.commit(eve, "Side");
          await signed.tag("side", eve);
          await repo.git("checkout", "--quiet", "main");
          await signed.commit(ada, "Main");
          await repo.git(
            "-c",
            "gpg.format=ssh",
            "-c",
            `user.signingkey=${ada.path}`,
            "merge",
            "--quiet",
            "-S",
            "--no-edit",
            "side",
          );
          return commit(await repo.head());
        },
        ours: "good",
        git: true,
      },
      {
        name: "a merge that is not signed, of a tag that is",
        async make() {
          await repo.git("checkout", "--quiet", "-b", `side-${Date.now()}`);
          await signed.commit(ada, "Side");
          await signed.tag("side", ada);
          await repo.git("checkout", "--quiet", "main");
          await signed.commit(ada, "Main");
          await repo.git("merge", "--quiet", "--no-edit", "side");
          return commit(await repo.head());
        },
        ours: "NotSigned",
        git: false,
      },
    ]);
  });

  describe("of allowed signers", () => {
    const listed =
      (options: string, date: string): (() => Promise<Made>) =>
      async () => {
        const key = await bench.sshKey("ed25519");
        const id = await signed.commit(key, "Dated");
        const bytes = await signed.rewrite("commit", id, (text) =>
          text.replace(SIGNATURE, "").replace(/^(committer .*>) .*$/m, `$1 ${Date.parse(date) / 1000} +0200`),
        );
        const unsigned = await signed.raw("commit", bytes);
        const signature = (await bench.sshSign(key, unsigned)).trimEnd().replaceAll("\n", "\n ");
        const text = unsigned.toString("latin1").replace("\n\n", `\ngpgsig ${signature}\n\n`);
        const again = await signed.write("commit", Buffer.from(text, "latin1"));
        return commit(again, { signers: `ada@example.com ${options}${key.line} comment\n` });
      };
    const may = "2026-05-01T12:00:00Z";
    compare("HEAD", [
      { name: "the namespace of Git", make: listed('namespaces="file,git" ', may), ours: "good", git: true },
      { name: "a pattern of namespaces", make: listed('namespaces="g?t*" ', may), ours: "good", git: true },
      {
        name: "another namespace",
        make: listed('namespaces="file" ', may),
        ours: "SignerNotAllowed",
        git: false,
        says: /of "ada@example.com", which may not sign for the namespace "git" \(line 1\)$/,
      },
      {
        name: "all namespaces but Git's",
        make: listed('namespaces="*,!git" ', may),
        ours: "SignerNotAllowed",
        git: false,
      },
      {
        name: "a time within its limits",
        make: listed('valid-after="20260501Z",valid-before="202605020000Z" ', may),
        ours: "good",
        git: true,
      },
      {
        name: "the very second of both limits",
        make: listed('valid-after="20260501120000Z" ', may),
        ours: "good",
        git: true,
      },
      {
        name: "the last second",
        make: listed('valid-before="20260501120000Z" ', may),
        ours: "good",
        git: true,
      },
      {
        name: "a second too early",
        make: listed('valid-after="20260501120001Z" ', may),
        ours: "SignerNotAllowed",
        git: false,
        says: /was not valid yet when it signed \(line 1\)$/,
      },
      {
        name: "a second too late",
        make: listed('valid-before="20260501115959Z" ', may),
        ours: "SignerNotAllowed",
        git: false,
        says: /was not valid any more when it signed \(line 1\)$/,
      },
      {
        name: "a time of this machine's zone",
        make: listed('valid-before="20260501" ', may),
        ours: "SignerNotAllowed",
        git: false,
      },
      { name: "options in capitals", make: listed('NAMESPACES="git" ', may), ours: "good", git: true },
      {
        name: "an option that nobody knows",
        make: listed('no-such="git" ', may),
        ours: "SignersInvalid",
        git: false,
        says: /^Cannot read the allowed signers of "https:\S+": line 1: the option "no-such" is not known/,
      },
      {
        name: "a certificate authority, even for its own key",
        make: listed("cert-authority ", may),
        ours: "SignersInvalid",
        git: false,
      },
      {
        // OpenSSH stops at the line that it looks for.
        name: "a line further down that is not understood",
        make: async () =>
          commit(await signed.commit(ada), {
            signers: `# who may\n\n${signers}eve@example.com ssh-ed25519 AAAA\n`,
          }),
        ours: "SignersInvalid",
        git: true,
        says: /: line 4: the key ends too early$/,
      },
      {
        name: "the second line of a key whose first is over",
        make: async () =>
          commit(await signed.commit(ada), {
            signers: `old@example.com valid-before="20200101Z" ${ada.line}\nnew@example.com ${ada.line}\n`,
          }),
        ours: "good",
        git: true,
        says: /^new@example.com /,
      },
      {
        name: "quoted principals and line ends of Windows",
        make: async () =>
          commit(await signed.commit(ada), { signers: `"ada@example.com,ada" ${ada.line}\r\n` }),
        ours: "good",
        git: true,
        says: /^ada@example.com,ada /,
      },
    ]);
  });

  describe("of a tag", () => {
    const tagged = async (
      name: string,
      by: SshKey | string | undefined,
      more: Partial<Made> = {},
    ): Promise<Made> => {
      const id = await signed.commit(undefined, "Release");
      return { commit: id, tagObject: await signed.tag(name, by), ...more };
    };
    const rewritten = async (change: (text: string) => string): Promise<Made> => {
      const made = await tagged(TAG, ada);
      return { ...made, tagObject: await signed.rewrite("tag", made.tagObject ?? "", change) };
    };
    compare("Tag", [
      {
        name: "one that is signed",
        make: () => tagged(TAG, ada),
        ours: "good",
        git: true,
        says: /^ada@example.com ED25519$/,
      },
      { name: "one that is not signed", make: () => tagged(TAG, undefined), ours: "NotSigned", git: false },
      {
        name: "a name for a commit, which nobody can sign",
        async make() {
          const id = await signed.commit(ada, "Release");
          await repo.tag(TAG);
          return commit(id);
        },
        ours: "NotSigned",
        git: false,
        says: /^Cannot trust the tag "v1" of "https:\S+": it is a lightweight tag, which cannot be signed$/,
      },
      {
        name: "one by a key that is not listed",
        make: () => tagged(TAG, eve),
        ours: "SignerNotAllowed",
        git: false,
      },
      {
        name: "another message under the same signature",
        make: () => rewritten((text) => text.replace("\n\nWords", "\n\nOther words")),
        ours: "SignatureInvalid",
        git: false,
      },
      {
        name: "another commit under the same signature",
        async make() {
          const made = await tagged(TAG, ada);
          const other = await signed.commit(undefined, "Evil");
          const tagObject = await signed.rewrite("tag", made.tagObject ?? "", (text) =>
            text.replace(made.commit, other),
          );
          return { commit: other, tagObject };
        },
        ours: "SignatureInvalid",
        git: false,
      },
      {
        // Git verifies whatever object it is given.
        name: "a good tag that leads to another commit than the one to deploy",
        async make() {
          const made = await tagged(TAG, ada);
          return { ...made, commit: await signed.commit(ada, "Later") };
        },
        ours: "SignatureInvalid",
        git: true,
        says: /it leads to commit [0-9a-f]{12}$/,
      },
      {
        // Git warns, and says yes.
        name: "an old tag under the name of a new one",
        make: () => tagged("v0", ada),
        ours: "SignatureInvalid",
        git: true,
        says: /what was signed is the tag "v0"$/,
      },
      {
        name: "words after the signature",
        make: () => rewritten((text) => `${text}More words\n`),
        ours: "SignatureInvalid",
        git: true,
        says: /the signature is incomplete$/,
      },
      {
        name: "a message that shows a signature before its own",
        async make() {
          const made = await tagged(TAG, ada);
          const shown =
            (await signed.raw("tag", made.tagObject ?? "")).toString("latin1").split("\n\n")[1] ?? "";
          const id = await signed.write(
            "tag",
            Buffer.from(
              (await signed.raw("tag", made.tagObject ?? "")).toString("latin1").split("\n\n")[0] +
                "\n\n" +
                shown,
            ),
          );
          const bytes = await signed.raw("tag", id);
          return {
            ...made,
            tagObject: await signed.write(
              "tag",
              Buffer.from(bytes.toString("latin1") + (await bench.sshSign(ada, bytes)), "latin1"),
            ),
          };
        },
        ours: "good",
        git: true,
      },
      {
        name: "a tag of a signed tag, itself signed",
        async make() {
          const inner = await tagged("inner", ada);
          return { ...inner, tagObject: await signed.tag(TAG, ada, "inner") };
        },
        ours: "good",
        git: true,
      },
      {
        // Git looks at the outermost one only.
        name: "a signed tag of a tag that is not signed",
        async make() {
          const inner = await tagged("inner", undefined);
          return { ...inner, tagObject: await signed.tag(TAG, ada, "inner") };
        },
        ours: "NotSigned",
        git: true,
        says: /^Cannot trust the tag [0-9a-f]{12} within the tag "v1" of "https:\S+": it is not signed$/,
      },
      {
        name: "a tag of a tree",
        async make() {
          const id = await signed.commit(ada);
          return { commit: id, tagObject: await signed.tag(TAG, ada, "HEAD^{tree}") };
        },
        ours: "SignatureInvalid",
        git: true,
        says: /it points at a "tree", not at a commit$/,
      },
      {
        name: "a field that does not belong there",
        make: () => rewritten((text) => text.replace("\n\n", "\ngpgsig x\n y\n\n")),
        ours: "SignatureInvalid",
        git: true,
      },
    ]);
  });

  describe("with OpenPGP", () => {
    const by = async (fingerprint: string, more: readonly string[] = []): Promise<Made> => ({
      commit: await signed.commit(fingerprint, "Change", ...more),
      pgpKeys: await bench.pgpExport(fingerprint),
    });
    const byHand = async (fingerprint: string, how: readonly string[]): Promise<Made> => {
      const bytes = await signed.raw("commit", await signed.commit(undefined, "By hand"));
      const made = await bench.gpg(["--armor", "--local-user", fingerprint, ...how], bytes);
      const signature = made.trimEnd().replaceAll("\n", "\n ");
      const text = bytes.toString("latin1").replace("\n\n", `\ngpgsig ${signature}\n\n`);
      const id = await signed.write("commit", Buffer.from(text, "latin1"));
      return { commit: id, pgpKeys: await bench.pgpExport(fingerprint) };
    };
    compare(
      "HEAD",
      ["ed25519", "rsa3072", "rsa4096", "nistp256", "nistp521"].map((algorithm) => ({
        name: algorithm,
        make: async () => by(await bench.pgpKey({ name: algorithm, algorithm })),
        ours: "good",
        git: true,
        says: new RegExp(`^${algorithm} <${algorithm.toLowerCase()}@example.com> PGP `),
      })),
    );
    compare("HEAD", [
      {
        name: "a subkey",
        async make() {
          const fingerprint = await bench.pgpKey({ name: "Grace", algorithm: "rsa3072" });
          await bench.gpg(["--quick-add-key", fingerprint, "ed25519", "sign", "0"]);
          return by(fingerprint);
        },
        ours: "good",
        git: true,
        says: /^Grace <grace@example.com> PGP RSA 3072$/,
      },
      {
        name: "a key that is not listed",
        async make() {
          const made = await by(await bench.pgpKey({ name: "Mallory" }));
          return { ...made, pgpKeys: await bench.pgpExport(await bench.pgpKey({ name: "Linus" })) };
        },
        ours: "SignerNotAllowed",
        git: true, // gpg has both keys in its ring
        says: /it is signed with the PGP key [0-9A-F]{40}, which is not listed$/,
      },
      {
        name: "any PGP key when only SSH keys are allowed",
        make: async () => ({ commit: await signed.commit(await bench.pgpKey({ name: "Barbara" })) }),
        ours: "SignerNotAllowed",
        git: true,
        says: /, and no PGP keys are allowed$/,
      },
      {
        name: "the second of two blocks of keys",
        async make() {
          const first = await bench.pgpExport(await bench.pgpKey({ name: "First" }));
          const made = await by(await bench.pgpKey({ name: "Second" }));
          return { ...made, pgpKeys: `of the first:\n${first}\nof the second:\n${made.pgpKeys}` };
        },
        ours: "good",
        git: true,
      },
      {
        name: "another message under the same signature",
        async make() {
          const made = await by(await bench.pgpKey({ name: "Joan" }));
          const change = (text: string): string => text.replace("\n\nChange", "\n\nChanged");
          return { ...made, commit: await signed.rewrite("commit", made.commit, change) };
        },
        ours: "SignatureInvalid",
        git: false,
        says: /its signature by the PGP key [0-9A-F]{40} \(EDDSA ed25519\) of "Joan <joan@example.com>" does not fit the content$/,
      },
      {
        name: "a key that has expired, though it had not when it signed",
        async make() {
          const fingerprint = await bench.pgpKey({ name: "Expired", expires: "seconds=2" });
          const made = await by(fingerprint);
          await new Promise((resolve) => setTimeout(resolve, 3000));
          return made;
        },
        ours: "SignerNotAllowed",
        git: false,
        says: /, which has expired$/,
      },
      {
        name: "a key that was revoked since it signed",
        async make() {
          const fingerprint = await bench.pgpKey({ name: "Revoked" });
          const made = await by(fingerprint);
          const file = join(bench.dir, `gnupg/openpgp-revocs.d/${fingerprint}.rev`);
          await bench.gpg(["--import"], (await readFile(file, "utf8")).replace(":-----BEGIN", "-----BEGIN"));
          return { ...made, pgpKeys: await bench.pgpExport(fingerprint) };
        },
        ours: "SignerNotAllowed",
        git: false,
        says: /, which is revoked$/,
      },
      {
        name: "a subkey that was revoked since it signed",
        async make() {
          const fingerprint = await bench.pgpKey({ name: "Subrevoked", algorithm: "rsa3072" });
          await bench.gpg(["--quick-add-key", fingerprint, "ed25519", "sign", "0"]);
          const made = await by(fingerprint);
          await bench.gpg(
            ["--command-fd", "0", "--edit-key", fingerprint],
            "key 1\nrevkey\ny\n0\n\ny\nsave\n",
          );
          return { ...made, pgpKeys: await bench.pgpExport(fingerprint) };
        },
        ours: "SignerNotAllowed",
        git: false,
        says: /, which is revoked$/,
      },
      {
        // GnuPG 2.2 still takes both.
        name: "RSA of 1024 bits",
        make: async () => by(await bench.pgpKey({ name: "Short", algorithm: "rsa1024" })),
        ours: "SignerNotAllowed",
        git: true,
        says: /, which is too weak$/,
      },
      {
        name: "DSA",
        make: async () => by(await bench.pgpKey({ name: "Dsa", algorithm: "dsa2048" })),
        ours: "SignerNotAllowed",
        git: true,
        says: /, which is too weak$/,
      },
      {
        name: "a curve that the library does not know",
        make: async () => by(await bench.pgpKey({ name: "Brainpool", algorithm: "brainpoolP256r1" })),
        ours: "SignerNotAllowed",
        git: true,
        says: /, which is of a kind that is not supported$/,
      },
      {
        name: "SHA-1 as the hash of what is signed",
        async make() {
          const fingerprint = await bench.pgpKey({ name: "Sha1", algorithm: "rsa3072" });
          return byHand(fingerprint, ["--digest-algo", "SHA1", "--detach-sign"]);
        },
        ours: "SignatureInvalid",
        git: true,
        says: /relies on a hash that is too weak$/,
      },
      {
        name: "a signature of text, which does not fix its line ends",
        async make() {
          const fingerprint = await bench.pgpKey({ name: "Text" });
          return byHand(fingerprint, ["--textmode", "--detach-sign"]);
        },
        ours: "SignatureInvalid",
        git: true,
        says: /of another kind than that of exact bytes$/,
      },
      {
        name: "two signatures, though both are good",
        async make() {
          const one = await bench.pgpKey({ name: "One" });
          const two = await bench.pgpKey({ name: "Two" });
          return byHand(one, ["--local-user", two, "--detach-sign"]);
        },
        ours: "SignatureInvalid",
        git: false,
        says: /there must be exactly one signature$/,
      },
      {
        name: "a message that was signed whole",
        async make() {
          const fingerprint = await bench.pgpKey({ name: "Whole" });
          return byHand(fingerprint, ["--sign"]);
        },
        ours: "SignatureInvalid",
        git: false,
        says: /neither one of OpenSSH nor one of OpenPGP$/,
      },
      {
        name: "a list that holds a private key, and repeats nothing of it",
        async make() {
          const fingerprint = await bench.pgpKey({ name: "Careless" });
          const made = await by(fingerprint);
          return { ...made, pgpKeys: await bench.gpg(["--armor", "--export-secret-keys", fingerprint]) };
        },
        ours: "SignersInvalid",
        git: true,
        says: /: a private key stands where public keys belong: replace that key, it is not private any more$/,
      },
      {
        name: "a list that is damaged",
        async make() {
          const made = await by(await bench.pgpKey({ name: "Damaged" }));
          return { ...made, pgpKeys: (made.pgpKeys ?? "").replace(/\n.{20}/, "\nAAAA") };
        },
        ours: "SignersInvalid",
        git: true,
      },
    ]);
  });
});
