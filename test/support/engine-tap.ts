import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { rm } from "node:fs/promises";

/** One request that went to the engine, and when, by `performance.now()`. */
export interface Tapped {
  readonly at: number;
  /** `POST /v1.45/containers/ID/start`. */
  readonly request: string;
}

export interface EngineTap {
  readonly dockerHost: string;
  readonly requests: readonly Tapped[];
  close(): Promise<void>;
}

/** A socket in front of the engine's, which passes everything on and notes the requests. */
export async function startEngineTap(socketPath: string, engineSocket: string): Promise<EngineTap> {
  const requests: Tapped[] = [];
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const engine = connect(engineSocket);
    for (const [from, to] of [
      [client, engine],
      [engine, client],
    ] as const) {
      open.add(from);
      from.on("error", () => to.destroy());
      from.on("close", () => {
        open.delete(from);
        to.destroy();
      });
    }
    client.on("data", (chunk: Buffer) => {
      const [, request] = /^((?:GET|POST|HEAD|DELETE) \S+) HTTP/.exec(chunk.toString("latin1", 0, 400)) ?? [];
      if (request !== undefined) requests.push({ at: performance.now(), request });
      engine.write(chunk);
    });
    engine.on("data", (chunk: Buffer) => client.write(chunk));
  });
  server.listen(socketPath);
  await once(server, "listening");
  return {
    dockerHost: `unix://${socketPath}`,
    requests,
    async close() {
      const closed = once(server, "close");
      server.close();
      for (const socket of open) socket.destroy();
      await closed;
      await rm(socketPath, { force: true });
    },
  };
}
