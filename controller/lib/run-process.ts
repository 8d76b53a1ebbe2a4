/**
 * Runs one program to its end: in a process group of its own, in exactly the environment that is given, within limits of
 * time and memory, cancelled by a signal. Who it is can be recorded before it does anything.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, openSync, readSync, unlinkSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { Duplex, Writable } from "node:stream";
import type { Clock } from "./clock.ts";
import { type ProcessIdentity, readIdentity, signalGroup, waitForEnd } from "./process-identity.ts";
import { createOutputLines, type OutputLines } from "./run-process-output.ts";

export interface ProcessRequest {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The whole environment of the program. `PWD` may name another folder than `cwd`. */
  readonly env: Readonly<Record<string, string>>;
  /** Default: empty. */
  readonly stdin?: string;
  /** `total`: of the whole run. `idle`: since the program last wrote something. */
  readonly limit: { readonly kind: "total" | "idle"; readonly ms: number };
  /** Between SIGTERM and SIGKILL. */
  readonly graceMs: number;
  /** Address space, by `ulimit -v`. Default: none. */
  readonly memoryBytes?: number;
  /**
   * `pipe`: the program dies with this process. `file`: it outlives this process and is never harmed by its end; its
   * output goes to a file without a name in `folder`.
   */
  readonly output: { readonly kind: "pipe" } | { readonly kind: "file"; readonly folder: string };
  /** With `pipe`: keep standard output, up to so many bytes, as data and not as lines. */
  readonly captureStdoutBytes?: number;
  readonly signal: AbortSignal;
  /** Awaited before the program runs; when it rejects, the program is never started. */
  readonly onSpawn?: (identity: ProcessIdentity) => Promise<void>;
  readonly onLine?: (line: string) => void;
  /** Takes out of each line what nobody may read; captured standard output stays whole. */
  readonly mask?: (text: string) => string;
}

export interface ProcessResult {
  /** `exited`: by itself. `limit`: ended after its limit. `cancelled`: ended by the signal. */
  readonly ended: "exited" | "limit" | "cancelled";
  /** Undefined when a signal ended it. */
  readonly exitCode: number | undefined;
  readonly exitSignal: NodeJS.Signals | undefined;
  /** Captured standard output; empty without `captureStdoutBytes`. */
  readonly stdout: string;
  /** There was more standard output than was to be captured. */
  readonly stdoutTruncated: boolean;
  /** The last lines, both streams, redacted; at most 64 Ki characters. */
  readonly output: string;
}

const TAIL_MS = 200;
/** How long output may still come after the end, from a grandchild that holds the pipe. */
const DRAIN_MS = 1000;
const KILL_LIMIT_MS = 10_000;

/**
 * Waits for one line on standard input, then becomes the program. End of file instead of the line means that whoever
 * started it is gone: then the program never runs. `read` takes single bytes from a pipe, so that the rest is the program's.
 * A limit of 1 byte for core dumps, which harden.ts sets, is shown as 0 blocks: it must stay, since at 0 the kernel still
 * hands a dump to a program.
 */
const WAIT_THEN_EXEC = `
[ "$(ulimit -c)" = 0 ] || ulimit -c 0 2>/dev/null || :
[ -z "$1" ] || ulimit -v "$1" || exit 125
[ -z "$2" ] || { PWD=$2; export PWD; }
unset OLDPWD SHLVL
shift 2
read -r _ || exit 125
`;
/** Ends the group when file 3, whose other end this process holds, reaches its end. */
const DIE_WITH_PARENT = `( trap '' TERM; read -r _ <&3; kill -KILL 0 ) </dev/null >/dev/null 2>&1 &
exec "$@" 3<&-`;

