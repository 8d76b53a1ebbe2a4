/**
 * The process that `worker-process.ts` forks: runs requests side by side until its channel closes. It holds no state that
 * matters, and may be killed at any moment.
 */
import { readFileSync } from "node:fs";
import { messageOf } from "../api/errors.ts";
import { forbidDumps } from "../lib/harden.ts";
import { OperationFault } from "./operation-fault.ts";
import type { ControllerMessage, WorkerMessage } from "./protocol.ts";
import { maskOf } from "./worker-access.ts";
import { runRequest } from "./worker-ops.ts";

/** nodegit closes sockets and packs only when their objects are collected; nothing else here makes that happen. */
const COLLECT_EVERY_OPS = 50;
const PROGRESS_EVERY_MS = 1000;
/** Of its own, packs that are mapped not counted: a remote may advertise refs without end, faster than any limit of time. */
const MAX_MEMORY_KIB = 1024 * 1024;
const LOOK_AT_MEMORY_MS = 200;

let ops = 0;

function send(message: WorkerMessage): void {
  if (process.connected) process.send?.(message);
}

async function work({ id, request }: ControllerMessage): Promise<void> {
  let toldAt = 0;
  const progress = (): void => {
    if (performance.now() - toldAt < PROGRESS_EVERY_MS) return;
    toldAt = performance.now();
    send({ kind: "progress", id });
  };
  try {
    const data = await runRequest(request, progress);
    send({ kind: "done", id, data, rssBytes: process.memoryUsage.rss() });
  } catch (error) {
    const kind = error instanceof OperationFault ? error.kind : "native";
    const failure = {
      kind,
      message: maskOf("access" in request ? request.access : undefined)(messageOf(error)),
    };
    send({ kind: "failed", id, failure, rssBytes: process.memoryUsage.rss() });
  }
  if (++ops % COLLECT_EVERY_OPS === 0) global.gc?.({ type: "minor" });
}

/** libgit2 works in other threads, which nothing but the end of the process stops. */
function endWhenTooLarge(): void {
  const kib = Number(/^RssAnon:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? 0);
  if (kib < MAX_MEMORY_KIB) return;
  process.stderr.write("error: a remote or repository needs too much memory\n");
  process.kill(process.pid, "SIGKILL");
}

// It is given credentials, and libgit2 may crash.
forbidDumps();
// What is checked out is read by containers of any user.
process.umask(0o022);
// A terminal's Ctrl-C, and a service manager's SIGTERM, reach this process too; the controller decides when it ends.
process.on("SIGINT", () => undefined);
process.on("SIGTERM", () => undefined);
process.on("disconnect", () => process.exit(0));
process.on("message", (message) => void work(message as ControllerMessage));
setInterval(endWhenTooLarge, LOOK_AT_MEMORY_MS).unref();
send({ kind: "ready" });
