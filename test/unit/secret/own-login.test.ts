import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { systemClock } from "../../../controller/lib/clock.ts";
import { silentLog, type Log } from "../../../controller/lib/log.ts";
import { createOwnLogins } from "../../../controller/secret/own-login.ts";

describe("createOwnLogins()", () => {
  let home: string;
  let said: string;
  const log: Log = {
    ...silentLog,
    debug: (message, fields) => void (said += `${message} ${JSON.stringify(fields)}`),
  };

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), "conops-logins-"));
    said = "";
  });
  afterEach(() => rm(home, { recursive: true }));

  async function ask(config: unknown, registry: string): Promise<unknown> {
    if (config !== undefined)
      await writeFile(
        join(home, "config.json"),
        typeof config === "string" ? config : JSON.stringify(config),
      );
    const env = { PATH: `${home}:${process.env["PATH"]}`, DOCKER_CONFIG: home };
    const header = await createOwnLogins({ env, clock: systemClock, log })(registry);
    return header === "" ? "" : JSON.parse(Buffer.from(header, "base64url").toString());
  }

  /** A program as Docker asks for credentials. */
  async function helper(name: string, script: string): Promise<void> {
    const file = join(home, `docker-credential-${name}`);
    await writeFile(file, `#!/bin/sh\nread -r address\n${script}\n`);
    await chmod(file, 0o755);
  }

  const auth = Buffer.from("ada:pw").toString("base64");

  it("finds the login in the user's config.json, as it is now", async () => {
    const auths = { "r.example.com": { auth }, "https://index.docker.io/v1/": { identitytoken: "t" } };
    const login = { username: "ada", password: "pw", serveraddress: "r.example.com" };

    expect(await ask({ auths }, "r.example.com")).to.deep.equal(login);
    expect(await ask(undefined, "docker.io")).to.deep.equal({
      identitytoken: "t",
      serveraddress: "https://index.docker.io/v1/",
    });
    expect(await ask({ auths: {} }, "r.example.com")).to.equal("");
  });

  it("asks the program that is named for the registry, or for all", async () => {
    await helper(
      "one",
      `[ "$1" = get ] && printf '{"ServerURL":"%s","Username":"ada","Secret":"pw of %s"}' "$address" "$address"`,
    );
    await helper("all", `printf '{"Username":"<token>","Secret":"token"}'`);
    const config = { credsStore: "all", credHelpers: { "r.example.com": "one" } };

    expect(await ask(config, "r.example.com")).to.deep.equal({
      username: "ada",
      password: "pw of r.example.com",
      serveraddress: "r.example.com",
    });
    expect(await ask(config, "other.example.com")).to.deep.equal({
      identitytoken: "token",
      serveraddress: "other.example.com",
    });
  });

  it("has none where nothing can be read, and never says what it read", async () => {
    await helper("fails", "echo secret-0815; exit 1");
    await helper("babbles", "echo secret-0815");

    for (const config of [
      "secret-0815 is no JSON",
      { credsStore: "fails" },
      { credsStore: "babbles" },
      { credsStore: "../../bin/sh" },
      { credsStore: "is-not-there" },
      { auths: 7 },
      "null",
    ]) {
      expect(await ask(config, "r.example.com"), JSON.stringify(config)).to.equal("");
    }

    expect(said).to.contain("cannot be used").and.not.to.contain("0815");
  });

  it("has none without a config.json", async () => {
    expect(await ask(undefined, "r.example.com")).to.equal("");
  });
});
