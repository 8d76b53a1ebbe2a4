import { expect } from "chai";
import fc from "fast-check";
import { RECEIVER_TYPES } from "../../../controller/api/receiver.ts";
import { readNews, type News } from "../../../controller/receiver/news.ts";
import { sameRepository } from "../../../controller/receiver/same-repository.ts";
import { DELETED, OTHERS, PUSHES, SHA } from "../../support/deliveries.ts";

function pushesOf(news: News): unknown {
  return news.kind === "push" ? news.pushes : news.kind;
}

function of(host: string) {
  const sample = PUSHES.find((candidate) => candidate.host === host);
  if (sample === undefined) throw new Error(`there is no sample of ${host}`);
  return sample;
}

describe("readNews()", () => {
  for (const { host, type, payload, urls } of PUSHES) {
    it(`reads what ref moved where to, from ${host}`, () => {
      expect(pushesOf(readNews(type, payload))).to.deep.equal([{ ref: "refs/heads/main", sha: SHA }]);
    });

    for (const url of urls) {
      it(`reads from ${host} that it is about ${url}`, () => {
        const news = readNews(type, payload);

        const repositories = news.kind === "push" ? news.repositories : [];
        expect(repositories.some((repository) => sameRepository(repository, url))).to.equal(true);
      });
    }
  }

  for (const { host, type, kind, payload } of OTHERS) {
    it(`sees that ${host} ${kind === "ping" ? "only asks whether anybody is there" : "moved nothing"}`, () => {
      expect(readNews(type, payload)).to.deep.equal({ kind });
    });
  }

  it("names no commit for a ref that is gone", () => {
    const { type, payload } = of("GitHub");

    expect(pushesOf(readNews(type, { ...payload, after: DELETED, deleted: true }))).to.deep.equal([
      { ref: "refs/heads/main" },
    ]);
  });

  it("reads tags, and branches that are gone, from Bitbucket Cloud", () => {
    const changes = [
      { new: { type: "tag", name: "v1.2", target: { hash: SHA } }, old: null },
      { new: null, old: { type: "branch", name: "old/one", target: { hash: SHA } } },
    ];

    expect(pushesOf(readNews("bitbucket", { push: { changes } }))).to.deep.equal([
      { ref: "refs/tags/v1.2", sha: SHA },
      { ref: "refs/heads/old/one" },
    ]);
  });

  it("reads tags from GitLab", () => {
    const payload = { object_kind: "tag_push", ref: "refs/tags/v1", after: SHA, project: {} };

    expect(pushesOf(readNews("gitlab", payload))).to.deep.equal([{ ref: "refs/tags/v1", sha: SHA }]);
  });

  it("reads every change of one push", () => {
    const changes = ["a", "b"].map((name) => ({ refId: `refs/heads/${name}`, toHash: SHA, type: "ADD" }));

    expect(pushesOf(readNews("bitbucket", { eventKey: "mirror:repo_synchronized", changes }))).to.deep.equal([
      { ref: "refs/heads/a", sha: SHA },
      { ref: "refs/heads/b", sha: SHA },
    ]);
  });

  for (const [name, payload] of [
    [
      "there are more than it tells",
      { refLimitExceeded: true, changes: [{ refId: "refs/heads/a", toHash: SHA }] },
    ],
    ["one of them cannot be read", { changes: [{ refId: "refs/heads/a", toHash: SHA }, { refId: 1 }] }],
    [
      "there are very many",
      { changes: Array.from({ length: 1001 }, (_, n) => ({ refId: `refs/heads/${n}` })) },
    ],
  ] as const) {
    it(`names no refs when ${name}`, () => {
      expect(
        pushesOf(readNews("bitbucket", { eventKey: "mirror:repo_synchronized", ...payload })),
      ).to.deep.equal([]);
    });
  }

  it("takes a generic delivery that names nothing as: anything moved", () => {
    expect(readNews("generic", {})).to.deep.equal({ kind: "push", repositories: [], pushes: [] });
  });

  it("believes nothing to be a commit that is none", () => {
    for (const commit of ["main", "da15", `${SHA}0`, SHA.toUpperCase(), ` ${SHA}`, 1, null]) {
      expect(pushesOf(readNews("generic", { ref: "refs/heads/main", commit }))).to.deep.equal([
        { ref: "refs/heads/main" },
      ]);
    }
  });

  it("never throws, whatever a payload holds", () => {
    const keys = fc.constantFrom(
      "ref",
      "after",
      "repository",
      "project",
      "push",
      "changes",
      "new",
      "target",
      "links",
      "clone",
      "self",
      "href",
      "resource",
      "refUpdates",
      "object_kind",
      "eventType",
      "eventKey",
      "__proto__",
      "constructor",
    );
    const leaf = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom(
        "push",
        "git.push",
        "repo:refs_changed",
        "repository_update",
        "refs/heads/main",
        SHA,
        null,
      ),
    );
    const { node } = fc.letrec((tie) => ({
      node: fc.oneof(
        { maxDepth: 6 },
        leaf,
        fc.array(tie("node"), { maxLength: 3 }),
        fc.dictionary(keys, tie("node"), { maxKeys: 5 }),
      ),
    }));
    fc.assert(
      fc.property(fc.constantFrom(...RECEIVER_TYPES), fc.dictionary(keys, node), (type, payload) => {
        const news = readNews(type, payload);

        expect(["push", "ping", "other"]).to.include(news.kind);
        if (news.kind !== "push") return;
        for (const url of news.repositories) expect(url).to.be.a("string");
        for (const { ref, sha } of news.pushes) {
          expect(ref).to.match(/^refs\//);
          expect(sha ?? SHA).to.match(/^[0-9a-f]{40,64}$/);
        }
      }),
      { numRuns: 500 },
    );
  });
});
