import type { HttpAnswer, HttpHeader, HttpRequest, Route } from "./route.ts";

/** A POST to `/hooks/NAME`. */
export interface HookRequest {
  /** The NAME, or undefined where the path holds none that a resource could have. */
  readonly name: string | undefined;
  readonly headers: readonly HttpHeader[];
  readonly body: () => AsyncIterable<Uint8Array>;
}

export type HookHandler = (request: HookRequest) => Promise<HttpAnswer>;

const PREFIX = "/hooks";
/** A DNS label. Nothing is decoded: no other way of writing a name leads to it. */
const PATH = /^\/hooks\/([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)$/;

/**
 * `/hooks/NAME`, for the world: whoever calls has to prove who they are, and the proxy in front may pass on any name of the host.
 * `handler` is asked for each request; a text in its place is why nobody takes deliveries now, as 503.
 */
export function hooksRoute(handler: () => HookHandler | string): Route {
  return {
    matches: (path) => path === PREFIX || path.startsWith(`${PREFIX}/`),
    anyHost: true,
    async answer({ method, path, headers, body }: HttpRequest) {
      if (method !== "POST") return { status: 405, body: "only POST\n", headers: { allow: "POST" } };
      const handle = handler();
      if (typeof handle === "string") {
        return { status: 503, body: `${handle}\n`, headers: { "retry-after": "5" } };
      }
      return handle({ name: PATH.exec(path)?.[1], headers, body });
    },
  };
}
