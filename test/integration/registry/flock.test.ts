import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect } from "chai";
import { systemClock } from "../../../controller/lib/clock.ts";
import { tryLock, waitForLock } from "../../../controller/lib/flock.ts";

interface Holder {
  readonly process: ChildProcess;
  /** Resolves with the first line that begins so. */
  says(word: string): Promise<string>;
  hasSaid(word: string): boolean;
}

describe("a lock that the kernel holds", function () {
  this.timeout(20_000);
  let root: string;
  let path: string;
  let holders: Holder[];
  let children: number[];
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "conops-lock-"));
    path = join(root, "lock");
    holders = [];
    children = [];
  });
  afterEach(() => {
    for (const { process } of holders) process.kill("SIGKILL");
    for (const pid of children) process.kill(pid, "SIGKILL");
    rmSync(root, { recursive: true });
  });

  function startHolder(): Holder {
    const file = join(import.meta.dirname, "lock-holder.ts");
    const child = spawn(process.execPath, ["--import", "tsx", file, path], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const lines: string[] = [];
    const output = createInterface({ input: child.stdout });
    output.on("line", (line) => lines.push(line));
    const find = (word: string): string | undefined => lines.find((line) => line.startsWith(word));
    const holder: Holder = {
      process: child,
      hasSaid: (word) => find(word) !== undefined,
      async says(word) {
        for (;;) {
          const line = find(word);
          if (line !== undefined) return line;
          await once(output, "line");
        }
      },
    };
    holders.push(holder);
    return holder;
  }

  it("is held by one, and free again when it is given back", () => {
    const first = tryLock(path);
    const second = tryLock(path);
    first?.release();
    first?.release();
    const third = tryLock(path);
    third?.release();

    expect([first === undefined, second === undefined, third === undefined]).to.deep.equal([
      false,
      true,
      false,
    ]);
  });

  it("says its owner's pid to people, and nothing of an owner before", async () => {
    await writeFile(path, "4294967295 and more\n");

    const lock = tryLock(path);
    const text = await readFile(path, "utf8");
    lock?.release();

    expect(text).to.equal(`${process.pid}\n`);
  });

  it("is not held by a file that was removed", async () => {
    const first = tryLock(path);
    await rm(path);
    const second = tryLock(path);
    const third = tryLock(path);
    first?.release();
    second?.release();

    expect([second === undefined, third === undefined]).to.deep.equal([false, true]);
  });

  it("cannot be taken in a folder that is not there", () => {
    expect(() => tryLock(join(root, "nothing", "lock"))).to.throw(/^Cannot lock ".*": ENOENT/);
  });

  it("is not waited for any longer than the signal allows", async () => {
    const lock = tryLock(path);
    const stop = new AbortController();
    const waiting = waitForLock(path, { clock: systemClock, signal: stop.signal, pollMs: 10 });
    const reason = new Error("stopped");
    stop.abort(reason);

    const failure = await waiting.then(
      () => undefined,
      (error: unknown) => error,
    );
    lock?.release();

    expect(failure).to.equal(reason);
  });

  it("is taken over by a process that waits when its owner is killed, whatever child is left", async () => {
    const first = startHolder();
    await first.says("locked");
    const child = Number((await first.says("child")).split(" ")[1]);
    children.push(child);
    const here = tryLock(path);
    const second = startHolder();
    await second.says("started");
    const hadBoth = second.hasSaid("locked");

    first.process.kill("SIGKILL");
    await second.says("locked");
    children.push(Number((await second.says("child")).split(" ")[1]));

    expect([here, hadBoth]).to.deep.equal([undefined, false]);
    expect(await readFile(path, "utf8")).to.equal(`${second.process.pid}\n`);
    expect(process.kill(child, 0)).to.equal(true); // lives on, and does not hold it
  });

  it("is taken over when its owner gives it back", async () => {
    const lock = tryLock(path);
    const waiter = startHolder();
    await waiter.says("started");

    lock?.release();
    await waiter.says("locked");
    children.push(Number((await waiter.says("child")).split(" ")[1]));

    expect(tryLock(path)).to.equal(undefined);
  });
});
