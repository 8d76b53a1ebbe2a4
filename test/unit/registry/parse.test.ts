import { expect } from "chai";
import { formatFault } from "../../../controller/api/application.ts";
import { hashOf } from "../../../controller/lib/hash.ts";
import { parseManifests, type ParsedDocument } from "../../../controller/registry/parse.ts";

const HEAD = "apiVersion: conops.dev/v1alpha1\nkind: Application\nmetadata:\n  name: shop\n";
const SOURCE = "spec:\n  source:\n    repoURL: https://git.example.com/shop.git\n";
const GOOD = HEAD + SOURCE;
const SECRET = HEAD.replace("Application", "Secret") + "stringData:\n  token: geheim\n";
const RECEIVER =
  HEAD.replace("Application", "Receiver") +
  "spec:\n  type: github\n  secretRef: {name: hook}\n  matchRepository: true\n";

function parse(text: string | Uint8Array, allowFileRepos = false): readonly ParsedDocument[] {
  const bytes = typeof text === "string" ? Buffer.from(text) : text;
  return parseManifests("apps/shop.yaml", bytes, { allowFileRepos }).documents;
}

/** The kind of each document; for what is ours also the kind and the name, for a wrong one its readable key. */
function kindsOf(text: string): readonly string[] {
  return parse(text).map((document) => {
    if (document.kind === "resource") return `${document.resource.kind} ${document.resource.name}`;
    if (document.kind === "invalid") return `invalid ${document.readableKey ?? "?"}`;
    return document.kind;
  });
}

/** The faults of all documents, without the name of the file. */
function faultsOf(text: string | Uint8Array): readonly string[] {
  return parse(text).flatMap((document) =>
    document.kind === "invalid"
      ? document.faults.map((fault) => formatFault(fault).replace("apps/shop.yaml", ""))
      : [],
  );
}

