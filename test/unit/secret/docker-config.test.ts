import { expect } from "chai";
import { dockerConfigOf, formatDockerConfig } from "../../../controller/secret/docker-config.ts";
import { openedOf } from "../../support/secrets.ts";

const auth = (text: string): string => Buffer.from(text).toString("base64");

function read(config: unknown, type = "kubernetes.io/dockerconfigjson") {
  const text = typeof config === "string" ? config : JSON.stringify(config);
  return dockerConfigOf(openedOf({ name: "hub", type, stringData: { ".dockerconfigjson": text } }));
}

describe("dockerConfigOf()", () => {
  it("keeps credentials alone of what docker login writes", () => {
    const config = {
      auths: {
        "ghcr.io": { auth: auth("ada:hunter2"), email: "ada@example.com" },
        "https://index.docker.io/v1/": { username: "ada", password: "pw" },
        "reg.example.com:5000": { auth: "", identitytoken: "it" },
      },
      HttpHeaders: { "User-Agent": "x" },
      plugins: { debug: { hooks: "exec" } },
      cliPluginsExtraDirs: ["/tmp/evil"],
      currentContext: "elsewhere",
      proxies: { default: { httpProxy: "http://evil" } },
    };

    expect(read(config)).to.deep.equal({
      kind: "ok",
      value: {
        "ghcr.io": { auth: auth("ada:hunter2") },
        "https://index.docker.io/v1/": { username: "ada", password: "pw" },
        "reg.example.com:5000": { identitytoken: "it" },
      },
    });
  });

  for (const { name, config, expected } of [
    { name: "what is not JSON", config: "hunter2", expected: "is not JSON" },
    { name: "a list", config: ["hunter2"], expected: "must be a JSON object with auths" },
    {
      name: "a program for all",
      config: { auths: { "ghcr.io": {} }, credsStore: "desktop" },
      expected: "names a program that Docker asks for credentials (credsStore)",
    },
    {
      name: "a program for one",
      config: { auths: { a: { auth: auth("a:b") } }, credHelpers: { "gcr.io": "gcloud" } },
      expected: "(credHelpers)",
    },
    { name: "no auths", config: {}, expected: "has no auths" },
    { name: "empty auths", config: { auths: {} }, expected: "has no auths" },
    {
      name: "registries without auths",
      config: { "ghcr.io": { auth: auth("a:hunter2") } },
      expected: 'belong below "auths"',
    },
    {
      name: "an empty entry",
      config: { auths: { "ghcr.io": {} } },
      expected: 'holds no credential for the registry "ghcr.io"',
    },
    {
      name: "an entry that is no object",
      config: { auths: { "ghcr.io": "hunter2" } },
      expected: "holds no credential",
    },
    {
      name: "a user name alone",
      config: { auths: { "ghcr.io": { username: "ada" } } },
      expected: "holds no credential",
    },
    {
      name: "an auth that is plain",
      config: { auths: { "ghcr.io": { auth: "hunter2" } } },
      expected: "is not USER:PASSWORD in base64",
    },
  ]) {
    it(`refuses ${name}, and shows nothing of it`, () => {
      const found = read(config);

      expect(found.kind === "fault" && found.message).to.contain(expected);
      expect(found.kind === "fault" && found.message).to.contain(
        'the field ".dockerconfigjson" of Secret "hub"',
      );
      expect(JSON.stringify(found)).to.not.contain("hunter2");
      expect(JSON.stringify(found)).to.not.contain(auth("a:hunter2"));
    });
  }

  it("refuses another type, and a missing field", () => {
    const other = read({}, "Opaque");
    const empty = dockerConfigOf(openedOf({ name: "hub", type: "kubernetes.io/dockerconfigjson" }));

    expect(other.kind === "fault" && other.message).to.contain('Secret "hub" is of type Opaque');
    expect(empty.kind === "fault" && empty.message).to.contain('has no field ".dockerconfigjson"');
  });
});

describe("formatDockerConfig()", () => {
  it("joins several, the first of which wins", () => {
    const text = formatDockerConfig([
      { "ghcr.io": { auth: "one" } },
      { "ghcr.io": { auth: "two" }, quay: { auth: "three" } },
    ]);

    expect(JSON.parse(text)).to.deep.equal({
      auths: { "ghcr.io": { auth: "one" }, quay: { auth: "three" } },
    });
    expect(JSON.parse(formatDockerConfig([]))).to.deep.equal({ auths: {} });
  });
});
