/**
 * A process for the tests of locks: `lock-holder.ts PATH` takes the lock or waits for it, says `locked` on a line of its own,
 * starts a child that outlives it and says `child PID`, and then runs until it is killed.
 */
import { spawn } from "node:child_process";
import { systemClock } from "../../../controller/lib/clock.ts";
import { waitForLock } from "../../../controller/lib/flock.ts";

setInterval(() => {}, 1_000); // the clock's timers keep no process alive
const path = process.argv[2] ?? "";
process.stdout.write("started\n");
await waitForLock(path, { clock: systemClock, signal: new AbortController().signal, pollMs: 20 });
process.stdout.write("locked\n");
const child = spawn("sleep", ["60"], { detached: true, stdio: "ignore" });
child.unref();
process.stdout.write(`child ${child.pid}\n`);
