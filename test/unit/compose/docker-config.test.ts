import {
  existsSync,
  mkdtempSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { expect } from "chai";
import { createDockerConfigs } from "../../../controller/compose/docker-config.ts";

const CONFIG = JSON.stringify({
  auths: { "registry.example.com": { auth: "YWRhOng=" } },
  credsStore: "evil",
});

describe("createDockerConfigs()", () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "conops-docker-config-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const configs = () => createDockerConfigs({ folder, own: "/home/ada/.docker" });

  it("makes a private folder for as long as the work goes on, with the credentials and the user's plugins alone", async () => {
    const seen = await configs().during(CONFIG, (made) => {
      if (made === undefined) throw new Error("there is no folder");
      expect(statSync(made).mode & 0o777).to.equal(0o700);
      expect(statSync(join(made, "config.json")).mode & 0o777).to.equal(0o600);
      expect(JSON.parse(readFileSync(join(made, "config.json"), "utf8"))).to.deep.equal({
        auths: { "registry.example.com": { auth: "YWRhOng=" } },
        cliPluginsExtraDirs: ["/home/ada/.docker/cli-plugins"],
      });
      return Promise.resolve(made);
    });

    expect(existsSync(seen)).to.equal(false);
  });

  it("removes it when the work fails", async () => {
    let seen = "";
    const failure = await configs()
      .during(CONFIG, (made) => {
        seen = made ?? "";
        return Promise.reject(new Error("no"));
      })
      .catch((error: unknown) => error);

    expect((failure as Error).message).to.equal("no");
    expect(seen).not.to.equal("");
    expect(existsSync(seen)).to.equal(false);
  });

  it("makes none without credentials", async () => {
    expect(await configs().during(undefined, (made) => Promise.resolve(made))).to.equal(undefined);
  });

  it("gives each work its own", async () => {
    const all = configs();
    const [a, b] = await Promise.all([
      all.during(CONFIG, (made) => Promise.resolve(made)),
      all.during(CONFIG, (made) => Promise.resolve(made)),
    ]);

    expect(a).not.to.equal(b);
  });

  it("removes what a killed controller left, without being used, and nothing of another one's", async () => {
    const made = (await configs().during(CONFIG, (path) => Promise.resolve(path))) ?? "";
    const place = dirname(made);
    const prefix = basename(made).slice(0, -6);
    const left = join(place, `${prefix}left01`);
    const others = join(place, `conops-0123456789abcdef-left01`);
    for (const path of [left, others]) mkdirSync(path);
    writeFileSync(join(left, "config.json"), CONFIG);

    try {
      configs();
      for (let tries = 0; existsSync(left) && tries < 200; tries += 1) await setTimeout(10);

      expect(existsSync(left)).to.equal(false);
      expect(existsSync(others)).to.equal(true);
      expect(readdirSync(place).filter((name) => name.startsWith(prefix))).to.deep.equal([]);
    } finally {
      rmSync(others, { recursive: true, force: true });
    }
  });
});
