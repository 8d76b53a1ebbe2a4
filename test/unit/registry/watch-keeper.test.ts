import { expect } from "chai";
import { createWatchKeeper, type WatchKeeper } from "../../../controller/registry/watch-keeper.ts";
import { createFakeClock, type FakeClock } from "../../support/fake-clock.ts";

describe("createWatchKeeper()", () => {
  let clock: FakeClock;
  let keeper: WatchKeeper;
  /** What was started and closed, in order. */
  let seen: string[];
  let breakLast: () => void;
  beforeEach(() => {
    clock = createFakeClock();
    seen = [];
    let started = 0;
    keeper = createWatchKeeper({
      root: "/registry",
      clock,
      onHint: () => undefined,
      onBroken: (error) => void seen.push(`broken: ${String(error)}`),
      signal: new AbortController().signal,
      start({ onError }) {
        const number = ++started;
        seen.push(`start ${number}`);
        breakLast = () => onError("no space");
        return Promise.resolve({
          close() {
            seen.push(`close ${number}`);
            return Promise.resolve();
          },
        });
      },
    });
  });

  it("watches a folder once, and another one in its place anew", async () => {
    const isNew = [await keeper.watch("1:1"), await keeper.watch("1:1"), await keeper.watch("1:2")];

    expect(isNew).to.deep.equal([true, false, true]);
    expect(seen).to.deep.equal(["start 1", "close 1", "start 2"]);
  });

  it("tells that a watch broke, and makes another one after a while", async () => {
    await keeper.watch("1:1");
    breakLast();
    const afterwards = keeper.isWatching();
    const atOnce = await keeper.watch("1:1");
    await clock.advance(30_000);
    const later = await keeper.watch("1:1");

    expect([afterwards, atOnce, later, keeper.isWatching()]).to.deep.equal([false, false, true, true]);
    expect(seen).to.deep.equal(["start 1", "broken: no space", "close 1", "start 2"]);
  });

  it("watches a replaced folder at once, even after a broken watch", async () => {
    await keeper.watch("1:1");
    breakLast();

    expect([await keeper.watch("1:2"), keeper.isWatching()]).to.deep.equal([true, true]);
  });

  it("watches nothing after unwatch", async () => {
    await keeper.watch("1:1");
    await keeper.unwatch();
    await keeper.unwatch();

    expect([keeper.isWatching(), seen]).to.deep.equal([false, ["start 1", "close 1"]]);
  });
});
