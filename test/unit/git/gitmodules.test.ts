import { expect } from "chai";
import { parseGitmodules } from "../../../controller/git/gitmodules.ts";

function read(text: string): Readonly<Record<string, string>> | string {
  const parsed = parseGitmodules(text);
  return "fault" in parsed ? parsed.fault : Object.fromEntries(parsed.urls);
}

describe("parseGitmodules()", () => {
  const cases: Readonly<Record<string, readonly [string, Readonly<Record<string, string>> | string]>> = {
    "reads what git submodule add writes": [
      '[submodule "libs/x"]\n\tpath = libs/x\n\turl = https://example.com/x.git\n[submodule "y"]\n\tpath = y\n\turl = ../y.git\n\tbranch = main\n',
      { "libs/x": "https://example.com/x.git", y: "../y.git" },
    ],
    "takes nothing from an empty file": ["", {}],
    "goes by the path, not by the name": ['[submodule "../../x"]\npath = a\nurl = b\n', { a: "b" }],
    "leaves out what has no URL, or no path": ['[submodule "x"]\npath = a\n[submodule "y"]\nurl = b\n', {}],
    "takes no command, and no other section": [
      '[submodule "x"]\npath = a\nurl = b\nupdate = !touch /tmp/x\n[core]\nsshCommand = x\n[include]\npath = /etc/passwd\n[url "c"]\ninsteadOf = b\n',
      { a: "b" },
    ],
    "knows comments, blank lines, and a first line after the head": [
      '# x\n; y\n\n[submodule "x"] path = a ; z\nurl = b#c\n',
      { a: "b" },
    ],
    "knows quotes and escapes": [
      '[submodule "x"]\npath = "a # b" c\\t\nurl = \\"b\\\\\n',
      { "a # b c\t": '"b\\' },
    ],
    "knows lines that go on": ['[submodule "x"]\npath = a\\\n b\nurl = c\n', { "a b": "c" }],
    "knows Windows' line ends, and a byte order mark": [
      '\ufeff[submodule "x"]\r\n\tpath = a\r\n\turl = b\r\n',
      { a: "b" },
    ],
    "knows upper case, and the old form of a head": [
      '[SubModule "X"]\nPATH = a\nUrl = b\n[submodule.y]\npath = c\nurl = d\n',
      { a: "b", c: "d" },
    ],
    "gathers what stands apart": [
      '[submodule "x"]\npath = a\n[core]\n[submodule "x"]\nurl = b\n',
      { a: "b" },
    ],
    "refuses a URL that is there twice": [
      '[submodule "x"]\npath = a\nurl = b\n[submodule "x"]\nurl = c\n',
      'line 5: it names the url of "x" twice',
    ],
    "refuses a path that two have": [
      '[submodule "x"]\npath = a\nurl = b\n[submodule "y"]\npath = a\nurl = c\n',
      'it gives the path "a" to two submodules',
    ],
    "refuses a line before any head": ["path = a\n", "line 1: it is no line of a Git configuration"],
    "refuses a quote that is not closed": [
      '[submodule "x"]\npath = "a\nurl = b\n',
      "line 2: it is no line of a Git configuration",
    ],
    "refuses an escape that means nothing": [
      '[submodule "x"]\n\n\npath = \\x\n',
      "line 4: it is no line of a Git configuration",
    ],
    "refuses a head that is not closed": [
      '[submodule "x"\npath = a\n',
      "line 1: the head of a section is malformed",
    ],
    "takes a tab for the end of a value, or as one in quotes": [
      '[submodule "x"]\npath = a\t\t# b\nurl = "b\tc"\n',
      { a: "b\tc" },
    ],
    "refuses a tab in a value, which is kept or made a space by the version of Git": [
      '[submodule "x"]\npath = a\tb\nurl = c\n',
      "line 2: a tab in a path means another thing to each Git: put it into quotes",
    ],
    "minds no tab where nothing looks": ['[submodule "x"]\npath = a\nurl = c\nbranch = a\tb\n', { a: "c" }],
    "refuses a zero byte": ['[submodule "x"]\npath = a\0b\n', "line 2: it is no line of a Git configuration"],
    "knows names that JavaScript gives a meaning": [
      '[submodule "__proto__"]\npath = constructor\nurl = toString\n',
      { constructor: "toString" },
    ],
  };
  for (const [name, [text, expected]] of Object.entries(cases)) {
    it(name, () => {
      expect(read(text)).to.deep.equal(expected);
    });
  }

  it("takes a time that grows with the text alone", () => {
    for (const text of [
      '[submodule "',
      `[submodule "x"]\npath =${" ".repeat(500_000)}`,
      "[a ".repeat(200_000),
      `[x]\n${"a".repeat(900_000)}`,
    ]) {
      parseGitmodules(text.padEnd(900_000, "\\"));
    }
  });
});
