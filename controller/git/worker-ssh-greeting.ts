/**
 * What an SSH host offers before anything is agreed on: libgit2 says only that nothing was. Nothing is believed of it, and
 * nothing sent but a greeting; it makes a failure's words exact.
 */
import { connect } from "node:net";
import type { HostKeys } from "./protocol.ts";

const LIMIT_MS = 5000;
const MAX_BYTES = 64 * 1024;
const KEXINIT = 20;
/** The packet's length and padding, the message's number and its cookie. */
const HEAD_BYTES = 4 + 1 + 1 + 16;
/** Of one key of RSA, three kinds of signatures. */
const TYPE_OF: ReadonlyMap<string, string> = new Map([
  ["rsa-sha2-256", "ssh-rsa"],
  ["rsa-sha2-512", "ssh-rsa"],
]);

/** The types of host keys that the host offers, when none of the known keys is of one of them; undefined otherwise. */
export async function foreignKeyTypes({ place, lines }: HostKeys): Promise<readonly string[] | undefined> {
  const [, host = "", port = ""] = /^\[(.*)\]:(\d+)$/.exec(place) ?? [];
  const offered = parseKeyTypes(await readGreeting(host, Number(port)));
  const known = new Set(lines.split("\n").map((line) => line.split(" ")[1]));
  return offered === undefined || offered.some((type) => known.has(type)) ? undefined : offered;
}

/** The host's version line and its first packet, as far as they come; empty when nothing does. */
function readGreeting(host: string, port: number): Promise<Buffer> {
  return new Promise((resolve) => {
    let read = Buffer.alloc(0);
    const socket = connect({ host, port, signal: AbortSignal.timeout(LIMIT_MS) });
    socket.on("connect", () => socket.write("SSH-2.0-ConOps\r\n"));
    socket.on("data", (bytes: Buffer) => {
      read = Buffer.concat([read, bytes]);
      if (parseKeyTypes(read) !== undefined || read.length > MAX_BYTES) socket.destroy();
    });
    socket.on("error", () => undefined); // a close follows
    socket.on("close", () => resolve(read));
  });
}

/** Undefined while it is not all there, or not what it should be. RFC 4253, sections 4.2, 6 and 7.1. */
function parseKeyTypes(greeting: Buffer): readonly string[] | undefined {
  const version = /(?:^|\n)SSH-[^\n]*\n/.exec(greeting.toString("latin1"));
  if (version === null) return undefined;
  const packet = greeting.subarray(version.index + version[0].length);
  if (packet.length < HEAD_BYTES || packet[5] !== KEXINIT) return undefined;
  const keyExchanges = readNames(packet, HEAD_BYTES);
  const keys = keyExchanges && readNames(packet, keyExchanges.end);
  if (keys === undefined) return undefined;
  const types = keys.names.filter((name) => /^[a-z0-9@.-]{1,64}$/i.test(name));
  return [...new Set(types.map((name) => TYPE_OF.get(name) ?? name))];
}

function readNames(
  bytes: Buffer,
  at: number,
): { readonly names: readonly string[]; readonly end: number } | undefined {
  if (at + 4 > bytes.length) return undefined;
  const end = at + 4 + bytes.readUInt32BE(at);
  if (end > bytes.length) return undefined;
  return { names: bytes.toString("latin1", at + 4, end).split(","), end };
}
