import { StringDecoder } from "node:string_decoder";
import { redact } from "./redact.ts";

const MAX_LINE_CHARS = 4096;
const MAX_TAIL_CHARS = 64 * 1024;

/** What a program says, as lines for people: redacted, without control characters, each at most 4096 characters. */
export interface OutputLines {
  /** One of the program's streams. Lines of different streams mix, bytes do not. */
  stream(): LineStream;
  /** The last lines, at most 64 Ki characters. */
  tail(): string;
}

export interface LineStream {
  push(chunk: Uint8Array): void;
  /** Ends a last line that has no line feed. */
  end(): void;
}

/**
 * `onLine` gets each line as it is complete, what `mask` takes out taken out. A carriage return ends a line too, as progress
 * bars write it.
 */
export function createOutputLines(
  onLine: (line: string) => void = () => {},
  mask: (text: string) => string = (text) => text,
): OutputLines {
  const kept: string[] = [];
  let keptChars = 0;

  const take = (raw: string): void => {
    const line = readable(raw, mask);
    if (line === "") return;
    kept.push(line);
    keptChars += line.length + 1;
    while (keptChars > MAX_TAIL_CHARS) keptChars -= (kept.shift() ?? "").length + 1;
    onLine(line);
  };

  return {
    stream() {
      const decoder = new StringDecoder("utf8");
      let rest = "";
      return {
        push(chunk) {
          const parts = (rest + decoder.write(Buffer.from(chunk))).split(/[\r\n]+/);
          // A line without an end must not grow for ever; what is beyond the limit is not kept anyway.
          rest = (parts.pop() ?? "").slice(0, MAX_LINE_CHARS * 2);
          for (const part of parts) take(part);
        },
        end() {
          take(rest + decoder.end());
          rest = "";
        },
      };
    },
    tail: () => kept.join("\n"),
  };
}

function readable(raw: string, mask: (text: string) => string): string {
  const plain = raw
    // oxlint-disable-next-line no-control-regex -- terminal colours and cursor moves
    .replace(/\x1b\[[0-9;?]*[ -/]*[@-~]/g, "")
    // oxlint-disable-next-line no-control-regex -- nothing that a terminal would act on
    .replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, "");
  const line = redact(mask(plain)).trimEnd();
  return line.length > MAX_LINE_CHARS ? `${line.slice(0, MAX_LINE_CHARS)}…` : line;
}
