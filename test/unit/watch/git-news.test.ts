import { expect } from "chai";
import type { Log } from "../../../controller/lib/log.ts";
import { tellNews } from "../../../controller/watch/git-news.ts";
import type { SourceState } from "../../../controller/watch/watch.ts";

const A = "a".repeat(40);
const B = "b".repeat(40);
const application = "shop";
const error = { reason: "FetchFailed", message: "Cannot read it: no", since: 1 } as const;

describe("tellNews()", () => {
  const cases: readonly {
    readonly name: string;
    readonly before: SourceState;
    readonly after: SourceState;
    readonly said: readonly [level: string, message: string, fields: object] | undefined;
  }[] = [
    {
      name: "says quietly what the first answer is",
      before: {},
      after: { revision: A, ref: "refs/heads/main" },
      said: ["debug", "source read", { revision: A, ref: "refs/heads/main" }],
    },
    {
      name: "says from where to where a branch moved",
      before: { revision: A, ref: "refs/heads/main" },
      after: { revision: B, ref: "refs/heads/main" },
      said: ["info", "source moved", { from: A, to: B, ref: "refs/heads/main" }],
    },
    {
      name: "says from which tag to which a range of versions moved",
      before: { revision: A, ref: "refs/tags/v1.0.0" },
      after: { revision: B, ref: "refs/tags/v1.1.0" },
      said: [
        "info",
        "source moved",
        { from: A, to: B, ref: "refs/tags/v1.1.0", fromRef: "refs/tags/v1.0.0" },
      ],
    },
    {
      name: "says that the same commit has another name",
      before: { revision: A, ref: "refs/tags/v1.0.0" },
      after: { revision: A, ref: "refs/tags/v1.0.1" },
      said: [
        "info",
        "source is named anew",
        { revision: A, ref: "refs/tags/v1.0.1", fromRef: "refs/tags/v1.0.0" },
      ],
    },
    {
      name: "says that a tag was made anew",
      before: { revision: A, ref: "refs/tags/v1", tagObject: A },
      after: { revision: A, ref: "refs/tags/v1", tagObject: B },
      said: ["info", "source is named anew", { revision: A, ref: "refs/tags/v1" }],
    },
    {
      name: "says what is wrong",
      before: { revision: A },
      after: { revision: A, error },
      said: ["warn", "source has a problem", { reason: error.reason, message: error.message }],
    },
    {
      name: "says that all is well again",
      before: { revision: A, error },
      after: { revision: B, ref: "refs/heads/main" },
      said: ["info", "source is back", { revision: B }],
    },
    { name: "says nothing of nothing", before: { revision: A }, after: { revision: A }, said: undefined },
  ];
  for (const { name, before, after, said } of cases) {
    it(name, () => {
      const lines: unknown[] = [];
      const level =
        (which: string) =>
        (message: string, fields?: object): void =>
          void lines.push([which, message, fields]);
      const log: Log = {
        debug: level("debug"),
        info: level("info"),
        warn: level("warn"),
        error: level("error"),
      };

      tellNews(log, application, { before, after });

      const expected = said && [said[0], said[1], { application, ...said[2] }];
      expect(lines).to.deep.equal(expected === undefined ? [] : [expected]);
    });
  }
});
