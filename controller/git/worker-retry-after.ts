/**
 * libgit2 tells of an HTTP failure its number alone. So the first question of every fetch is asked once more, by Node: same
 * URL, same header, same authorities (the worker runs with `--use-openssl-ca`), no redirect followed, nothing of the body read.
 */
import { request as requestHttp, type IncomingMessage, type RequestOptions } from "node:http";
import { request as requestHttps } from "node:https";
import { systemClock } from "../lib/clock.ts";
import { OperationFault } from "./operation-fault.ts";
import type { Patience, PatienceRequest } from "./protocol.ts";
import { parseRetryAfter } from "./retry-after.ts";

const LIMIT_MS = 5000;

/** What the host answers now, and how long it wants to be left alone. */
export async function askPatience({ url, access }: PatienceRequest): Promise<Patience> {
  const target = new URL(`${url.replace(/\/+$/, "")}/info/refs?service=git-upload-pack`);
  const [name, value] = /^([^:]+): (.*)$/s.exec(access?.header ?? "")?.slice(1) ?? [];
  const answer = await head(target, {
    agent: false,
    headers: {
      "User-Agent": "git/2.0 (conops)",
      Accept: "*/*",
      ...(name !== undefined && value !== undefined && { [name]: value }),
    },
    signal: AbortSignal.timeout(LIMIT_MS),
  });
  const status = answer.statusCode ?? 0;
  const said = answer.headers["retry-after"];
  const theirNow = Date.parse(answer.headers.date ?? "");
  const now = Number.isNaN(theirNow) ? systemClock.now() : theirNow;
  const retryAfterMs = said === undefined ? undefined : parseRetryAfter(said, now);
  return { status, ...(retryAfterMs !== undefined && { retryAfterMs }) };
}

function head(url: URL, options: RequestOptions): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = url.protocol === "https:" ? requestHttps(url, options) : requestHttp(url, options);
    request.on("response", (response) => {
      resolve(response);
      request.destroy();
    });
    request.on("error", (error) => reject(new OperationFault("native", error.message)));
    request.end();
  });
}
