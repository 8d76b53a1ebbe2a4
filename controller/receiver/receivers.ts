/**
 * Takes webhook deliveries: checks who sent one, reads which repository it is about, and has the Applications of that repository
 * looked at now. It believes nothing else that a delivery says, does not wait for the look, and tells a stranger nothing but the
 * status. How the request came in is not its business.
 */
import type { DeliveryResult } from "../api/delivery.ts";
import type { Push } from "../api/push.ts";
import type { Receiver } from "../api/receiver.ts";
import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import { createChooser, type Followed, type Look } from "./choose.ts";
import { contentOf, payloadOf, readObject, type Content } from "./content.ts";
import { readNews } from "./news.ts";
import { readBody, type BodyFault } from "./read-body.ts";
import { createRefusals, type RefusalReason } from "./refusals.ts";
import { verify, type Header } from "./verify.ts";

export interface Delivery {
  /** The Receiver it is for; undefined where the path names none. */
  readonly name: string | undefined;
  /** Names in lower case, as often as given. */
  readonly headers: readonly Header[];
  readonly body: () => AsyncIterable<Uint8Array>;
}

export interface DeliveryAnswer {
  readonly status: number;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ReceiversDeps {
  readonly receiver: (name: string) => Pick<Receiver, "name" | "spec"> | undefined;
  /** The field `token` of the Secret of the Receiver of this name; undefined while that cannot be had. */
  readonly token: (name: string) => string | undefined;
  readonly applications: () => Iterable<Followed>;
  /** Has the source of an Application looked at: the informer's `look`. `asked` is a look that nobody asked for before. */
  readonly look: (name: string, pushes: readonly Push[]) => "asked" | "joined" | "seen" | "unknown";
  readonly metrics: { delivered(name: string, result: DeliveryResult): void };
  readonly log: Log;
  readonly clock: Clock;
}

export interface Receivers {
  /** Never rejects. */
  handle(delivery: Delivery): Promise<DeliveryAnswer>;
}

const MAX_BODY_BYTES = 2 ** 20;
const BODY_TIMEOUT_MS = 8000;
/** Payloads are small; few may be big at a time, so that all together hold at most 96 MiB. */
const MAX_UNDER_WAY = 1024;
const BIG_BYTES = 64 * 1024;
const MAX_BIG = 32;
/** So many names are told of on the log. */
const MAX_NAMED = 10;

interface Outcome extends DeliveryAnswer {
  readonly result: DeliveryResult;
  /** For the log: why it was refused. */
  readonly reason?: RefusalReason;
}

const BUSY: Outcome = {
  status: 503,
  body: "busy\n",
  headers: { "retry-after": "5" },
  result: "busy",
  reason: "Busy",
};
const TOO_LARGE: Outcome = { status: 413, body: "too large\n", result: "too_large", reason: "TooLarge" };
const BODY_FAULTS: Readonly<Record<BodyFault, Outcome>> = {
  TooLarge: TOO_LARGE,
  TooSlow: { status: 408, body: "too slow\n", result: "too_slow", reason: "TooSlow" },
  NoRoom: BUSY,
  Gone: { status: 400, body: "incomplete\n", result: "gone", reason: "Gone" },
};

export function createReceivers(deps: ReceiversDeps): Receivers {
  const { log, clock } = deps;
  const choose = createChooser();
  const refused = createRefusals({ log, clock });
  let underWay = 0;
  let big = 0;

  async function handle({ name, headers, body }: Delivery): Promise<DeliveryAnswer> {
    const receiver = name === undefined ? undefined : deps.receiver(name);
    if (receiver === undefined) {
      refused({ reason: "UnknownReceiver", status: 404 });
      return { status: 404, body: "not found\n" };
    }
    const outcome = await take(receiver, headers, body);
    // Its metrics went with it if it was deleted meanwhile.
    if (deps.receiver(receiver.name) !== undefined) deps.metrics.delivered(receiver.name, outcome.result);
    const { result: _result, reason, ...answer } = outcome;
    if (reason !== undefined) refused({ receiver: receiver.name, reason, status: answer.status });
    return answer;
  }

  async function take(
    receiver: Pick<Receiver, "name" | "spec">,
    headers: readonly Header[],
    body: Delivery["body"],
  ): Promise<Outcome> {
    const content = contentOf(headers);
    if (content === undefined) {
      const reason = "UnsupportedContent";
      return { status: 415, body: "only JSON, not compressed\n", result: "malformed", reason };
    }
    if (announcedBytes(headers) > MAX_BODY_BYTES) return TOO_LARGE;
    if (underWay >= MAX_UNDER_WAY) return BUSY;
    let isBig = false;
    underWay++;
    try {
      const bytes = await readBody(body(), {
        maxBytes: MAX_BODY_BYTES,
        timeoutMs: BODY_TIMEOUT_MS,
        clock,
        bigBytes: BIG_BYTES,
        onBig() {
          isBig = big < MAX_BIG;
          if (isBig) big++;
          return isBig;
        },
      });
      return typeof bytes === "string" ? BODY_FAULTS[bytes] : judge(receiver, { headers, content, bytes });
    } finally {
      underWay--;
      if (isBig) big--;
    }
  }

  function judge({ name, spec }: Pick<Receiver, "name" | "spec">, message: Message): Outcome {
    const payload = payloadOf(message.content, message.bytes);
    const signed = { headers: message.headers, body: message.bytes, payload };
    const fault = verify(spec.type, usable(deps.token(name)), signed);
    if (fault !== undefined) {
      return { status: 401, body: "unauthorized\n", result: "unauthorized", reason: fault };
    }
    const value = readObject(payload);
    if (value === undefined) {
      return { status: 400, body: "no JSON object\n", result: "malformed", reason: "NoJson" };
    }
    const news = readNews(spec.type, value);
    if (news.kind === "ping") return { status: 200, body: "pong\n", result: "ignored" };
    if (news.kind === "other") return { status: 202, body: "ignored: no push\n", result: "ignored" };
    return accept(name, choose(spec, news, deps.applications()));
  }

  function accept(receiver: string, looks: readonly Look[]): Outcome {
    const asked: string[] = [];
    for (const { name, pushes } of looks) if (deps.look(name, pushes) === "asked") asked.push(name);
    const fields = {
      event: "DeliveryAccepted",
      receiver,
      applications: looks.slice(0, MAX_NAMED).map(({ name }) => name),
      of: looks.length,
    };
    if (looks.length === 0) {
      log.debug("delivery concerns nobody", { ...fields, reason: "NoApplication" });
      return { status: 202, body: "ignored: no Application follows that\n", result: "ignored" };
    }
    if (asked.length === 0) log.debug("delivery accepted", { ...fields, reason: "NothingNew" });
    else log.info("delivery accepted", { ...fields, reason: "Push" });
    return { status: 202, body: "ok\n", result: "accepted" };
  }

  return { handle };
}

interface Message {
  readonly headers: readonly Header[];
  readonly content: Content;
  readonly bytes: Uint8Array;
}

/** Without the line end that a file brings along; nothing when nothing is left. */
function usable(token: string | undefined): string | undefined {
  const text = token?.replace(/\r?\n$/, "");
  return text === "" ? undefined : text;
}

function announcedBytes(headers: readonly Header[]): number {
  return Number(headers.find(([name]) => name === "content-length")?.[1] ?? 0);
}
