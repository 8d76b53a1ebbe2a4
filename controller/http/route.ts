export interface HttpRequest {
  readonly method: string;
  /** As it came, without the query; nothing is decoded. */
  readonly path: string;
  /** In order, as often as they were given, names in lower case. A byte of a value is a character. */
  readonly headers: readonly HttpHeader[];
  /** The body as it arrives, as it was sent: nothing is unpacked. Ends with an error when the client is gone. */
  readonly body: () => AsyncIterable<Uint8Array>;
}

export type HttpHeader = readonly [name: string, value: string];

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
  /** Default: plain text. */
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Some paths, and what is answered there. Of several routes the first that matches answers. */
export interface Route {
  matches(path: string): boolean;
  /** Also for requests that name another host than the loopback address listened on: for what asks who they come from. */
  readonly anyHost?: true;
  answer(request: HttpRequest): HttpAnswer | Promise<HttpAnswer>;
}

/** A route of pages that are only read: GET and HEAD. */
export function pages(answers: Readonly<Record<string, () => HttpAnswer | Promise<HttpAnswer>>>): Route {
  return {
    matches: (path) => Object.hasOwn(answers, path),
    answer({ method, path }) {
      if (method !== "GET" && method !== "HEAD") {
        return { status: 405, body: "only GET and HEAD\n", headers: { allow: "GET, HEAD" } };
      }
      return answers[path]?.() ?? { status: 404, body: "not found\n" };
    },
  };
}
