import { expect } from "chai";
import { createLocks } from "../../../controller/git/locks.ts";

const never = new AbortController().signal;

interface Recorder {
  readonly granted: readonly string[];
  readonly note: (label: string, lock: Promise<() => void>) => void;
  readonly release: (label: string) => Promise<void>;
}

/** The order in which locks are granted. */
function recorder(): Recorder {
  const granted: string[] = [];
  const releases = new Map<string, () => void>();
  return {
    granted,
    note(label: string, lock: Promise<() => void>): void {
      lock.then(
        (release) => {
          granted.push(label);
          releases.set(label, release);
        },
        () => void granted.push(`${label} gave up`),
      );
    },
    async release(label: string): Promise<void> {
      releases.get(label)?.();
      await turn();
    },
  };
}

async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

describe("createLocks()", () => {
  it("lets one be alone at a time, first come first served", async () => {
    const locks = createLocks();
    const { granted, note, release } = recorder();
    for (const label of ["one", "two", "three"]) note(label, locks.exclusive("a", never));
    await turn();
    expect(granted).to.deep.equal(["one"]);

    await release("one");
    await release("one"); // a second time does nothing

    expect(granted).to.deep.equal(["one", "two"]);
  });

  it("lets several share, but not past one who waits to be alone", async () => {
    const locks = createLocks();
    const { granted, note, release } = recorder();
    note("r1", locks.shared("a", never));
    note("r2", locks.shared("a", never));
    note("w", locks.exclusive("a", never));
    note("r3", locks.shared("a", never));
    await turn();
    expect(granted).to.deep.equal(["r1", "r2"]);

    await release("r1");
    await release("r2");
    expect(granted).to.deep.equal(["r1", "r2", "w"]);
    await release("w");

    expect(granted).to.deep.equal(["r1", "r2", "w", "r3"]);
  });

  it("keeps names apart", async () => {
    const locks = createLocks();
    const { granted, note } = recorder();

    note("a", locks.exclusive("a", never));
    note("b", locks.exclusive("b", never));
    await turn();

    expect(granted).to.deep.equal(["a", "b"]);
  });

  it("frees who gives up waiting, and those behind it", async () => {
    const locks = createLocks();
    const stop = new AbortController();
    const { granted, note } = recorder();
    note("r1", locks.shared("a", never));
    note("w", locks.exclusive("a", stop.signal));
    note("r2", locks.shared("a", never));
    await turn();

    stop.abort(new Error("no more"));
    await turn();

    expect(granted.toSorted()).to.deep.equal(["r1", "r2", "w gave up"]);
  });

  it("tells at once whether being alone is possible", async () => {
    const locks = createLocks();
    const release = locks.tryExclusive("a");
    expect(release === undefined).to.equal(false);
    expect(locks.tryExclusive("a")).to.equal(undefined);

    release?.();

    expect(locks.tryExclusive("a") === undefined).to.equal(false);
  });
});
