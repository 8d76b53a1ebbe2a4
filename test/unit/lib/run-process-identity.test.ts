import { expect } from "chai";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { systemClock } from "../../../controller/lib/clock.ts";
import { endGroup, isAlive, readIdentity, waitForEnd } from "../../../controller/lib/process-identity.ts";

const never = new AbortController().signal;

describe("a process's identity", () => {
  it("is alive while the process runs, and dead as soon as it ended", async () => {
    const child = spawn("sleep", ["60"], { detached: true, stdio: "ignore" });
    const identity = readIdentity(child.pid as number);
    expect(isAlive(identity)).to.equal(true);

    const ended = await endGroup(identity, { graceMs: 2000 });

    expect([ended, isAlive(identity)]).to.deep.equal([true, false]);
  });

  it("is dead when the pid belongs to another process, and then nothing is ended", async () => {
    const child = spawn("sleep", ["60"], { detached: true, stdio: "ignore" });
    const identity = readIdentity(child.pid as number);
    const former = { ...identity, startTicks: identity.startTicks - 1 };

    expect(isAlive(former)).to.equal(false);
    expect(await endGroup(former, { graceMs: 10 })).to.equal(true);
    expect(isAlive(identity)).to.equal(true);
    await endGroup(identity, { graceMs: 1000 });
  });

  it("is dead after a reboot", () => {
    const own = readIdentity(process.pid);

    expect(isAlive({ ...own, bootId: "another boot" })).to.equal(false);
  });

  it("is dead as a zombie that nobody has waited for", async () => {
    // The shell becomes `sleep`, which never waits for the child that it inherits.
    const child = spawn("sh", ["-c", "sh -c 'echo $$; read -r _; exit 0' & exec sleep 60"], {
      detached: true,
      stdio: ["pipe", "pipe", "ignore"],
    });
    const [line] = (await once(child.stdout, "data")) as [Buffer];
    const pid = Number(line.toString().trim());
    const zombie = readIdentity(pid);
    while (!readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ")) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }

    expect(isAlive(zombie)).to.equal(false);
    await endGroup(readIdentity(child.pid as number), { graceMs: 1000 });
  });

  it("is alive as long as its group has a member", async () => {
    const child = spawn("sh", ["-c", "sleep 60 & echo on; exit 0"], {
      detached: true,
      stdio: ["ignore", "pipe", "ignore"],
    });
    const identity = readIdentity(child.pid as number);
    await Promise.all([once(child.stdout, "data"), once(child, "exit")]);

    expect(isAlive(identity)).to.equal(true);
    expect(await waitForEnd(identity, 60, never, systemClock)).to.equal(false);
    expect(await endGroup(identity, { graceMs: 1000 })).to.equal(true);
    child.stdout.destroy();
  });

  it("kills what ignores the polite signal", async () => {
    const child = spawn("sh", ["-c", "trap '' TERM; echo on; while :; do sleep 1; done"], {
      detached: true,
      stdio: ["ignore", "pipe", "ignore"],
    });
    const identity = readIdentity(child.pid as number);
    await once(child.stdout, "data");

    expect(await endGroup(identity, { graceMs: 100 })).to.equal(true);
    expect(isAlive(identity)).to.equal(false);
  });

  it("is no longer waited for when the signal aborts", async () => {
    const abort = new AbortController();
    const wait = waitForEnd(readIdentity(process.pid), 60_000, abort.signal).then(
      () => "ended",
      (error: unknown) => error,
    );
    const reason = new Error("shutdown");
    abort.abort(reason);

    expect(await wait).to.equal(reason);
  });
});
