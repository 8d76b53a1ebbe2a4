import { expect } from "chai";
import { createLooks, type Looks } from "../../../controller/registry/looks.ts";
import { createFakeClock, type FakeClock } from "../../support/fake-clock.ts";

interface Setup {
  readonly clock: FakeClock;
  readonly looks: Looks;
  /** `AT what`, for each look that began. */
  readonly seen: string[];
  /** Ends the look under way. */
  readonly end: () => void;
}

/** With `slow`, a look lasts until `end`. */
function setUp(slow = false): Setup {
  const clock = createFakeClock();
  const seen: string[] = [];
  let end = (): void => {};
  const looks = createLooks(clock, async ({ files, fresh }) => {
    const what = files === undefined ? "all" : [...files].join(" ");
    seen.push(`${clock.monotonic()} ${what}${fresh ? " fresh" : ""}`);
    if (slow) await new Promise<void>((resolve) => (end = resolve));
  });
  return { clock, looks, seen, end: () => end() };
}

describe("createLooks()", () => {
  it("looks at what was hinted at when it has been quiet for a moment, and at everything afterwards", async () => {
    const { clock, looks, seen } = setUp();

    looks.hint("a.yaml");
    await clock.advance(50);
    looks.hint("b.yaml");
    await clock.advance(5000);

    expect(seen).to.deep.equal(["125 a.yaml b.yaml", "1050 all"]);
  });

  it("does not wait for quiet for ever", async () => {
    const { clock, looks, seen } = setUp();

    for (let at = 0; at < 400; at += 50) {
      looks.hint(`${at}.yaml`);
      await clock.advance(50);
    }

    expect(seen.slice(0, 2)).to.deep.equal(["150 0.yaml 50.yaml 100.yaml", "300 150.yaml 200.yaml 250.yaml"]);
  });

  it("looks at everything after a hint that more may have changed", async () => {
    const { clock, looks, seen } = setUp();

    looks.hint("a.yaml");
    looks.hint(undefined);
    await clock.advance(75);

    expect(seen).to.deep.equal(["75 all"]);
  });

  it("looks at everything rather than at hundreds of files", async () => {
    const { clock, looks, seen } = setUp();

    for (let file = 0; file < 300; file++) looks.hint(`${file}.yaml`);
    await clock.advance(75);

    expect(seen).to.deep.equal(["75 all"]);
  });

  it("makes one more look of all that was wished for while one is under way", async () => {
    const { clock, looks, seen, end } = setUp(true);

    void looks.now();
    await clock.advance(0);
    looks.hint("a.yaml");
    await clock.advance(75);
    void looks.now({ fresh: true });
    void looks.now();
    await clock.advance(25);
    end();
    await clock.advance(0);

    expect(seen).to.deep.equal(["0 all", "100 all fresh"]);
  });

  it("answers a wish by a look that began after it", async () => {
    const { clock, looks, seen, end } = setUp(true);
    const over: string[] = [];

    void looks.now().then(() => over.push("first"));
    await clock.advance(0);
    void looks.now().then(() => over.push("second"));
    end();
    await clock.advance(10);
    const between = [...over];
    end();
    await clock.advance(0);

    expect([seen.length, between, over]).to.deep.equal([2, ["first"], ["first", "second"]]);
  });

  it("rests after a look at everything as long as that took, before hints make another", async () => {
    const { clock, looks, seen, end } = setUp(true);

    void looks.now();
    await clock.advance(400);
    end();
    await clock.advance(0);
    looks.hint(undefined);
    await clock.advance(700);

    expect(seen).to.deep.equal(["0 all", "800 all"]);
  });

  it("begins nothing after close, which waits for the look under way", async () => {
    const { clock, looks, seen, end } = setUp(true);
    let isClosed = false;

    void looks.now();
    await clock.advance(0);
    looks.hint("a.yaml");
    void looks.close().then(() => (isClosed = true));
    await clock.advance(5000);
    const before = isClosed;
    end();
    await clock.advance(0);
    void looks.now();
    await clock.advance(5000);

    expect([before, isClosed, seen, clock.pending()]).to.deep.equal([false, true, ["0 all"], 0]);
  });
});