describe("parseManifests()", () => {
  it("reads an Application, as written and with defaults", () => {
    const [document] = parse(`# the shop\n${GOOD}  suspend: true # for now\n`);
    const resource = document?.kind === "resource" ? document.resource : undefined;
    const application = resource?.kind === "Application" ? resource : undefined;
    const spec = { source: { repoURL: "https://git.example.com/shop.git" }, suspend: true };

    expect(application?.spec.suspend).to.equal(true);
    expect(application?.spec.source.intervalMs).to.equal(30_000);
    expect(application?.manifest.spec).to.deep.equal(spec);
    expect(application?.writtenSpecHash).to.equal(hashOf(spec));
    expect(Object.isFrozen(application?.manifest.spec)).to.equal(true);
  });

  const other = GOOD.replace("shop\n", "blog\n");
  const kinds: readonly (readonly [string, string, readonly string[]])[] = [
    ["an empty file", "", ["empty"]],
    ["white space and comments", "\n  \n# later\n", ["empty"]],
    ["a commented-out manifest", GOOD.replaceAll(/^/gm, "# "), ["empty"]],
    ["markers alone", "---\n---\n", ["empty", "empty"]],
    ["several Applications", `${GOOD}---\n${other}`, ["Application shop", "Application blog"]],
    ["a byte order mark", `\ufeff${GOOD}`, ["Application shop"]],
    ["Windows' line ends", GOOD.replaceAll("\n", "\r\n"), ["Application shop"]],
    ["a start marker and an end marker", `---\n${GOOD}...\n`, ["Application shop"]],
    ["JSON", '{"apiVersion": "v1", "kind": "Pod"}', ["foreign"]],
    [
      "a kind of another group",
      "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: shop}\n",
      ["foreign"],
    ],
    ["another's Application", "apiVersion: argoproj.io/v1alpha1\nkind: Application\nspec: {}\n", ["foreign"]],
    ["a foreign kind with what we refuse", "apiVersion: v1\nkind: Pod\na: !x 1\na: 2\n", ["foreign"]],
    [
      "a foreign kind between ours",
      `${GOOD}---\napiVersion: v1\nkind: Pod\n---\n${other}`,
      ["Application shop", "foreign", "Application blog"],
    ],
    [
      "a broken document between good ones",
      `${GOOD}---\na: [\n---\n${other}`,
      ["Application shop", "invalid ?", "Application blog"],
    ],
    ["an explicit null", "null\n", ["invalid ?"]],
    ["the same name twice", `${GOOD}---\n${GOOD}`, ["Application shop", "invalid shop"]],
    ["the same name after an invalid one", `${GOOD}  foo: 1\n---\n${GOOD}`, ["invalid shop", "invalid shop"]],
    ["a wrong version", GOOD.replace("v1alpha1", "v1"), ["invalid shop"]],
    ["a misspelt kind", GOOD.replace("Application", "Aplication"), ["invalid shop"]],
    ["a Secret", SECRET, ["Secret shop"]],
    ["a Receiver", RECEIVER, ["Receiver shop"]],
    [
      "one name of each kind",
      [GOOD, SECRET, RECEIVER].join("---\n"),
      ["Application shop", "Secret shop", "Receiver shop"],
    ],
    ["the same Secret twice", `${SECRET}---\n${SECRET}`, ["Secret shop", "invalid secret/shop"]],
    ["a Secret with a fault", `${SECRET}nonsense: 1\n`, ["invalid secret/shop"]],
    ["a misspelt Receiver", RECEIVER.replace("Receiver", "Reciever"), ["invalid receiver/shop"]],
    ["a kind that nobody knows", GOOD.replace("Application", "Pod"), ["invalid ?"]],
    ["no kind", GOOD.replace("kind: Application\n", ""), ["invalid ?"]],
    ["a kind after a fault", `metadata: {name: shop}\na: "\nkind: Secret\n`, ["invalid ?"]],
    ["a bad name", GOOD.replace("shop\n", "Shop\n"), ["invalid ?"]],
    ["a fault after the name", `${GOOD}  suspend: "\n`, ["invalid shop"]],
    ["a fault before the name", GOOD.replace("metadata", "a: b: c\nmetadata"), ["invalid ?"]],
  ];
  for (const [what, text, expected] of kinds) {
    it(`tells what ${what} is`, () => expect(kindsOf(text)).to.deep.equal(expected));
  }

  it("numbers the documents", () => {
    expect(parse(`${GOOD}---\n---\n${other}`).map(({ document }) => document)).to.deep.equal([0, 1, 2]);
  });

  it("obeys allowFileRepos", () => {
    const text = GOOD.replace("https://git.example.com/shop.git", "file:///srv/shop.git");

    expect(parse(text, true)[0]?.kind).to.equal("resource");
    expect(faultsOf(text)).to.deep.equal([
      ":7:14: spec.source.repoURL: must not be a local path: the controller allows those only with --allow-file-repos",
    ]);
  });

  const fields: readonly (readonly [string, readonly string[]])[] = [
    ["  suspend: yes\n", [':8:12: spec.suspend: must be true or false, not the string "yes"']],
    [
      "  state: Stoped\n",
      [':8:10: spec.state: must be Running or Stopped, not "Stoped": did you mean "Stopped"?'],
    ],
    ["  supend: true\n", [':8:3: spec.supend: unknown field "supend", did you mean "suspend"?']],
    ["    repoUrl: x\n", [':8:5: spec.source.repoUrl: unknown field "repoUrl", did you mean "repoURL"?']],
    [
      "  branch: main\n",
      [':8:3: spec.branch: unknown field "branch", did you mean "spec.source.revision.branch"?'],
    ],
    [
      "  zzz: 1\n",
      [
        ':8:3: spec.zzz: unknown field "zzz"; known here: suspend, state, source, compose, manifests, sync, dependsOn, ignoreDifferences, deletionPolicy',
      ],
    ],
    [
      "    path: /etc\n",
      [':8:11: spec.source.path: must be relative to the root of the repository, not "/etc"'],
    ],
    ["    interval: 500ms\n", [':8:15: spec.source.interval: must be at least 1s, not "500ms"']],
    [
      "    interval: 30\n",
      [
        ":8:15: spec.source.interval: must be a duration such as 30s, 5m or 1h30m, not the number 30: the unit is missing",
      ],
    ],
    ["  sync: {timeout: 1s}\n", [':8:19: spec.sync.timeout: must be at least 5s, not "1s"']],
    [
      "    revision: {branch: a, tag: b}\n",
      [
        ":8:15: spec.source.revision: must hold exactly one of branch, tag, semver and commit, not branch and tag",
      ],
    ],
    [
      "    revision:\n",
      [":8:5: spec.source.revision: must be a mapping, not empty: fill it in or remove it"],
    ],
    [
      "    revision:\n      commit: 1f3a\n",
      [
        ':9:15: spec.source.revision.commit: must be the full id of a commit, 40 hexadecimal digits, not "1f3a"',
      ],
    ],
    [
      "    revision: {branch: a..b}\n",
      [
        ':8:24: spec.source.revision.branch: "a..b" is not a name that Git accepts for a branch: it holds ".."',
      ],
    ],
    [
      "  compose:\n    env:\n      - {name: TAG, value: 1.40}\n",
      [":10:28: spec.compose.env[0].value: must be a string, not a number: put it in quotes"],
    ],
    [
      "  compose:\n    env:\n      - {name: TAG, value: a}\n      - {name: TAG, value: x}\n      - {name: 1A, value: x}\n      - {name: B}\n",
      [
        ':11:16: spec.compose.env[1].name: "TAG" is there twice, first as spec.compose.env[0]',
        ':12:16: spec.compose.env[2].name: must be a variable name (letters, digits and "_", not beginning with a digit), not "1A"',
        ":13:9: spec.compose.env[3]: must hold a value or valueFrom",
      ],
    ],
    [
      "  compose: {env: [{name: DOCKER_HOST, value: x}]}\n",
      [
        ':8:26: spec.compose.env[0].name: "DOCKER_HOST" is set by ConOps itself, or would steer Compose and the engine; take another name',
      ],
    ],
    [
      "  compose: {profiles: web}\n",
      [':8:23: spec.compose.profiles: must be a list, not the string "web": begin each item with "- "'],
    ],
    [
      "  compose: {profiles: [web, web]}\n",
      [':8:29: spec.compose.profiles[1]: "web" is there twice, first as spec.compose.profiles[0]'],
    ],
    [
      "  compose: {projectName: My Shop}\n",
      [
        ':8:26: spec.compose.projectName: must be a project name (lower-case letters, digits, "_" and "-", beginning with a letter or digit), not "My Shop"',
      ],
    ],
    ["  dependsOn: [{name: db}]\n", [":8:3: spec.dependsOn: is not supported by this version; remove it"]],
    [
      "status: {}\n",
      [
        ":8:1: status: must not be in a manifest: ConOps writes the status to the file beside it that ends in .status.yaml",
      ],
    ],
    ["  suspend: true\n  suspend: false\n", [':9:3: spec.suspend: "suspend" is there twice in one mapping']],
    [
      "  suspend: !ruby/object true\n",
      [':8:12: unknown tag "!ruby/object": only YAML\'s own types are read'],
    ],
    [
      "  suspend: !!set {}\n",
      [':8:12: unknown tag "tag:yaml.org,2002:set": only YAML\'s own types are read'],
    ],
    ["  suspend: *off\n", [':8:12: spec.suspend: there is no anchor "&off" before this alias']],
    [
      "  compose: &c {env: *c}\n",
      [':8:21: spec.compose.env: the alias "*c" stands within what it stands for'],
    ],
    ["  ? [a]\n  : b\n", [":8:5: spec: a field's name must be a plain word"]],
    ["  <<: true\n", [':8:7: spec: "<<" must stand before a mapping, or a list of mappings']],
    [
      "  __proto__: {suspend: true}\n",
      [
        ':8:3: spec.__proto__: unknown field "__proto__"; known here: suspend, state, source, compose, manifests, sync, dependsOn, ignoreDifferences, deletionPolicy',
      ],
    ],
    [
      "  suspend: [\n",
      [":9:1: is not YAML: Flow sequence in block collection must be sufficiently indented and end with a ]"],
    ],
    ["\tsuspend: true\n", [":8:1: is not YAML: Tabs are not allowed as indentation"]],
  ];
  for (const [text, faults] of fields) {
    it(`says what is wrong with ${JSON.stringify(text)}`, () =>
      expect(faultsOf(GOOD + text)).to.deep.equal(faults));
  }

  const metadata: readonly (readonly [string, readonly string[]])[] = [
    ["metadata: {}\n", [":3:1: metadata.name: is required"]],
    ["", [":1:1: metadata: is required"]],
    [
      "metadata: {name: My_Shop}\n",
      [
        ':3:18: metadata.name: must be a DNS label (lower-case letters, digits and "-", beginning and ending with a letter or digit), not "My_Shop"',
      ],
    ],
    [
      `metadata: {name: ${"a".repeat(64)}}\n`,
      [":3:18: metadata.name: must be at most 63 characters long, not 64"],
    ],
    [
      "metadata: {name: shop, namespace: default}\n",
      [
        ":3:24: metadata.namespace: must not be set: a registry is one folder of manifests and has no namespaces; remove it",
      ],
    ],
    [
      "metadata: {name: shop, uid: a}\n",
      [
        ":3:24: metadata.uid: must not be in a manifest: a person writes name, labels and annotations, the rest is of ConOps; remove it",
      ],
    ],
    [
      "metadata: {name: shop, lables: {}}\n",
      [':3:24: metadata.lables: unknown field "lables", did you mean "labels"?'],
    ],
    [
      "metadata: {name: shop, labels: {team: 1}}\n",
      [":3:39: metadata.labels.team: must be a string, not the number 1: put it in quotes"],
    ],
    [
      "metadata: {name: shop, labels: {a b: x}}\n",
      [
        ':3:33: metadata.labels["a b"]: "a b" is not a label key (letters, digits, "-", "_" and ".", beginning and ending with a letter or digit, at most 63)',
      ],
    ],
  ];
  for (const [text, faults] of metadata) {
    it(`says what is wrong with ${JSON.stringify(text.slice(0, 60))}`, () => {
      expect(faultsOf(GOOD.replace("metadata:\n  name: shop\n", text))).to.deep.equal(faults);
    });
  }

  const documents: readonly (readonly [string, readonly string[]])[] = [
    ["shop", [":1:1: must be a mapping that begins with apiVersion and kind, not a string"]],
    [
      "- a\n",
      [
        ':1:1: must be a mapping that begins with apiVersion and kind, not a list; several manifests are separated by a line "---"',
      ],
    ],
    ["\nkind: Application\n", [':2:1: apiVersion: is required: write "apiVersion: conops.dev/v1alpha1"']],
    ["apiVersion: conops.dev/v1alpha1\n", [":1:1: kind: is required: Application, Secret or Receiver"]],
    [
      "services:\n  web: {image: x}\n",
      [
        ':1:1: apiVersion: is required: write "apiVersion: conops.dev/v1alpha1"; this looks like a Compose file, which belongs into a Git repository that an Application names',
        ":1:1: kind: is required: Application, Secret or Receiver",
      ],
    ],
    [
      "apiVersion: 1\nkind: Pod\n",
      [
        ':1:13: apiVersion: must be "conops.dev/v1alpha1", not the number 1',
        ':2:7: kind: unknown kind "Pod" in conops.dev/v1alpha1: this version knows the kinds Application, Secret, Receiver',
      ],
    ],
    [
      GOOD.replace("v1alpha1", "v1beta1"),
      [':1:13: apiVersion: must be "conops.dev/v1alpha1", not "conops.dev/v1beta1"'],
    ],
    [
      GOOD.replace("conops.dev", "conop.dev"),
      [':1:13: apiVersion: must be "conops.dev/v1alpha1", not "conop.dev/v1alpha1"'],
    ],
    [
      GOOD.replace("Application", "application"),
      [':2:7: kind: unknown kind "application" in conops.dev/v1alpha1: did you mean "Application"?'],
    ],
    [
      SECRET.replace("Secret", "Secrets"),
      [':2:7: kind: unknown kind in conops.dev/v1alpha1: did you mean "Secret"?'],
    ],
    [
      RECEIVER.replace("Receiver", "Reciever"),
      [':2:7: kind: unknown kind "Reciever" in conops.dev/v1alpha1: did you mean "Receiver"?'],
    ],
    [
      `${SECRET}---\n${SECRET}`,
      [':11:9: metadata.name: the Secret "shop" is there twice in this file, first on line 4'],
    ],
    [
      `${GOOD}---\n${GOOD}`,
      [':12:9: metadata.name: the Application "shop" is there twice in this file, first on line 4'],
    ],
    ["%FOO bar\n---\n" + GOOD, [":1:1: Unknown directive"]],
    ["{{ if .Values.shop }}\n", [":1:2: a field's name must be a plain word"]],
  ];
  for (const [text, faults] of documents) {
    it(`says what is wrong with the document ${JSON.stringify(text.slice(0, 60))}`, () => {
      expect(faultsOf(text)).to.deep.equal(faults);
    });
  }

  it("tells the faults in the order of the text, at most 20", () => {
    const faults = faultsOf(
      GOOD + Array.from({ length: 50 }, (_, i) => `  unknown${i}: 1\n`).join("") + "status: {}\n",
    );

    expect(faults).to.have.length(20);
    expect(faults[0]).to.include(":8:3: spec.unknown0: ");
    expect(faults[19]).to.include(":27:3: spec.unknown19: ");
  });

  it("never repeats what is not YAML, which may be a secret", () => {
    for (const end of [
      '  x: "geheim" "geheim"\n',
      "  x: 'geheim'geheim\n",
      "] geheim\n",
      "  x: [}geheim\n",
      "|geheim\n\r",
    ]) {
      const faults = faultsOf(GOOD + end);

      expect(faults).to.have.length(1);
      expect(faults.join()).to.match(/is not YAML: [A-Z]/);
      expect(faults.join()).not.to.match(/geheim|[\r\n]/);
    }
  });

  it("never repeats credentials of a URL, whichever field it is in", () => {
    const text = GOOD.replace("https://", "https://me:geheim@") + "  state: https://me:geheim@x/\n";

    expect(faultsOf(text).join("\n")).not.to.include("geheim");
  });
});

