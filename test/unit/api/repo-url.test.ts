import { expect } from "chai";
import fc from "fast-check";
import { parseRepoURL, type RepoURL } from "../../../controller/api/repo-url.ts";

function repo(url: string, scheme: RepoURL["scheme"], host: string, port: number): RepoURL {
  return { url, scheme, host, port };
}

describe("parseRepoURL()", () => {
  const good: readonly (readonly [string, RepoURL])[] = [
    [
      "https://git.example.com/a/b.git",
      repo("https://git.example.com/a/b.git", "https", "git.example.com", 443),
    ],
    [
      "HTTPS://Git.Example.COM:443/A/b/",
      repo("https://git.example.com/A/b", "https", "git.example.com", 443),
    ],
    [
      "https://git.example.com:8443/b",
      repo("https://git.example.com:8443/b", "https", "git.example.com", 8443),
    ],
    ["http://[2001:DB8::1]:3000/b", repo("http://[2001:db8::1]:3000/b", "http", "[2001:db8::1]", 3000)],
    ["http://git_server/b%20c.git", repo("http://git_server/b%20c.git", "http", "git_server", 80)],
    ["git://127.0.0.1:9418/b", repo("git://127.0.0.1/b", "git", "127.0.0.1", 9418)],
    ["https://git.example.com/a:b@c", repo("https://git.example.com/a:b@c", "https", "git.example.com", 443)],
    ["ssh://git@host:2222/b.git", repo("ssh://git@host:2222/b.git", "ssh", "host", 2222)],
    ["ssh://host/b", repo("ssh://host/b", "ssh", "host", 22)],
    ["git@Host:team/b.git", repo("git@host:team/b.git", "ssh", "host", 22)],
    ["host:b", repo("host:b", "ssh", "host", 22)],
    ["file:///srv/git//b.git/", repo("file:///srv/git/b.git", "file", "", 0)],
    ["file://localhost/srv/b", repo("file:///srv/b", "file", "", 0)],
    ["/srv/git/./b/", repo("/srv/git/b", "file", "", 0)],
  ];
  for (const [text, expected] of good) {
    it(`reads ${text}`, () => {
      expect(parseRepoURL(text, { allowFileRepos: true })).to.deep.equal({ repo: expected });
    });
  }

  const example = "such as https://git.example.com/team/shop.git";
  const schemes = "allowed are an https, http, git or ssh URL";
  const bad: readonly (readonly [string, string])[] = [
    ["", `must not be empty: name a Git repository, ${example}`],
    ["-oProxyCommand=x", 'must not begin with "-"'],
    ["--upload-pack=x", 'must not begin with "-"'],
    ["https://h/a b", "must not hold white space or control characters"],
    ["https://h/a\n", "must not hold white space or control characters"],
    ["git://h/a%0ahost=x", "must not hold encoded control characters"],
    ["ext::sh -c true", "must not hold white space or control characters"],
    ["ext::sh", `must not name the transport "ext::"; ${schemes}`],
    ["fd::17", `must not name the transport "fd::"; ${schemes}`],
    ["ftp://h/a", `must not have the scheme "ftp"; ${schemes}`],
    ["git+ssh://h/a", `must not have the scheme "git+ssh"; ${schemes}`],
    ["https://user:geheim@h/a", "must not hold credentials: put them into a Secret"],
    ["https://geheim@h/a", "must not hold credentials: put them into a Secret"],
    ["https://@h/a", "must not hold credentials: put them into a Secret"],
    ["ssh://git:geheim@h/a", "must not hold credentials: put them into a Secret"],
    ["ssh://-x@h/a", "must not hold credentials: put them into a Secret"],
    ["git:geheim@h:a", "must not hold credentials: put them into a Secret"],
    ["https://h/a?token=geheim", "must not hold a query or fragment (? or #)"],
    ["https://h/a#geheim", "must not hold a query or fragment (? or #)"],
    ["git@h:a#b", "must not hold a query or fragment (? or #)"],
    ["https:///a", `must name a host, ${example}`],
    ["https://:80/a", `must name a host, ${example}`],
    ["https://h", `names a host but no repository on it; write a URL ${example}`],
    ["https://h//", `names a host but no repository on it; write a URL ${example}`],
    ["https://h:0/a", "must have a port between 1 and 65535, or none"],
    ["https://h:65536/a", "must have a port between 1 and 65535, or none"],
    ["https://h:/a", "must have a port between 1 and 65535, or none"],
    ["https://h:8o/a", "must have a port between 1 and 65535, or none"],
    ["https://-h/a", 'must name a host of letters, digits, "-" and "."'],
    ["ssh://-oProxyCommand=x/a", 'must name a host of letters, digits, "-" and "."'],
    ["https://bücher.example/a", 'must name a host of letters, digits, "-" and "."'],
    ["h:-a", 'must not have a path that begins with "-"'],
    ["C:\\repos\\a", 'must not hold "\\": write "/" between the parts'],
    ["C:/repos/a", `must be an https, http, git or ssh URL, ${example}, not "C:/repos/a"`],
    [
      "github.com/team/shop",
      `must be an https, http, git or ssh URL, ${example}, not "github.com/team/shop"`,
    ],
    ["./shop", `must be an https, http, git or ssh URL, ${example}, not "./shop"`],
    ["/srv/a", "must not be a local path: the controller allows those only with --allow-file-repos"],
    ["file:///srv/a", "must not be a local path: the controller allows those only with --allow-file-repos"],
    ["file://srv/a", 'must name an absolute path: "file:///srv/git/shop.git"'],
  ];
  for (const [text, fault] of bad) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      expect(parseRepoURL(text, { allowFileRepos: false })).to.deep.equal({ fault });
    });
  }

  for (const text of ["/", "//server/share", "file:///", "/srv/a#b"]) {
    it(`refuses the local path ${text} also where local paths are allowed`, () => {
      expect(parseRepoURL(text, { allowFileRepos: true })).to.have.property("fault");
    });
  }

  it("reads what it made as the same repository", () => {
    for (const [text] of good) {
      const once = parseRepoURL(text, { allowFileRepos: true });
      const again = "repo" in once ? parseRepoURL(once.repo.url, { allowFileRepos: true }) : undefined;

      expect(again).to.deep.equal(once);
    }
  });

  it("never throws, and never repeats what stands before an @", () => {
    const prefix = fc.constantFrom(
      "https://",
      "ssh://",
      "git://",
      "",
      "x://",
      "file://",
      "ext::",
      "user:",
      " ",
    );
    const text = fc.tuple(prefix, fc.string({ maxLength: 8 }), fc.string({ maxLength: 20 }));
    fc.assert(
      fc.property(text, ([start, middle, end]) => {
        const parsed = parseRepoURL(`${start}${middle}geheim@${end}`, { allowFileRepos: true });

        expect("fault" in parsed ? parsed.fault : "").not.to.include("geheim");
      }),
    );
  });
});
