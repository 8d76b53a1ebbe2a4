/** What a value may look like in a text. */

/** A shorter form is masked only where it stands as a word, else no text could be read any more. */
export const SHORTEST = 4;
/** A shorter stretch of base64, without the ends that depend on what stands around it, is found anywhere by chance. */
const SHORTEST_STRETCH = 6;
/** Where `base64` and `openssl` break lines. */
const LINE_LENGTHS = [76, 64];

/** Every text that gives the value away. */
export function formsOf(value: Buffer): readonly string[] {
  const text = value.toString("utf8");
  // Bytes that are not UTF-8 have no text of their own.
  const isText = Buffer.from(text).equals(value);
  if (value.length === 0 || (isText && text.trim() === "")) return [];
  const lines = text.split(/[\r\n]+/).map((line) => line.trim());
  const texts = isText ? [text, text.trim(), ...lines.filter(tellsSomething)].flatMap(tidiedOf) : [];
  const encoded = isText ? [value, Buffer.from(text.trim())] : [value];
  return [...texts.flatMap(spellingsOf), ...encoded.flatMap(base64Of), ...encoded.flatMap(hexOf)];
}

/** As a program may write it on one line that a terminal can show, and as Compose writes its dollar signs. */
function tidiedOf(text: string): readonly string[] {
  const tidied = [
    text,
    text.replace(/[^\P{Cc}\t]/gu, "").trim(),
    text.replace(/\p{Cc}/gu, "").trim(),
    text.replace(/[\s\p{Cc}]+/gu, " ").trim(),
  ].filter((form) => form.length > 0);
  return [...tidied, ...tidied.map((form) => form.replaceAll("$", "$$$$"))];
}

/** A line as short as a bracket tells nothing. */
function tellsSomething(line: string): boolean {
  return line.length >= SHORTEST && /[\p{L}\p{N}]/u.test(line);
}

function spellingsOf(text: string): readonly string[] {
  const json = JSON.stringify(text).slice(1, -1);
  const percent = encodeURIComponent(text);
  return [
    text,
    json,
    // As Go writes JSON.
    json.replace(/[<>&]/g, (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`),
    percent,
    percent.replace(/%../g, (code) => code.toLowerCase()),
    percent.replaceAll("%20", "+"),
  ];
}

/** Of a value as short as a digit it is found anywhere by chance. */
function hexOf(value: Buffer): readonly string[] {
  const hex = value.toString("hex");
  return value.length < SHORTEST ? [] : [hex, hex.toUpperCase()];
}

/** Whole, and as a part of something longer, which begins at any of the three places of a group of base64. */
function base64Of(value: Buffer): readonly string[] {
  const whole = value.toString("base64");
  const stretches = [0, 1, 2].map((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), value])
      .toString("base64")
      .replace(/=+$/, "");
    const end = (before + value.length) % 3 === 0 ? encoded.length : encoded.length - 1;
    return encoded.slice(before === 0 ? 0 : before + 1, end);
  });
  const found = [
    whole,
    whole.replace(/=+$/, ""),
    ...[
      ...stretches,
      ...LINE_LENGTHS.map((length) => whole.slice(whole.length - (whole.length % length))),
    ].filter(({ length }) => length >= SHORTEST_STRETCH),
  ];
  return found.flatMap((text) => [text, text.replaceAll("+", "-").replaceAll("/", "_")]);
}
