import { expect } from "chai";
import { startPruning } from "../../../controller/git/pruning.ts";
import { silentLog } from "../../../controller/lib/log.ts";
import { createFakeClock } from "../../support/fake-clock.ts";

const MINUTE = 60_000;

describe("startPruning()", () => {
  it("prunes now and every ten minutes, each time with what is followed then, and through failures", async () => {
    const clock = createFakeClock();
    const stop = new AbortController();
    const pruned: string[][] = [];
    let followed = ["a", "b"];
    startPruning({
      git: {
        prune(keep) {
          pruned.push([...keep]);
          return pruned.length === 2 ? Promise.reject(new Error("no")) : Promise.resolve();
        },
      },
      clock,
      log: silentLog,
      keep: () => new Set(followed),
      signal: stop.signal,
    });
    await clock.advance(9 * MINUTE);
    expect(pruned).to.deep.equal([["a", "b"]]);

    followed = ["b"];
    await clock.advance(12 * MINUTE);
    expect(pruned).to.deep.equal([["a", "b"], ["b"], ["b"]]);
    stop.abort(new Error("stopping"));
    await clock.advance(60 * MINUTE);

    expect(pruned).to.have.length(3);
    expect(clock.pending()).to.equal(0);
  });
});
