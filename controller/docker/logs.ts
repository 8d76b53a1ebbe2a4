import type { Readable } from "node:stream";

/** More than this of the last lines is not read: a line may be as long as a program likes. */
const READ_LIMIT_BYTES = 256 * 1024;
const LINE_LIMIT = 2000;
const HEADER_BYTES = 8;
const ESCAPE = String.fromCharCode(27);
const COLOURS_AND_MOVEMENTS = new RegExp(`${ESCAPE}\\[[0-?]*[ -/]*[@-~]`, "g");

/** Reads what `GET /containers/ID/logs` sends, up to a limit. */
export async function readLog(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > READ_LIMIT_BYTES) break;
  }
  return Buffer.concat(chunks);
}

/**
 * The lines in a container's log, control characters and colours removed. The engine frames the two streams unless the
 * container has a terminal; it does not say reliably which, but a frame's header cannot be mistaken.
 */
export function parseLog(log: Buffer, lines: number): string[] {
  const text = isFramed(log) ? unframe(log) : log.toString("utf8");
  return text
    .split("\n")
    .map((line) => cleanLine(line))
    .filter((line) => line !== "")
    .slice(-lines);
}

function isFramed(log: Buffer): boolean {
  return log.length >= HEADER_BYTES && log.readUInt8(0) <= 2 && log.readUIntBE(1, 3) === 0;
}

function unframe(log: Buffer): string {
  const payloads: Buffer[] = [];
  let at = 0;
  while (at + HEADER_BYTES <= log.length) {
    const size = log.readUInt32BE(at + 4);
    payloads.push(log.subarray(at + HEADER_BYTES, at + HEADER_BYTES + size));
    at += HEADER_BYTES + size;
  }
  return Buffer.concat(payloads).toString("utf8");
}

function cleanLine(line: string): string {
  return line
    .replace(COLOURS_AND_MOVEMENTS, "")
    .replace(/(?!\t)\p{Cc}/gu, "")
    .trimEnd()
    .slice(0, LINE_LIMIT);
}
