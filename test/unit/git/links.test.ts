import { expect } from "chai";
import fc from "fast-check";
import { lstat, mkdir, mkdtemp, realpath, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { judgeLink, type LinkVerdict } from "../../../controller/git/links.ts";

describe("judgeLink()", () => {
  const cases: { name: string; links: Record<string, string>; expected: LinkVerdict }[] = [
    { name: "allows a link to a neighbour", links: { "a/link": "file" }, expected: "inside" },
    {
      name: "allows a link up and down within the checkout",
      links: { "a/link": "../b/c" },
      expected: "inside",
    },
    { name: "allows a link to the checkout itself", links: { "a/link": ".." }, expected: "inside" },
    { name: "allows a link to what is not there", links: { link: "nothing/here" }, expected: "inside" },
    { name: "refuses an absolute target", links: { link: "/etc/passwd" }, expected: "outside" },
    { name: "refuses the folder above", links: { link: ".." }, expected: "outside" },
    { name: "refuses a way out and back in", links: { link: "../checkout/file" }, expected: "outside" },
    {
      name: "refuses a way out through what is not there",
      links: { link: "x/../../y" },
      expected: "outside",
    },
    {
      name: "refuses a chain of links that leaves only as a whole",
      links: { link: "a/up/up", "a/up": "..", up: ".." },
      expected: "outside",
    },
    {
      name: "refuses a link through a link that leaves",
      links: { link: "etc/passwd", etc: "/etc" },
      expected: "outside",
    },
    {
      name: "resolves .. behind a link from where the link leads",
      links: { link: "deep/../../x", deep: "a/b/c" },
      expected: "inside",
    },
    { name: "finds a circle of one", links: { link: "link" }, expected: "circular" },
    { name: "finds a circle of two", links: { link: "other", other: "link" }, expected: "circular" },
    { name: "takes odd spellings", links: { "a/link": ".//./../b/" }, expected: "inside" },
  ];
  for (const { name, links, expected } of cases) {
    it(name, () => {
      const path = Object.keys(links)[0] ?? "";

      expect(judgeLink(path, new Map(Object.entries(links)))).to.equal(expected);
    });
  }

  it("calls no link inside that the kernel resolves to a place outside", async () => {
    const part = fc.constantFrom("a", "b", "c", "..", ".", "");
    const target = fc
      .tuple(fc.boolean(), fc.array(part, { minLength: 1, maxLength: 5 }))
      .map(([absolute, parts]) => {
        const text = (absolute && parts.length > 4 ? "/" : "") + parts.join("/");
        return text === "" ? "a" : text;
      });
    const path = fc.constantFrom("a", "b", "c", "d/a", "d/b", "d/e/c");
    await fc.assert(
      fc.asyncProperty(fc.dictionary(path, target, { minKeys: 1 }), async (links) => {
        const outer = await realpath(await mkdtemp(join(tmpdir(), "conops-links-")));
        const root = join(outer, "root");
        try {
          for (const name of ["a", "b", "c"]) await mkdir(join(outer, name), { recursive: true });
          for (const [at, to] of Object.entries(links)) {
            await mkdir(dirname(join(root, at)), { recursive: true });
            await symlink(to, join(root, at));
          }
          for (const at of Object.keys(links)) {
            const real = await realpath(join(root, at)).catch(() => undefined);
            const isInside = real === undefined || real === root || real.startsWith(`${root}/`);
            const verdict = judgeLink(at, new Map(Object.entries(links)));
            expect(verdict !== "inside" || isInside).to.equal(true);
            expect((await lstat(join(root, at))).isSymbolicLink()).to.equal(true);
          }
        } finally {
          await rm(outer, { recursive: true, force: true });
        }
      }),
      { numRuns: 40 },
    );
  });
});
