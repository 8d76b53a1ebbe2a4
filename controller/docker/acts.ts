import type { Call } from "./call.ts";
import type { Client } from "./client.ts";
import type { Attachment, Docker } from "./docker.ts";
import { unlessRefused } from "./errors.ts";
import { containerPath, shortId } from "./paths.ts";

/** What the engine can do to one container alone. */
export function createActs(
  call: Call,
  client: Client,
  limitMs: number,
): Pick<
  Docker,
  | "start"
  | "unpause"
  | "restart"
  | "kill"
  | "removeContainer"
  | "rename"
  | "connect"
  | "disconnect"
  | "removeNetwork"
> {
  const post = (
    act: string,
    path: string,
    signal: AbortSignal,
    query?: string,
    body?: object,
  ): Promise<void> =>
    call({ act, signal, limitMs, reads: false }, (limited) => client.post(path, limited, query, body));

  const toContainer = (verb: string, id: string, signal: AbortSignal, query?: string): Promise<void> =>
    post(`${verb} container "${shortId(id)}"`, `${containerPath(id)}/${verb}`, signal, query);

  return {
    async start(id, signal) {
      await unlessRefused([304], () => toContainer("start", id, signal)); // 304: it runs already
    },
    unpause: (id, signal) => toContainer("unpause", id, signal),
    restart: (id, signal) => toContainer("restart", id, signal),
    kill: (id, name, signal) => toContainer("kill", id, signal, `signal=${encodeURIComponent(`SIG${name}`)}`),
    async removeContainer(id, signal) {
      const act = `remove container "${shortId(id)}"`;
      await unlessRefused([404], () =>
        call({ act, signal, limitMs, reads: false }, (limited) =>
          client.delete(containerPath(id), { force: true, v: false }, limited),
        ),
      );
    },
    rename: (id, name, signal) => toContainer("rename", id, signal, `name=${encodeURIComponent(name)}`),
    connect: (id, attachment, signal) =>
      post(
        `connect container "${shortId(id)}" to network "${attachment.network}"`,
        `${networkPath(attachment.networkId)}/connect`,
        signal,
        undefined,
        { Container: id, EndpointConfig: endpointOf(attachment) },
      ),
    disconnect: (id, network, signal) =>
      post(
        `disconnect container "${shortId(id)}" from network "${network}"`,
        `${networkPath(network)}/disconnect`,
        signal,
        undefined,
        { Container: id },
      ),
    async removeNetwork(id, signal) {
      const act = `remove network "${shortId(id)}"`;
      await unlessRefused([404], () =>
        call({ act, signal, limitMs, reads: false }, (limited) =>
          client.delete(networkPath(id), {}, limited),
        ),
      );
    },
  };
}

export function networkPath(network: string): string {
  return `/networks/${encodeURIComponent(network)}`;
}

function endpointOf({ aliases, ipv4, ipv6 }: Attachment): object {
  const asksForAddress = ipv4 !== undefined || ipv6 !== undefined;
  return {
    Aliases: aliases,
    ...(asksForAddress && {
      IPAMConfig: { ...(ipv4 && { IPv4Address: ipv4 }), ...(ipv6 && { IPv6Address: ipv6 }) },
    }),
  };
}