/** Rejects only when the program cannot be started, or with what `onSpawn` rejected with. */
export async function runProcess(clock: Clock, request: ProcessRequest): Promise<ProcessResult> {
  const { signal, output } = request;
  if (signal.aborted) return cancelledBefore;
  const file = output.kind === "file" ? openUnnamed(output.folder) : undefined;
  try {
    const child = spawnWaiting(request, file);
    const identity = await identify(child, request.command);
    const exited = once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
    try {
      await request.onSpawn?.(identity);
    } catch (error) {
      await discard(clock, { child, identity, exited });
      throw error;
    }
    // The signal may have come while it was being recorded.
    if ((signal as { readonly aborted: boolean }).aborted) {
      await discard(clock, { child, identity, exited });
      return cancelledBefore;
    }
    return await attend(clock, request, { child, identity, exited, file });
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

const cancelledBefore: ProcessResult = {
  ended: "cancelled",
  exitCode: undefined,
  exitSignal: undefined,
  stdout: "",
  stdoutTruncated: false,
  output: "",
};

interface Running {
  readonly child: ChildProcess;
  readonly identity: ProcessIdentity;
  readonly exited: Promise<[number | null, NodeJS.Signals | null]>;
  readonly file: number | undefined;
}

function spawnWaiting(request: ProcessRequest, file: number | undefined): ChildProcess {
  const { command, args, cwd, env, memoryBytes } = request;
  const script = WAIT_THEN_EXEC + (file === undefined ? DIE_WITH_PARENT : `exec "$@"`);
  const memory = memoryBytes === undefined ? "" : String(Math.ceil(memoryBytes / 1024));
  return spawn("/bin/sh", ["-c", script, "sh", memory, env["PWD"] ?? "", command, ...args], {
    cwd,
    env: { ...env },
    detached: true,
    stdio: file === undefined ? ["pipe", "pipe", "pipe", "pipe"] : ["pipe", file, file],
  });
}

async function identify(child: ChildProcess, command: string): Promise<ProcessIdentity> {
  (child.stdin as Writable).on("error", () => {}); // it may end without reading: its exit says so
  try {
    await once(child, "spawn");
  } catch (error) {
    throw new Error(`Cannot start "${command}": ${(error as Error).message}`, { cause: error });
  }
  try {
    return readIdentity(child.pid as number);
  } catch (error) {
    destroyStreams(child); // end of file: it never becomes the program
    throw error;
  }
}

/** Ends a child that has not become the program yet. */
async function discard(clock: Clock, { child, identity, exited }: Omit<Running, "file">): Promise<void> {
  signalGroup(identity.pid, "SIGKILL");
  await exited;
  // Its shell may just have forked: the whole group has to be gone.
  await waitForEnd(identity, KILL_LIMIT_MS, new AbortController().signal, clock);
  destroyStreams(child);
}

async function attend(clock: Clock, request: ProcessRequest, running: Running): Promise<ProcessResult> {
  const { limit, graceMs, signal } = request;
  const { child, exited, file } = running;
  const pid = child.pid as number;
  let ended: ProcessResult["ended"] = "exited";
  let progressAt = clock.monotonic();
  let gaveUp = (): void => {};
  const abandoned = new Promise<[null, null]>((resolve) => (gaveUp = () => resolve([null, null])));

  const lines = createOutputLines(request.onLine, request.mask);
  const onBytes = (): void => {
    progressAt = clock.monotonic();
  };
  const output =
    file === undefined
      ? readPipes(child, lines, request.captureStdoutBytes, onBytes)
      : tailFile(clock, file, lines, onBytes);

  let cancelTimer = (): void => {};
  const end = (how: "limit" | "cancelled"): void => {
    if (ended !== "exited") return;
    ended = how;
    cancelTimer();
    signalGroup(pid, "SIGTERM");
    cancelTimer = clock.after(graceMs, () => {
      signalGroup(pid, "SIGKILL");
      cancelTimer = clock.after(KILL_LIMIT_MS, gaveUp);
    });
  };
  const watchLimit = (): void => {
    const passedMs = clock.monotonic() - progressAt;
    if (passedMs >= limit.ms) end("limit");
    else
      cancelTimer = clock.after(limit.ms - passedMs, limit.kind === "idle" ? watchLimit : () => end("limit"));
  };
  const onAbort = (): void => end("cancelled");
  signal.addEventListener("abort", onAbort, { once: true });
  watchLimit();
  (child.stdin as Writable).end(`\n${request.stdin ?? ""}`);

  const [code, exitSignal] = await Promise.race([exited, abandoned]);
  cancelTimer();
  signal.removeEventListener("abort", onAbort);
  // Nothing of the group may outlive its leader: it would act on a project that is thought to be at rest.
  signalGroup(pid, "SIGKILL");
  await waitForEnd(running.identity, KILL_LIMIT_MS, new AbortController().signal, clock);
  const captured = await output.finish(clock);
  destroyStreams(child);
  return {
    ended,
    exitCode: code ?? undefined,
    exitSignal: exitSignal ?? undefined,
    ...captured,
    output: lines.tail(),
  };
}

interface Output {
  finish(clock: Clock): Promise<{ readonly stdout: string; readonly stdoutTruncated: boolean }>;
}

function readPipes(
  child: ChildProcess,
  lines: OutputLines,
  captureBytes: number | undefined,
  onBytes: () => void,
): Output {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const [stdout, stderr] = [lines.stream(), lines.stream()];
  // File 3 stays open as long as the group's watcher lives, so "close" cannot be waited for.
  const closed = Promise.all([once(child.stdout as Duplex, "close"), once(child.stderr as Duplex, "close")]);
  child.stdout?.on("data", (chunk: Buffer) => {
    onBytes();
    bytes += chunk.length;
    if (captureBytes === undefined) stdout.push(chunk);
    else if (bytes <= captureBytes) chunks.push(chunk);
  });
  child.stderr?.on("data", (chunk: Buffer) => {
    onBytes();
    stderr.push(chunk);
  });
  return {
    async finish(clock) {
      let cancel = (): void => {};
      await Promise.race([closed, new Promise<void>((resolve) => (cancel = clock.after(DRAIN_MS, resolve)))]);
      cancel();
      stdout.end();
      stderr.end();
      return {
        stdout: Buffer.concat(chunks).toString("utf8"),
        stdoutTruncated: captureBytes !== undefined && bytes > captureBytes,
      };
    },
  };
}

function tailFile(clock: Clock, file: number, lines: OutputLines, onBytes: () => void): Output {
  const buffer = Buffer.alloc(64 * 1024);
  const stream = lines.stream();
  let position = 0;
  const drain = (): void => {
    for (;;) {
      const count = readSync(file, buffer, 0, buffer.length, position);
      if (count === 0) return;
      position += count;
      onBytes();
      stream.push(buffer.subarray(0, count));
    }
  };
  let cancel = (): void => {};
  const again = (): void => {
    drain();
    cancel = clock.after(TAIL_MS, again);
  };
  cancel = clock.after(TAIL_MS, again);
  return {
    finish() {
      cancel();
      drain();
      stream.end();
      return Promise.resolve({ stdout: "", stdoutTruncated: false });
    },
  };
}

/** A file that is gone from its folder at once: it leaves no plain text behind, whatever happens. */
function openUnnamed(folder: string): number {
  const path = join(folder, `.output.${randomBytes(6).toString("hex")}.tmp`);
  const { O_RDWR, O_CREAT, O_EXCL, O_APPEND } = constants;
  const file = openSync(path, O_RDWR | O_CREAT | O_EXCL | O_APPEND, 0o600);
  unlinkSync(path);
  return file;
}

function destroyStreams(child: ChildProcess): void {
  for (const stream of child.stdio) stream?.destroy();
}
