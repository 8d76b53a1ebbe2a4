import type { Header } from "./verify.ts";

export type Content = "json" | "form";

/** What the body holds by its headers; undefined for anything that is not read: another type, twice a type, or packed. */
export function contentOf(headers: readonly Header[]): Content | undefined {
  const packing = headers.filter(([name]) => name === "content-encoding");
  if (packing.some(([, value]) => value.toLowerCase() !== "identity")) return undefined;
  const [given, ...more] = headers.filter(([name]) => name === "content-type");
  if (given === undefined || more.length > 0) return undefined;
  const type = given[1].split(";", 1)[0]?.trim().toLowerCase();
  if (type === "application/json") return "json";
  return type === "application/x-www-form-urlencoded" ? "form" : undefined;
}

const FIELD = "payload=";
const PLUS = 0x2b;
const SPACE = 0x20;

/** The JSON in the body, as bytes: the body itself, or what a form holds as `payload` and nothing else; empty when there is none. */
export function payloadOf(content: Content, body: Uint8Array): Uint8Array {
  if (content === "json") return body;
  // Byte by byte: a stranger may send a million of them, and replacing in a text would take a quarter of a second.
  const text = Buffer.from(body.map((byte) => (byte === PLUS ? SPACE : byte))).toString("latin1");
  if (!text.startsWith(FIELD) || text.includes("&")) return Buffer.alloc(0);
  try {
    return Buffer.from(decodeURIComponent(text.slice(FIELD.length)));
  } catch {
    return Buffer.alloc(0);
  }
}

/** The JSON object in these bytes; undefined when they are anything else. */
export function readObject(bytes: Uint8Array): object | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined; // what the error says would repeat the payload
  }
}