describe("YAML in manifests", () => {
  const specOf = (text: string): unknown => {
    const [document] = parse(text);
    return document?.kind === "resource" ? document.resource.manifest["spec"] : faultsOf(text);
  };
  const source = { repoURL: "https://git.example.com/shop.git" };

  it("is YAML 1.2: yes, off and 0777 are not what YAML 1.1 made of them", () => {
    const text =
      "%YAML 1.1\n---\n" + GOOD + "  compose: {env: [{name: A, value: yes}, {name: B, value: off}]}\n";

    expect(specOf(text)).to.deep.equal({
      source,
      compose: {
        env: [
          { name: "A", value: "yes" },
          { name: "B", value: "off" },
        ],
      },
    });
  });

  it("has aliases, each a value of its own", () => {
    const text = GOOD + "  compose: {overrides: &files [a.yaml], envFiles: *files}\n";

    expect(specOf(text)).to.deep.equal({ source, compose: { overrides: ["a.yaml"], envFiles: ["a.yaml"] } });
  });

  it("has merge keys, whose fields give way to those that are written", () => {
    const text = `${HEAD}spec:\n  source:\n    <<: {repoURL: https://git.example.com/shop.git, path: a}\n    path: b\n`;

    expect(specOf(text)).to.deep.equal({ source: { ...source, path: "b" } });
  });

  it("merges a list of mappings, the first of which wins", () => {
    const text = `${HEAD}spec:\n  source:\n    path: b\n    <<: [{repoURL: https://git.example.com/shop.git}, {repoURL: x, interval: 1m}]\n`;

    expect(specOf(text)).to.deep.equal({ source: { ...source, path: "b", interval: "1m" } });
  });

  it("takes a quoted << for a field like any other", () => {
    expect(faultsOf(`${GOOD}  "<<": {suspend: true}\n`)[0]).to.include(
      ':8:3: spec["<<"]: unknown field "<<"',
    );
  });

  it("places a fault within what an alias stands for where that is written", () => {
    expect(faultsOf(`${GOOD}  compose: {overrides: &a [/x], envFiles: *a}\n`)).to.deep.equal([
      ':8:28: spec.compose.overrides[0]: must be relative to the root of the repository, not "/x"',
      ':8:28: spec.compose.envFiles[0]: must be relative to the root of the repository, not "/x"',
    ]);
  });

  it("keeps names as written, where YAML would read a number", () => {
    const [document] = parse(
      GOOD.replace("  name: shop\n", "  name: shop\n  labels: {0x10: a, true: b, 1.0: c}\n"),
    );

    expect(document?.kind === "resource" ? document.resource.labels : document).to.deep.equal({
      "0x10": "a",
      true: "b",
      "1.0": "c",
    });
  });
});
