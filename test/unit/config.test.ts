import { readFile } from "node:fs/promises";
import { expect } from "chai";
import { UsageError } from "../../controller/cli/errors.ts";
import { readConfig, readFolders, unknownVariables } from "../../controller/config.ts";
import { SETTINGS, type Flags } from "../../controller/settings.ts";

const cwd = "/srv/conops";

function read(flags: Flags = {}, env: Readonly<Record<string, string>> = {}, isTTY = false) {
  return readConfig(flags, { env, cwd, isTTY });
}

describe("readConfig()", () => {
  it("has the defaults of the design", () => {
    expect(read()).to.deep.equal({
      manifestsDir: "/srv/conops/manifests",
      dataDir: "/srv/conops/.conops",
      http: { host: "127.0.0.1", port: 9464 },
      logFormat: "json",
      logLevel: "info",
      concurrency: 4,
      shutdownTimeoutMs: 20_000,
      allowFileRepos: false,
      maxFileSize: 104_857_600,
      maxRepositorySize: 2_147_483_648,
      knownHostsFile: undefined,
      gitCaFile: undefined,
      policy: "default",
      dockerHost: "unix:///var/run/docker.sock",
      imageIntervalMs: 300_000,
      deletionGraceMs: 2000,
    });
  });

  it("is frozen", () => {
    expect(Object.isFrozen(read())).to.equal(true);
  });

  const flags: Flags = {
    manifests: "apps",
    dataDir: "/var/lib/conops",
    http: "[::1]:80",
    logFormat: "pretty",
    logLevel: "debug",
    concurrency: "8",
    shutdownTimeout: "1m30s",
    allowFileRepos: true,
    maxFileSize: "10MiB",
    maxRepositorySize: "1.5GB",
    knownHosts: "known_hosts",
    gitCaFile: "/etc/conops/ca.pem",
    policy: "policy.yaml",
    dockerHost: "tcp://10.0.0.1:2376",
    imageInterval: "1m",
  };
  const expected = {
    manifestsDir: "/srv/conops/apps",
    dataDir: "/var/lib/conops",
    http: { host: "::1", port: 80 },
    logFormat: "pretty",
    logLevel: "debug",
    concurrency: 8,
    shutdownTimeoutMs: 90_000,
    allowFileRepos: true,
    maxFileSize: 10_485_760,
    maxRepositorySize: 1_500_000_000,
    knownHostsFile: "/srv/conops/known_hosts",
    gitCaFile: "/etc/conops/ca.pem",
    policy: { file: "/srv/conops/policy.yaml" },
    dockerHost: "tcp://10.0.0.1:2376",
    imageIntervalMs: 60_000,
    deletionGraceMs: 2000,
  };

  it("reads every flag", () => {
    expect(read(flags)).to.deep.equal(expected);
  });

  it("reads every variable", () => {
    const env = Object.fromEntries(
      Object.entries(flags).map(([name, value]) => [SETTINGS[name as keyof Flags].variable, String(value)]),
    );

    expect(read({}, env)).to.deep.equal(expected);
  });

  it("takes a flag before a variable, and an empty variable for none", () => {
    expect(read({ concurrency: "2" }, { CONOPS_CONCURRENCY: "3" }).concurrency).to.equal(2);
    expect(read({}, { CONOPS_CONCURRENCY: "" }).concurrency).to.equal(4);
  });

  it("logs for people on a terminal, unless told otherwise", () => {
    expect(read({}, {}, true).logFormat).to.equal("pretty");
    expect(read({ logFormat: "json" }, {}, true).logFormat).to.equal("json");
  });

  it("switches HTTP off", () => {
    expect(read({ http: "off" }).http).to.equal(undefined);
    expect(read({}, { CONOPS_HTTP: "off" }).http).to.equal(undefined);
  });

  it("lets a port be chosen by the system", () => {
    expect(read({ http: "localhost:0" }).http).to.deep.equal({ host: "localhost", port: 0 });
  });

  it("asks Docker's own variable last", () => {
    const env = { DOCKER_HOST: "unix:///run/user/1000/docker.sock" };

    expect(read({}, env).dockerHost).to.equal("unix:///run/user/1000/docker.sock");
    expect(read({}, { ...env, CONOPS_DOCKER_HOST: "tcp://a:1" }).dockerHost).to.equal("tcp://a:1");
  });

  const httpMeant = "expected HOST:PORT, such as 127.0.0.1:9464, or off";
  const wrong: readonly {
    readonly flags?: Flags;
    readonly env?: Readonly<Record<string, string>>;
    readonly says: string;
  }[] = [
    { flags: { http: "9464" }, says: `Cannot use "9464" for --http: ${httpMeant}` },
    { flags: { http: ":9464" }, says: `Cannot use ":9464" for --http: ${httpMeant}` },
    { flags: { http: "" }, says: 'Cannot use "" for --http: expected a value' },
    { env: { CONOPS_HTTP: "host:70000" }, says: `Cannot use "host:70000" for CONOPS_HTTP: ${httpMeant}` },
    { flags: { logFormat: "xml" }, says: 'Cannot use "xml" for --log-format: expected json or pretty' },
    {
      env: { CONOPS_LOG_LEVEL: "INFO" },
      says: 'Cannot use "INFO" for CONOPS_LOG_LEVEL: expected debug, info, warn or error',
    },
    {
      flags: { concurrency: "0" },
      says: 'Cannot use "0" for --concurrency: expected a whole number from 1 to 64',
    },
    { flags: { concurrency: "1.5" }, says: 'Cannot use "1.5" for --concurrency: expected a whole number' },
    { flags: { concurrency: "-1" }, says: 'Cannot use "-1" for --concurrency: expected a whole number' },
    {
      flags: { shutdownTimeout: "20" },
      says: 'Cannot use "20" for --shutdown-timeout: expected a duration up to 1h, such as 20s or 1m30s',
    },
    {
      env: { CONOPS_ALLOW_FILE_REPOS: "yes" },
      says: 'Cannot use "yes" for CONOPS_ALLOW_FILE_REPOS: expected true or false',
    },
    {
      env: { DOCKER_HOST: "ssh://host" },
      says: 'Cannot use "ssh://host" for DOCKER_HOST: expected unix:///PATH or tcp://HOST:PORT',
    },
    {
      flags: { manifests: "apps", dataDir: "apps/data" },
      says: 'Cannot use "/srv/conops/apps/data" for --data-dir: it lies in the folder of manifests',
    },
    { flags: { manifests: "apps", dataDir: "apps" }, says: 'Cannot use "/srv/conops/apps" for --data-dir' },
  ];
  for (const { flags = {}, env = {}, says } of wrong) {
    it(`refuses ${JSON.stringify({ ...flags, ...env })} with what was meant`, () => {
      expect(() => read(flags, env)).to.throw(UsageError, says);
    });
  }

  it("takes a data directory behind a dot for one apart from the manifests", () => {
    expect(read({ manifests: ".", dataDir: ".conops/data" }).dataDir).to.equal("/srv/conops/.conops/data");
  });
});

