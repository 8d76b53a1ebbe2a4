import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { deflateSync } from "node:zlib";
import type { GitServer } from "./git-servers.ts";

export interface EndlessServer extends GitServer {
  /** What was handed to the network so far, of packs. */
  sentBytes(): number;
}

const SHA = "1".repeat(40);
const OBJECT_BYTES = 1024 * 1024;

/** Git's smart HTTP, as far as a client gets: `main` is a commit whose pack has `totalBytes` of blobs before it. */
export async function startEndlessServer(totalBytes: number): Promise<EndlessServer> {
  let sent = 0;
  const server = createServer((request, response) => {
    request.resume();
    response.on("error", () => undefined);
    if (request.method === "GET") advertise(response);
    else void sendPack(response, totalBytes, (bytes) => (sent += bytes));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return {
    port: address.port,
    sentBytes: () => sent,
    url: (repository) => `http://127.0.0.1:${address.port}/${repository}`,
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function advertise(response: ServerResponse): void {
  response.writeHead(200, { "Content-Type": "application/x-git-upload-pack-advertisement" });
  const lines = [`${SHA} HEAD\0symref=HEAD:refs/heads/main ofs-delta\n`, `${SHA} refs/heads/main\n`];
  response.end(`${packet("# service=git-upload-pack\n")}0000${lines.map(packet).join("")}0000`);
}

async function sendPack(
  response: ServerResponse,
  totalBytes: number,
  count: (bytes: number) => void,
): Promise<void> {
  response.writeHead(200, { "Content-Type": "application/x-git-upload-pack-result" });
  const objects = Math.ceil(totalBytes / OBJECT_BYTES);
  const head = Buffer.alloc(12);
  head.write("PACK");
  head.writeUInt32BE(2, 4);
  head.writeUInt32BE(objects, 8);
  response.write(packet("NAK\n"));
  response.write(head);
  const content = randomBytes(OBJECT_BYTES);
  for (let n = 0; n < objects && !response.destroyed; n++) {
    content.writeUInt32BE(n);
    const object = Buffer.concat([objectHead(content.length), deflateSync(content, { level: 0 })]);
    count(object.length);
    if (!response.write(object)) await drained(response);
  }
  response.end();
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off("drain", done).off("close", done);
      resolve();
    };
    response.on("drain", done).on("close", done);
  });
}

/** Of a blob: four bits of its size, then seven at a time. */
function objectHead(sizeBytes: number): Buffer {
  const bytes: number[] = [];
  let left = Math.floor(sizeBytes / 16);
  bytes.push(0x30 + (sizeBytes % 16) + (left > 0 ? 0x80 : 0));
  while (left > 0) {
    const rest = Math.floor(left / 128);
    bytes.push((left % 128) + (rest > 0 ? 0x80 : 0));
    left = rest;
  }
  return Buffer.from(bytes);
}

function packet(line: string): string {
  return (line.length + 4).toString(16).padStart(4, "0") + line;
}
