/**
 * libgit2 tells of an HTTP failure its number alone, and of a redirect that it followed nothing. So the first question of
 * every fetch can be asked once more, by Node: same URL, same header, same authorities (the worker runs with
 * `--use-openssl-ca`), no redirect followed, nothing of the body read.
 */
import { request as requestHttp, type IncomingMessage, type RequestOptions } from "node:http";
import { request as requestHttps } from "node:https";
import { redact } from "../lib/redact.ts";
import { OperationFault } from "./operation-fault.ts";
import type { Access } from "./protocol.ts";
import { maskOf } from "./worker-access.ts";

const LIMIT_MS = 5000;
const QUESTION = "/info/refs?service=git-upload-pack";
/** Which of so many polls of a URL has a look for a redirect follow it; not the first, which may be the only one. */
const LOOK_EVERY = 100;
const LOOK_AT = 2;
const MAX_URLS = 5000;

const polls = new Map<string, number>();
const moved = new Map<string, string>();

/** Rejects with OperationFault when there is none. */
export function firstAnswer(url: string, access: Access | undefined): Promise<IncomingMessage> {
  const [name, value] = /^([^:]+): (.*)$/s.exec(access?.header ?? "")?.slice(1) ?? [];
  return head(new URL(`${url.replace(/\/+$/, "")}${QUESTION}`), {
    agent: false,
    headers: {
      "User-Agent": "git/2.0 (conops)",
      Accept: "*/*",
      ...(name !== undefined && value !== undefined && { [name]: value }),
    },
    signal: AbortSignal.timeout(LIMIT_MS),
  });
}

/**
 * Where a remote that answers has moved to, as far as that is known. It is looked for now and then only, and for the polls to
 * come: nobody waits for it.
 */
export function newAddress(url: string, access: Access | undefined): string | undefined {
  if (!/^https?:/i.test(url)) return undefined;
  if (polls.size > MAX_URLS) polls.clear();
  const count = (polls.get(url) ?? 0) + 1;
  polls.set(url, count);
  if (count % LOOK_EVERY === LOOK_AT) {
    void lookForAddress(url, access)
      .catch(() => undefined)
      .then((found) => (found === undefined ? moved.delete(url) : moved.set(url, found)));
  }
  return moved.get(url);
}

async function lookForAddress(url: string, access: Access | undefined): Promise<string | undefined> {
  const { statusCode = 0, headers } = await firstAnswer(url, access);
  if (statusCode < 300 || statusCode > 399 || headers.location === undefined) return undefined;
  const { href } = new URL(headers.location, `${url.replace(/\/+$/, "")}${QUESTION}`);
  return href.endsWith(QUESTION) ? maskOf(access)(redact(href.slice(0, -QUESTION.length))) : undefined;
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