describe("readFolders()", () => {
  it("looks at nothing but the two folders", () => {
    expect(readFolders({}, { env: { CONOPS_HTTP: "nonsense" }, cwd, isTTY: false })).to.deep.equal({
      manifestsDir: "/srv/conops/manifests",
      dataDir: "/srv/conops/.conops",
    });
  });
});

describe("unknownVariables()", () => {
  it("warns of what nobody reads, with what was meant", () => {
    const env = {
      CONOPS_MANIFEST: "x",
      CONOPS_QUUX: "y",
      CONOPS_HTTP: "off",
      CONOPS_FAILPOINT: "staged",
      PATH: "",
    };

    expect(unknownVariables(env)).to.deep.equal([
      'Unknown variable CONOPS_MANIFEST has no effect. Did you mean "CONOPS_MANIFESTS"?',
      "Unknown variable CONOPS_QUUX has no effect.",
    ]);
  });
});

describe("docs/configuration.md", () => {
  it("lists every setting with its variable, default and meaning, and no other", async () => {
    const text = await readFile(new URL("../../docs/configuration.md", import.meta.url), "utf8");
    const rows = text.match(/^\| `--.*$/gm) ?? [];

    expect(rows).to.deep.equal(
      Object.values(SETTINGS).map(
        ({ flag, variable, default: value, meaning }) =>
          `| \`${flag}\` | \`${variable}\` | \`${value}\` | ${meaning} |`,
      ),
    );
  });
});
