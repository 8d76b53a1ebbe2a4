import { spawn } from "node:child_process";
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";

export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

export interface Started {
  readonly process: ChildProcessWithoutNullStreams;
  /** What was printed so far. */
  printed(): { readonly out: string; readonly err: string };
  readonly finished: Promise<Finished>;
}

const MAIN = fileURLToPath(new URL("../../../controller/main.ts", import.meta.url));
const TSX = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;

/** Starts the real program from its sources. Its environment has no CONOPS_ variable but those of `env`. */
export function startConops(
  args: readonly string[],
  options: {
    readonly env?: Readonly<Record<string, string>>;
    readonly input?: string;
    readonly cwd?: string;
  } = {},
): Started {
  const { env = {}, input, cwd } = options;
  const { PATH, HOME } = process.env;
  const child = spawn(process.execPath, ["--import", TSX, MAIN, ...args], {
    cwd,
    env: { ...(PATH && { PATH }), ...(HOME && { HOME }), ...env },
  });
  let out = "";
  let err = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
  child.stdin.on("error", () => {}); // it may end without reading
  child.stdin.end(input ?? "");
  const finished = new Promise<Finished>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ code, signal, out, err }));
  });
  return { process: child, printed: () => ({ out, err }), finished };
}

/** Runs the real program to its end. */
export function runConops(
  args: readonly string[],
  options: Parameters<typeof startConops>[1] = {},
): Promise<Finished> {
  return startConops(args, options).finished;
}
