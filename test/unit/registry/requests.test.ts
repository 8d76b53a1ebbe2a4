import { mkdtempSync, rmSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import type { RegistryRequest } from "../../../controller/registry/registry.ts";
import {
  parseRequest,
  removeRequest,
  requestFileOf,
  writeRequest,
} from "../../../controller/registry/requests.ts";

const request: RegistryRequest = {
  action: "confirm-deletion",
  name: "shop",
  token: "t1",
  requestedAt: "2026-01-02T03:04:05Z",
};
const file = "application.shop.confirm-deletion.request.yaml";
const good: Readonly<Record<string, unknown>> = {
  apiVersion: "conops.dev/v1alpha1",
  kind: "Request",
  ...request,
};

const parse = (name: string, value: unknown): RegistryRequest | string =>
  parseRequest(name, Buffer.from(typeof value === "string" ? value : JSON.stringify(value)));

describe("parseRequest()", () => {
  it("reads a request", () => {
    expect(parse(file, good)).to.deep.equal(request);
  });

  const wrong: readonly (readonly [name: string, file: string, value: unknown, message: RegExp])[] = [
    [
      "an unknown action",
      "application.shop.explode.request.yaml",
      good,
      /ACTION one of sync, retry, confirm-deletion/,
    ],
    ["another kind of resource", "receiver.shop.sync.request.yaml", good, /its name must be/],
    ["a name that is no DNS label", "application.Shop_.sync.request.yaml", good, /its name must be/],
    ["another name than its file's", file, { ...good, name: "blog" }, /^name must be "shop"$/],
    [
      "another action than its file's",
      file,
      { ...good, action: "sync" },
      /^action must be "confirm-deletion"$/,
    ],
    ["another API", file, { ...good, apiVersion: "v1" }, /^apiVersion must be/],
    ["another kind", file, { ...good, kind: "Application" }, /^kind must be "Request"$/],
    ["no token", file, { ...good, token: "" }, /^token must be a short text$/],
    ["a token that is no text", file, { ...good, token: 7 }, /^token must be a short text$/],
    ["a time that is none", file, { ...good, requestedAt: "2026-13-02T03:04:05Z" }, /RFC 3339/],
    ["no mapping", file, "- a", /must be/],
    ["no YAML", file, "{", /not a YAML mapping/],
    ["nothing", file, "", /not a YAML mapping/],
    ["aliases", file, "a: &a [1]\nb: *a\n", /not a YAML mapping/],
  ];
  for (const [name, path, value, message] of wrong) {
    it(`refuses a request with ${name}`, () => {
      expect(parse(path, value)).to.match(message);
    });
  }
});

describe("the requests of a folder", () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "conops-requests-"));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  it("are written whole, a newer in the place of an older", async () => {
    await writeRequest(dir, request);
    await writeRequest(dir, { ...request, token: "t2" });

    expect(await readdir(dir)).to.deep.equal([requestFileOf(request)]);
    expect(parseRequest(file, await readFile(join(dir, file)))).to.deep.equal({ ...request, token: "t2" });
  });

  it("are not written when nobody could read them", async () => {
    const failure = await writeRequest(dir, { ...request, name: "Not/A.Name" }).then(
      () => "",
      (error: unknown) => (error as Error).message,
    );

    expect(failure).to.match(/^Cannot write request "application\.Not\/A\.Name/);
    expect(await readdir(dir)).to.deep.equal([]);
  });

  it("are removed, and nothing is left of them", async () => {
    await writeRequest(dir, request);

    await removeRequest(dir, request);
    await removeRequest(dir, request);

    expect(await readdir(dir)).to.deep.equal([]);
  });

  it("are not removed when a newer one has taken their place", async () => {
    await writeRequest(dir, { ...request, token: "t2" });

    await removeRequest(dir, request);

    expect(await readdir(dir)).to.deep.equal([file]);
    expect(parseRequest(file, await readFile(join(dir, file)))).to.deep.equal({ ...request, token: "t2" });
  });

  it("are not removed when what stands in their place cannot be understood", async () => {
    await writeFile(join(dir, file), "half a requ");

    await removeRequest(dir, request);

    expect(await readFile(join(dir, file), "utf8")).to.equal("half a requ");
  });
});
