/**
 * YAML 1.2 text → its documents as plain values that know where each field stands. The core schema alone: no tags but
 * YAML's own. Merge keys (`<<`) work as in Compose files. What would cost too much is refused before it is built.
 */
import { Composer, isScalar, Lexer, Parser, type CST, type Document, type ParsedNode } from "yaml";
import { quoted, type FieldPath } from "../api/field-fault.ts";
import { createPlaceIndex, type Place } from "./text-places.ts";
import { MAX_DEPTH, MAX_TOKENS } from "./yaml-limits.ts";
import { readValue, type FieldPlace } from "./yaml-values.ts";

export interface YamlFault extends Place {
  readonly path: FieldPath;
  readonly message: string;
  /** The same without a word of the document, for one that may hold a secret. */
  readonly discreet: string;
}

export interface YamlDocument {
  /** Nothing but white space and comments. */
  readonly isEmpty: boolean;
  /** As far as it could be read, where there are faults. */
  readonly value: unknown;
  /** Either one thing that is not YAML, or what a manifest must not hold. */
  readonly faults: readonly YamlFault[];
  readonly isYaml: boolean;
  /** Where the name or the value of a field stands; of a field that is not there, the nearest one around it. */
  placeOf(path: FieldPath, at: "key" | "value"): Place;
  /** Whether the field stands wholly before the first thing that is not YAML: what it holds is what was written. */
  isReadable(path: FieldPath): boolean;
}

/** How text becomes nodes, wherever ConOps reads a manifest. */
export const COMPOSING = {
  version: "1.2",
  schema: "core",
  resolveKnownTags: false,
  prettyErrors: false,
  // The library compares each key with all before it; `readValue` does it in linear time.
  uniqueKeys: false,
  logLevel: "silent",
} as const;

/**
 * All documents of the text, at least one; or the one thing that forbids to read it. `tokens` spares reading them anew, where
 * they are known.
 */
export function readYaml(
  text: string,
  tokens: Tokens = readTokens(text),
): readonly YamlDocument[] | YamlFault {
  const placeAt = createPlaceIndex(text);
  if (!Array.isArray(tokens)) {
    const { offset, message } = tokens;
    return { ...placeAt(offset), path: [], message, discreet: message };
  }
  const composer = new Composer(COMPOSING);
  const documents: YamlDocument[] = [];
  for (const document of composer.compose(tokens, true, text.length)) {
    documents.push(readDocument(document, placeAt));
  }
  return documents;
}

/** The tokens of a text, or which limit it passes. */
export type Tokens = CST.Token[] | { readonly offset: number; readonly message: string };

/** Stops as soon as a limit is passed. */
export function readTokens(text: string): Tokens {
  const parser = new Parser();
  const tokens: CST.Token[] = [];
  let count = 0;
  for (const lexeme of new Lexer().lex(text)) {
    const { offset } = parser;
    if (++count > MAX_TOKENS)
      return { offset, message: `is too long: more than ${MAX_TOKENS} words and signs` };
    for (const token of parser.next(lexeme)) tokens.push(token);
    // Beside the collections, the stack holds the document and the word that is read.
    if (parser.stack.length > MAX_DEPTH + 2) {
      return { offset, message: `is too deep: more than ${MAX_DEPTH} mappings and lists within one another` };
    }
  }
  for (const token of parser.end()) tokens.push(token);
  return tokens;
}

function readDocument(document: Document.Parsed, placeAt: (offset: number) => Place): YamlDocument {
  const { contents, errors, warnings } = document;
  const { value, faults, places } = readValue(contents);
  const [syntax] = errors.toSorted((a, b) => a.pos[0] - b.pos[0]);
  const start = contents?.range[0] ?? document.range[0];

  function fieldPlace(path: FieldPath): FieldPlace | undefined {
    let at: unknown = value;
    let found: FieldPlace | undefined;
    for (const part of path) {
      if (typeof at !== "object" || at === null) break;
      const next = places.get(at)?.get(part);
      if (next === undefined) break;
      found = next;
      at = (at as Readonly<Record<string | number, unknown>>)[part];
    }
    return found;
  }

  const warned = warnings.map(({ pos, message }) => {
    const tag = /^Unresolved tag: (.*)$/s.exec(message)?.[1];
    const words = tag === undefined ? wordsOf({ message }) : `unknown tag ${quoted(tag)}${ONLY_YAML}`;
    const discreet = tag === undefined ? words : `unknown tag${ONLY_YAML}`;
    return { ...placeAt(pos[0]), path: [], message: words, discreet };
  });
  const refused = faults.map(({ offset, ...fault }) => ({ ...placeAt(offset), ...fault }));
  const broken = syntax && `is not YAML: ${wordsOf(syntax)}`;
  return {
    isEmpty: syntax === undefined && isNothing(contents),
    isYaml: syntax === undefined,
    value,
    faults:
      broken === undefined
        ? [...warned, ...refused]
        : [{ ...placeAt(syntax?.pos[0] ?? start), path: [], message: broken, discreet: broken }],
    placeOf(path, at) {
      return placeAt(fieldPlace(path)?.[at] ?? start);
    },
    isReadable(path) {
      const place = fieldPlace(path);
      return place !== undefined && (syntax === undefined || place.end < syntax.pos[0]);
    },
  };
}

const ONLY_YAML = ": only YAML's own types are read";

/** One line of the library's own words, without what it repeats of the file, which may be a secret. */
function wordsOf({ message }: { readonly message: string }): string {
  return message
    .replace(/(?<=\w): .*$/s, "")
    .replace(/^(Invalid escape sequence|Unknown directive|Unsupported YAML version) .*$/s, "$1")
    .replace(/^(Plain value cannot start with) .*$/s, "$1 this sign: put it in quotes")
    .replace(/^Verbatim tags aren't resolved.*$/s, "Verbatim tags are not resolved")
    .replace(/^The .* tag has no suffix$/s, "A tag has no suffix")
    .replaceAll(/[\p{Cc}\s]+/gu, " ")
    .trim()
    .slice(0, 120);
}

function isNothing(contents: ParsedNode | null): boolean {
  return (
    contents === null ||
    (isScalar(contents) && contents.type === "PLAIN" && contents.source === "" && contents.tag === undefined)
  );
}
