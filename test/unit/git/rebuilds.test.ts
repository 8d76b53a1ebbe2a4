import { expect } from "chai";
import { createRebuilds } from "../../../controller/git/rebuilds.ts";
import { silentLog } from "../../../controller/lib/log.ts";
import { createFakeClock } from "../../support/fake-clock.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

function start(takesMs: number, fails: (id: string) => boolean = () => false) {
  const clock = createFakeClock();
  const made: { id: string; at: number }[] = [];
  const running = { now: 0, most: 0 };
  const signals: AbortSignal[] = [];
  const rebuilds = createRebuilds({
    clock,
    random: () => 0.5,
    log: silentLog,
    delayMs: MINUTE,
    async rebuild(id, signal) {
      made.push({ id, at: clock.monotonic() / MINUTE });
      signals.push(signal);
      running.most = Math.max(running.most, ++running.now);
      await new Promise<void>((resolve) => void clock.after(takesMs, resolve));
      running.now--;
      if (fails(id)) throw new Error("no");
    },
  });
  return { clock, rebuilds, made, running, signals };
}

describe("createRebuilds()", () => {
  it("makes one mirror at a time, each after a while", async () => {
    const { clock, rebuilds, made, running } = start(10 * MINUTE);

    for (const id of ["a", "b", "c", "b"]) rebuilds.ask(id);
    await clock.advance(2 * MINUTE);
    rebuilds.ask("a"); // is being made
    await clock.advance(HOUR);

    expect(made).to.deep.equal([
      { id: "a", at: 1.5 },
      { id: "b", at: 13 },
      { id: "c", at: 24.5 },
    ]);
    expect(running.most).to.equal(1);
  });

  it("makes none again within an hour, and one that failed not for half a day", async () => {
    const { clock, rebuilds, made } = start(0, (id) => id === "bad");
    const askAll = (): void => ["good", "bad"].forEach((id) => rebuilds.ask(id));

    for (let n = 0; n < 26 * 2; n++) {
      askAll();
      await clock.advance(HOUR / 2);
    }

    expect(made.filter(({ id }) => id === "good").length).to.be.within(16, 26);
    expect(made.filter(({ id }) => id === "bad").length).to.equal(3);
  });

  it("begins nothing after it was closed, and breaks off what is under way", async () => {
    const { clock, rebuilds, made, signals } = start(10 * MINUTE);
    rebuilds.ask("a");
    rebuilds.ask("b");
    await clock.advance(2 * MINUTE);

    rebuilds.close();
    rebuilds.ask("c");
    await clock.advance(HOUR);

    expect(made.map(({ id }) => id)).to.deep.equal(["a"]);
    expect(signals[0]?.aborted).to.equal(true);
    expect(clock.pending()).to.equal(0);
  });
});
