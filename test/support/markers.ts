/** Values that nobody can mistake, and the search for them in whatever form they may have got somewhere. */
import { randomInt } from "node:crypto";

const LETTERS = "abcdefghijkmnpqrstuvwxyz23456789";
/** What programs escape, double, decode or break lines at. */
const AWKWARD = `$"'\\&<%>{é}`;

export interface Markers {
  /**
   * A new value, by whose name it is told where it was found. `awkward` ones hold what programs escape; plain ones are a word
   * of lower-case letters and digits.
   */
  make(name: string, style?: "awkward" | "plain"): string;
  /** Further text that must be found nowhere, such as a line of a private key; at least 12 characters. */
  forbid(name: string, text: string | Uint8Array): void;
  /** The names of the markers that stand in there, in any form, each with its form. */
  find(content: Uint8Array): readonly string[];
}

interface Needle {
  readonly form: string;
  readonly bytes: Buffer;
}

/**
 * Every marker is made of words that begin with the same ten random letters: these are looked for, so that a search costs
 * the same however many markers there are, and a part of a value is found, too.
 */
export function createMarkers(): Markers {
  const tag = word(10);
  const tagNeedles = formsOf(Buffer.from(tag));
  const names = new Map<string, string>();
  const forbidden: (Needle & { readonly name: string })[] = [];
  const newWord = (name: string): string => {
    const id = word(6);
    names.set(id, name);
    return tag + id;
  };

  /** Which marker a word is of, where it stands in plain text. */
  const nameAt = (content: Buffer, at: number): string => {
    const id = content.toString("latin1", at + tag.length, at + tag.length + 6).toLowerCase();
    return names.get(id) ?? "a marker";
  };

  function search(content: Buffer): Set<string> {
    const found = new Set<string>();
    for (const { form, bytes } of tagNeedles) {
      for (let at = content.indexOf(bytes); at >= 0; at = content.indexOf(bytes, at + 1)) {
        found.add(`${form === "plain" ? nameAt(content, at) : "a marker"} (${form})`);
      }
    }
    for (const { name, form, bytes } of forbidden) {
      if (content.includes(bytes)) found.add(`${name} (${form})`);
    }
    return found;
  }

  return {
    make(name, style = "awkward") {
      const first = newWord(name);
      return style === "plain" ? first : `${first}${AWKWARD}${newWord(name)}`;
    },
    forbid(name, text) {
      for (const needle of formsOf(Buffer.from(text))) forbidden.push({ name, ...needle });
    },
    find(content) {
      const bytes = Buffer.from(content.buffer, content.byteOffset, content.length);
      const found = search(bytes);
      const whole = bytes.toString("latin1");
      const unbroken = whole.replace(/\s+/g, "");
      if (unbroken.length === whole.length) return [...found];
      // Base64 on several lines, with whatever indents them.
      const spread = [...search(Buffer.from(unbroken, "latin1"))].filter((one) => !found.has(one));
      return [...found, ...spread.map((one) => `${one}, on several lines`)];
    },
  };
}

/** A text in every spelling in which it gives itself away. */
function formsOf(text: Buffer): readonly Needle[] {
  const plain = [
    ["plain", text],
    ["upper case", Buffer.from(text.toString("latin1").toUpperCase(), "latin1")],
    ["hex", Buffer.from(text.toString("hex"))],
    ["upper case hex", Buffer.from(text.toString("hex").toUpperCase())],
    ...[0, 1, 2].flatMap((before): [string, Buffer][] => {
      const encoded = Buffer.concat([Buffer.alloc(before), text])
        .toString("base64")
        .replace(/=+$/, "");
      // Its ends depend on what stands around it.
      const end = (before + text.length) % 3 === 0 ? encoded.length : encoded.length - 1;
      const stretch = encoded.slice(before === 0 ? 0 : before + 1, end);
      const url = stretch.replaceAll("+", "-").replaceAll("/", "_");
      return [
        ["base64", Buffer.from(stretch)],
        ["base64url", Buffer.from(url)],
      ];
    }),
  ] as const;
  const all = plain.flatMap(([form, bytes]): Needle[] => [
    { form, bytes },
    { form: `reversed ${form}`, bytes: Buffer.from(Buffer.from(bytes).toReversed()) },
  ]);
  const seen = new Set<string>();
  return all.filter(({ bytes }) => {
    const key = bytes.toString("latin1");
    return !seen.has(key) && seen.add(key);
  });
}

function word(length: number): string {
  return Array.from({ length }, () => LETTERS[randomInt(LETTERS.length)]).join("");
}
