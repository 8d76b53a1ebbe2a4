import { pages, type HttpAnswer, type Route } from "../http/route.ts";

/** Why it is not so, in a word or a line; undefined when it is. */
export type Probe = () => string | undefined;

export interface TelemetryPages {
  /** The text of `/metrics`. */
  readonly metrics: () => Promise<string>;
  /** `/healthz`: that it answers at all says that the event loop turns; this says whether the rest does. */
  readonly healthz: Probe;
  readonly readyz: Probe;
}

const METRICS_TEXT = "text/plain; version=0.0.4; charset=utf-8";

const INDEX = `ConOps

/metrics     what it counts, for Prometheus
/healthz     ok while it works
/readyz      ok once it has seen the registry and the engine
/hooks/NAME  where Git hosts tell the Receiver NAME of pushes, by POST
`;

/** `/metrics`, `/healthz`, `/readyz`, and an index at `/`. */
export function telemetryPages({ metrics, healthz, readyz }: TelemetryPages): Route {
  return pages({
    "/": () => ({ status: 200, body: INDEX }),
    "/metrics": async () => ({ status: 200, body: await metrics(), type: METRICS_TEXT }),
    "/healthz": () => probe(healthz),
    "/readyz": () => probe(readyz),
  });
}

function probe(why: Probe): HttpAnswer {
  const reason = why();
  return reason === undefined ? { status: 200, body: "ok" } : { status: 503, body: reason };
}
