/** At most so much of a log is kept. */
export const LOG_LIMIT_BYTES = 64 * 1024;

const HEAD_BYTES = 16 * 1024;
const MARK_BYTES = 128;
const TAIL_BYTES = LOG_LIMIT_BYTES - HEAD_BYTES - MARK_BYTES;
const LINE_CHARS = 2000;

const MARK = /^\.\.\. (\d+) lines? left out here \.\.\.$/;

/** Lines of which the first and the last are kept, with a mark in the place of those between. */
export interface BoundedLog {
  add(line: string): void;
  /** With a line break at the end; at most `LOG_LIMIT_BYTES`. */
  text(): string;
}

/** A log that goes on from the text of another; empty by default. */
export function createBoundedLog(before = ""): BoundedLog {
  const head: string[] = [];
  const tail: string[] = [];
  let [headBytes, tailBytes, leftOut] = [0, 0, 0];
  let headIsFull = false;

  const add = (raw: string): void => {
    const line = oneShortLine(raw);
    const bytes = Buffer.byteLength(line) + 1;
    if (!headIsFull && headBytes + bytes <= HEAD_BYTES) {
      head.push(line);
      headBytes += bytes;
      return;
    }
    headIsFull = true;
    tail.push(line);
    tailBytes += bytes;
    while (tailBytes > TAIL_BYTES) {
      tailBytes -= Buffer.byteLength(tail.shift() ?? "") + 1;
      leftOut += 1;
    }
  };

  for (const line of before.split("\n")) {
    const mark = MARK.exec(line);
    if (mark !== null) {
      headIsFull = true;
      leftOut += Number(mark[1]);
    } else if (line !== "") add(line);
  }
  return {
    add,
    text() {
      const mark =
        leftOut === 0 ? [] : [`... ${leftOut} ${leftOut === 1 ? "line" : "lines"} left out here ...`];
      const lines = [...head, ...mark, ...tail];
      return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
    },
  };
}

/** Nothing in it ends the line, or is acted on by a terminal. */
function oneShortLine(text: string): string {
  const line = text
    .replace(/[\r\n\u2028\u2029]+/g, " ")
    .replace(/(?!\t)\p{Cc}/gu, "")
    .trimEnd();
  return line.length > LINE_CHARS ? `${line.slice(0, LINE_CHARS)}…` : line;
}
