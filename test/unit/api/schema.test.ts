import { expect } from "chai";
import type { Application } from "../../../controller/api/application.ts";
import { formatPath } from "../../../controller/api/field-fault.ts";
import { applicationFromManifest, checkApplication } from "../../../controller/api/schema.ts";
import { hashOf } from "../../../controller/lib/hash.ts";

const source = { repoURL: "https://git.example.com/shop.git" };

function manifestOf(spec: unknown, metadata: unknown = { name: "shop" }): Record<string, unknown> {
  return { apiVersion: "conops.dev/v1alpha1", kind: "Application", metadata, spec };
}

function applicationOf(document: unknown, allowFileRepos = false): Application {
  const checked = checkApplication(document, { allowFileRepos });
  if ("faults" in checked) throw new Error(JSON.stringify(checked.faults));
  return checked.application;
}

/** Each fault as `field: message`, with `!` before the field where its name is at fault. */
function faultsOf(document: unknown, allowFileRepos = false): readonly string[] {
  const checked = checkApplication(document, { allowFileRepos });
  if ("application" in checked) return [];
  return checked.faults.map(
    ({ path, at, message }) => `${at === "key" ? "!" : ""}${formatPath(path)}: ${message}`,
  );
}

function isDeeplyFrozen(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return true;
  return Object.isFrozen(value) && Object.values(value).every(isDeeplyFrozen);
}

