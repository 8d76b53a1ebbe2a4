import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect } from "chai";
import { ROOT, runScript, temporaryFolder } from "./run-script.ts";

describe("scripts/run-tests.mjs", () => {
  let folder: string;
  let remove: () => void;

  beforeEach(() => {
    ({ folder, remove } = temporaryFolder());
  });

  afterEach(() => remove());

  function suite(name: string, source: string): void {
    mkdirSync(path.join(folder, name, "deep"), { recursive: true });
    writeFileSync(path.join(folder, name, "deep", "some.test.ts"), source);
  }

  async function run(...suites: string[]) {
    const script = path.join(ROOT, "scripts", "run-tests.mjs");
    const { code, stdout } = await runScript(process.execPath, [script, "--tests", folder, ...suites]);
    return { code, sum: stdout.trimEnd().split("\n").at(-1) };
  }

  const PASSES = 'it("passes", () => {}); it("passes as well", () => {});';
  const FAILS = 'it("passes", () => {}); it("fails", () => { throw new Error("as it should"); });';

  it("closes with the sum over all suites", async () => {
    suite("one", PASSES);
    suite("two", FAILS);

    expect(await run("one", "two")).to.deep.equal({ code: 1, sum: "3 passed, 1 failed" });
  });

  it("succeeds when everything passed", async () => {
    suite("one", PASSES);

    expect(await run("one")).to.deep.equal({ code: 0, sum: "2 passed, 0 failed" });
  });

  for (const { what, source, sum } of [
    {
      what: "a suite that breaks off while loading",
      source: 'throw new Error("no");',
      sum: "0 passed, 1 failed",
    },
    { what: "a test that is skipped", source: 'it.skip("skipped", () => {});', sum: "0 passed, 1 failed" },
    { what: "a suite without a test", source: "export {};", sum: "0 passed, 1 failed" },
    {
      what: "a process that ends in the middle",
      source: 'it("passes", () => {}); it("ends", () => process.exit(0));',
      sum: "0 passed, 1 failed",
    },
  ]) {
    it(`counts ${what} as a failure`, async () => {
      suite("one", source);

      expect(await run("one")).to.deep.equal({ code: 1, sum });
    });
  }

  it("counts a suite without files as a failure", async () => {
    expect(await run("nowhere")).to.deep.equal({ code: 1, sum: "0 passed, 1 failed" });
  });
});