describe("checkApplication()", () => {
  it("fills in every default", () => {
    const manifest = manifestOf({ source });

    expect(applicationOf(manifest)).to.deep.equal({
      kind: "Application",
      name: "shop",
      labels: {},
      annotations: {},
      spec: {
        suspend: false,
        state: "Running",
        source: {
          repoURL: source.repoURL,
          revision: { kind: "head" },
          path: ".",
          intervalMs: 30_000,
          submodules: false,
          submoduleSecretRefs: [],
        },
        compose: {
          projectName: "shop",
          overrides: [],
          profiles: [],
          env: [],
          envFiles: [],
          allowUnset: [],
          pull: "missing",
          build: true,
          adopt: false,
          imagePullSecrets: [],
        },
        sync: {
          automated: true,
          selfHeal: true,
          prune: true,
          timeoutMs: 300_000,
          rollbackOnFailure: false,
        },
        ignoreDifferences: [],
        deletionPolicy: "Delete",
      },
      manifest,
      writtenSpecHash: hashOf({ source }),
    });
  });

  it("keeps what was written, normalised", () => {
    const application = applicationOf(
      manifestOf(
        {
          suspend: true,
          state: "Stopped",
          source: {
            repoURL: "HTTPS://Git.Example.com:443/shop.git/",
            revision: { commit: "ABCDEF0123456789ABCDEF0123456789ABCDEF01" },
            path: "./deploy/",
            interval: "1m30s",
          },
          compose: {
            projectName: "my_shop",
            overrides: ["./a.yaml"],
            profiles: ["*"],
            env: [
              { name: "TAG", value: "1.4" },
              { name: "EMPTY", value: "", inject: true },
            ],
            envFiles: ["a//b.env"],
            allowUnset: ["X"],
            pull: "always",
            build: false,
            adopt: true,
          },
          sync: { automated: false, selfHeal: false, prune: false, timeout: "5s", rollbackOnFailure: true },
          dependsOn: [],
          ignoreDifferences: [
            { kinds: ["Modified"] },
            { service: "web", kinds: ["Scaled", "NetworkChanged"] },
          ],
          deletionPolicy: "Orphan",
        },
        { name: "shop", labels: { team: "web" }, annotations: { why: "because" } },
      ),
    );

    expect(application.labels).to.deep.equal({ team: "web" });
    expect(application.annotations).to.deep.equal({ why: "because" });
    expect(application.spec).to.deep.equal({
      suspend: true,
      state: "Stopped",
      source: {
        repoURL: "https://git.example.com/shop.git",
        revision: { kind: "commit", sha: "abcdef0123456789abcdef0123456789abcdef01" },
        path: "deploy",
        intervalMs: 90_000,
        submodules: false,
        submoduleSecretRefs: [],
      },
      compose: {
        projectName: "my_shop",
        overrides: ["a.yaml"],
        profiles: ["*"],
        env: [
          { name: "TAG", value: "1.4", inject: false },
          { name: "EMPTY", value: "", inject: true },
        ],
        envFiles: ["a/b.env"],
        allowUnset: ["X"],
        pull: "always",
        build: false,
        adopt: true,
        imagePullSecrets: [],
      },
      sync: { automated: false, selfHeal: false, prune: false, timeoutMs: 5000, rollbackOnFailure: true },
      ignoreDifferences: [{ kinds: ["Modified"] }, { service: "web", kinds: ["Scaled", "NetworkChanged"] }],
      deletionPolicy: "Orphan",
    });
  });

  it("takes what refers to Secrets", () => {
    const env = [{ name: "A", valueFrom: { secretKeyRef: { name: "s", key: "k" } } }];
    const { spec } = applicationOf(
      manifestOf({
        source: { repoURL: "git@git.example.com:shop.git", secretRef: { name: "key" } },
        compose: { env, imagePullSecrets: [{ name: "registry" }] },
      }),
    );

    expect(spec.source.secretRef).to.equal("key");
    expect(spec.compose.env).to.deep.equal([
      { name: "A", secretKeyRef: { name: "s", key: "k" }, inject: false },
    ]);
    expect(spec.compose.imagePullSecrets).to.deep.equal(["registry"]);
  });

  for (const [revision, wanted] of [
    [{ branch: "main" }, { kind: "branch", name: "main" }],
    [{ tag: "v1" }, { kind: "tag", name: "v1" }],
    [{ semver: ">=1.4 <2" }, { kind: "semver", range: ">=1.4 <2" }],
  ] as const) {
    it(`follows a ${wanted.kind}`, () => {
      expect(
        applicationOf(manifestOf({ source: { ...source, revision } })).spec.source.revision,
      ).to.deep.equal(wanted);
    });
  }

  it("takes an empty field that has a default for one that is not there", () => {
    const empty = { source, suspend: null, sync: { prune: null, timeout: null }, compose: { env: null } };
    const application = applicationOf(manifestOf(empty, { name: "shop", labels: null }));

    expect(application.spec).to.deep.equal(applicationOf(manifestOf({ source })).spec);
    expect(application.labels).to.deep.equal({});
    expect(application.writtenSpecHash).to.equal(hashOf(empty));
  });

  it("freezes the Application, and leaves the document alone", () => {
    const document = manifestOf({ source, compose: { env: [{ name: "A", value: "1" }] } });
    const before = structuredClone(document);
    const application = applicationOf(document);

    expect(isDeeplyFrozen(application)).to.equal(true);
    expect(document).to.deep.equal(before);
    expect(Object.isFrozen(document["spec"])).to.equal(false);
  });

  it("gives the same hash for the same spec, and another for another, defaults or not", () => {
    const hash = (spec: unknown): string => applicationOf(manifestOf(spec)).writtenSpecHash;

    expect(hash({ source, suspend: false })).to.equal(hash({ suspend: false, source }));
    expect(hash({ source, suspend: false })).not.to.equal(hash({ source }));
  });

  const supported = manifestOf({ source });
  const refused: readonly (readonly [string, unknown, readonly string[]])[] = [
    [
      "a range that is none, and says what was meant",
      manifestOf({ source: { ...source, revision: { semver: ">=1.4, <2" } } }),
      ['spec.source.revision.semver: ">=1.4, <2" is not a range of semantic versions; write ">=1.4 <2"'],
    ],
    [
      "manifests",
      manifestOf({ source, manifests: {} }),
      ["!spec.manifests: is not supported by this version; remove it"],
    ],
    [
      "dependsOn",
      manifestOf({ source, dependsOn: [{ name: "postgres" }] }),
      ["!spec.dependsOn: is not supported by this version; remove it"],
    ],
    [
      "an ssh URL without a key",
      manifestOf({ source: { repoURL: "git@git.example.com:shop.git" } }),
      [
        "spec.source: must name a Secret in secretRef: an ssh URL is read with a key (type kubernetes.io/ssh-auth)",
      ],
    ],
    [
      "compose beside manifests",
      manifestOf({ source, compose: {}, manifests: {} }),
      [
        "spec: holds both compose and manifests; an Application deploys either a Compose project or manifests",
        "!spec.manifests: is not supported by this version; remove it",
      ],
    ],
    [
      "all that it cannot obey at once, also beside other faults",
      manifestOf({
        source,
        manifests: {},
        state: "Gone",
        dependsOn: [{ name: "a" }],
      }),
      [
        'spec.state: must be Running or Stopped, not "Gone"',
        "!spec.manifests: is not supported by this version; remove it",
        "!spec.dependsOn: is not supported by this version; remove it",
      ],
    ],
    [
      "a mapping in the place of a word, whatever it calls its fields",
      manifestOf({ source, deletionPolicy: { toString: false } }),
      [
        "spec.deletionPolicy: must be a string, not a mapping",
        'spec.deletionPolicy: must be Delete, DeleteVolumes or Orphan, not "a mapping"',
      ],
    ],
    ["a missing spec", { ...supported, spec: undefined }, ["!spec: is required"]],
    ["nothing at all", null, [": must be a mapping, not empty: fill it in or remove it"]],
  ];
  for (const [what, document, faults] of refused) {
    it(`refuses ${what}`, () => expect(faultsOf(document)).to.deep.equal(faults));
  }

  it("allows local repositories only when told so", () => {
    const document = manifestOf({ source: { repoURL: "/srv/git/shop.git" } });

    expect(faultsOf(document)).to.deep.equal([
      "spec.source.repoURL: must not be a local path: the controller allows those only with --allow-file-repos",
    ]);
    expect(applicationOf(document, true).spec.source.repoURL).to.equal("/srv/git/shop.git");
  });

  it("never repeats the value of a variable", () => {
    const variable = (value: unknown): readonly string[] =>
      faultsOf(manifestOf({ source, compose: { env: [{ name: "PASSWORD", value }] } }));

    expect(variable(31_415)).to.deep.equal([
      "spec.compose.env[0].value: must be a string, not a number: put it in quotes",
    ]);
    expect(variable("s".repeat(131_073))).to.deep.equal([
      "spec.compose.env[0].value: must be at most 131072 characters long, not 131073",
    ]);
    expect(variable(null)).to.deep.equal([
      'spec.compose.env[0].value: must be a string, not empty: write ""',
    ]);
  });
});

describe("applicationFromManifest()", () => {
  it("reads again what it made", () => {
    const application = applicationOf(manifestOf({ source, sync: { timeout: "1m" } }));

    expect(applicationFromManifest(application.manifest, { allowFileRepos: false })).to.deep.equal(
      application,
    );
  });

  it("gives nothing for what this version finds fault with", () => {
    const { manifest } = applicationOf(manifestOf({ source: { repoURL: "/srv/git/shop.git" } }), true);

    expect(applicationFromManifest(manifest, { allowFileRepos: false })).to.equal(undefined);
  });
});
