import { expect } from "chai";
import fc from "fast-check";
import type { RevisionWanted } from "../../../controller/api/application.ts";
import type { DeliveryResult } from "../../../controller/api/delivery.ts";
import type { Push } from "../../../controller/api/push.ts";
import type { Receiver, ReceiverType } from "../../../controller/api/receiver.ts";
import type { Log, LogFields } from "../../../controller/lib/log.ts";
import {
  createReceivers,
  type Delivery,
  type DeliveryAnswer,
} from "../../../controller/receiver/receivers.ts";
import type { Header } from "../../../controller/receiver/verify.ts";
import { OTHERS, PUSHES, SHA, sign, TOKEN, type Sample } from "../../support/deliveries.ts";
import { createFakeClock, type FakeClock } from "../../support/fake-clock.ts";

const JSON_TYPE: Header = ["content-type", "application/json"];
const MEBIBYTE = 2 ** 20;
const REPO = "https://git.example.com/team/shop.git";

interface Line {
  readonly level: string;
  readonly message: string;
  readonly fields: LogFields | undefined;
}

interface World {
  readonly clock: FakeClock;
  readonly lines: Line[];
  readonly results: [string, DeliveryResult][];
  readonly looks: { readonly name: string; readonly pushes: readonly Push[] }[];
  readonly receivers: Map<string, Pick<Receiver, "name" | "spec">>;
  readonly tokens: Map<string, string>;
  /** What a look answers, by name. */
  readonly answers: Map<string, "asked" | "joined" | "seen" | "unknown">;
  readonly apps: { name: string; spec: { source: { repoURL: string; revision: RevisionWanted } } }[];
  handle(delivery: Delivery): Promise<DeliveryAnswer>;
  /** A delivery to `hook`, signed as its type does it. */
  post(payload: object | string, options?: PostOptions): Promise<DeliveryAnswer>;
}

interface PostOptions {
  readonly name?: string;
  readonly token?: string;
  readonly headers?: readonly Header[];
}

function start(spec: Partial<Receiver["spec"]> = {}): World {
  const clock = createFakeClock();
  const lines: Line[] = [];
  const write =
    (level: string) =>
    (message: string, fields?: LogFields): void =>
      void lines.push({ level, message, fields });
  const log: Log = { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
  const full = {
    type: "generic",
    secretRef: "hook",
    applications: [],
    matchRepository: true,
    ...spec,
  } as const;
  const world: World = {
    clock,
    lines,
    results: [],
    looks: [],
    receivers: new Map([["hook", { name: "hook", spec: full }]]),
    tokens: new Map([["hook", TOKEN]]),
    answers: new Map(),
    apps: [app("shop", REPO)],
    handle: (delivery) => receivers.handle(delivery),
    post(payload, { name = "hook", token = TOKEN, headers = [JSON_TYPE] } = {}) {
      const body = typeof payload === "string" ? payload : JSON.stringify(payload);
      return receivers.handle({
        name,
        headers: [...headers, ...sign(full.type, body, token)],
        body: () => inPieces(body),
      });
    },
  };
  const receivers = createReceivers({
    receiver: (name) => world.receivers.get(name),
    token: (name) => world.tokens.get(name),
    applications: () => world.apps,
    look(name, pushes) {
      world.looks.push({ name, pushes });
      return world.answers.get(name) ?? "asked";
    },
    metrics: { delivered: (name, result) => void world.results.push([name, result]) },
    log,
    clock,
  });
  return world;
}

function app(name: string, repoURL: string, revision: RevisionWanted = { kind: "branch", name: "main" }) {
  return { name, spec: { source: { repoURL, revision } } };
}

async function* inPieces(text: string, size = 1000): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const NEVER = (): AsyncIterable<Uint8Array> => ({
  [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined) }),
});

function push(ref = "refs/heads/main"): object {
  return { repository: REPO, ref, commit: SHA };
}

function namesOf({ looks }: World): string[] {
  return looks.map(({ name }) => name);
}

describe("createReceivers()", () => {
  describe("takes a push", () => {
    for (const sample of PUSHES) {
      it(`of ${sample.host}, and has every Application of that repository looked at`, async () => {
        const world = start({ type: sample.type });
        world.apps.splice(
          0,
          1,
          ...sample.urls.map((url, n) => app(`app-${n}`, url)),
          app("other", "https://o.org/x"),
        );

        const answer = await world.post(sample.payload, { headers: [JSON_TYPE, ...headersOf(sample)] });

        expect(answer).to.deep.equal({ status: 202, body: "ok\n" });
        expect(namesOf(world)).to.deep.equal(sample.urls.map((_, n) => `app-${n}`));
        expect(world.looks[0]?.pushes).to.deep.equal([{ ref: "refs/heads/main", sha: SHA }]);
        expect(world.results).to.deep.equal([["hook", "accepted"]]);
      });
    }

    for (const type of ["github", "gitea"] as const) {
      it(`of ${type} as a form`, async () => {
        const world = start({ type });
        const payload = JSON.stringify({
          ref: "refs/heads/main",
          after: SHA,
          repository: { clone_url: REPO },
          a: "ü &+",
        });
        const body = `payload=${encodeURIComponent(payload).replaceAll("%20", "+")}`;

        const answer = await world.handle({
          name: "hook",
          headers: [
            ["content-type", "application/x-www-form-urlencoded"],
            ...sign(type, type === "github" ? body : payload),
          ],
          body: () => inPieces(body),
        });

        expect([answer.status, namesOf(world)]).to.deep.equal([202, ["shop"]]);
      });
    }

    it("without waiting for anything, and looks at named Applications whatever repository it is about", async () => {
      const world = start({ matchRepository: false, applications: ["blog", "gone"] });
      world.apps.push(app("blog", "https://elsewhere.example.com/blog"));

      const answer = await world.post(push());

      expect([answer.status, namesOf(world)]).to.deep.equal([202, ["blog"]]);
    });

    it("for those named and those of the repository, each once", async () => {
      const world = start({ applications: ["shop", "blog"] });
      world.apps.push(app("blog", "https://elsewhere.example.com/blog"), app("rest", "https://o.org/x"));

      await world.post(push());

      expect(namesOf(world)).to.deep.equal(["shop", "blog"]);
    });

    it("also of bytes that come one by one", async () => {
      const world = start();
      const body = JSON.stringify(push());

      const answer = await world.handle({
        name: "hook",
        headers: [JSON_TYPE, ...sign("generic", body)],
        body: () => inPieces(body, 1),
      });

      expect(answer.status).to.equal(202);
    });

    it("with a token that has the line end of a file behind it", async () => {
      const world = start();
      world.tokens.set("hook", `${TOKEN}\r\n`);

      expect((await world.post(push())).status).to.equal(202);
    });

    it("again when it is replayed: a hint twice is a hint", async () => {
      const world = start();
      world.answers.set("shop", "seen");

      const answers = [await world.post(push()), await world.post(push())];

      expect(answers.map(({ status }) => status)).to.deep.equal([202, 202]);
    });
  });

  describe("looks only where something may have moved", () => {
    const revisions: readonly [RevisionWanted, string, boolean][] = [
      [{ kind: "branch", name: "main" }, "refs/heads/main", true],
      [{ kind: "branch", name: "main" }, "refs/heads/main2", false],
      [{ kind: "branch", name: "main" }, "refs/tags/main", false],
      [{ kind: "tag", name: "v1" }, "refs/tags/v1", true],
      [{ kind: "tag", name: "v1" }, "refs/heads/v1", false],
      [{ kind: "semver", range: "^1" }, "refs/tags/v9.9.9", true],
      [{ kind: "semver", range: "^1" }, "refs/heads/main", false],
      [{ kind: "head" }, "refs/heads/whatever", true],
      [{ kind: "head" }, "refs/tags/v1", false],
      [{ kind: "commit", sha: SHA }, "refs/heads/main", true],
    ];
    for (const [revision, ref, isLooked] of revisions) {
      it(`${JSON.stringify(revision)} ${isLooked ? "may" : "does not"} follow ${ref}`, async () => {
        const world = start();
        world.apps.splice(0, 1, app("shop", REPO, revision));

        const answer = await world.post(push(ref));

        expect([answer.status, namesOf(world)]).to.deep.equal([202, isLooked ? ["shop"] : []]);
      });
    }

    it("and looks when the refs are not named", async () => {
      const world = start();

      await world.post({ repository: REPO });

      expect(world.looks).to.deep.equal([{ name: "shop", pushes: [] }]);
    });

    it("and looks at a named Application when the push is of another repository, whatever its branch", async () => {
      const world = start({ applications: ["shop"] });

      await world.post({ repository: "https://git.example.com/team/base.git", ref: "refs/heads/dev" });

      expect(namesOf(world)).to.deep.equal(["shop"]);
    });
  });

  for (const { host, type, kind, payload } of OTHERS) {
    it(`looks at nothing for ${host}`, async () => {
      const world = start({ type, applications: ["shop"] });

      const answer = await world.post(payload);

      const expected = kind === "ping" ? [200, "pong\n"] : [202, "ignored: no push\n"];
      expect([[answer.status, answer.body], world.looks, world.results]).to.deep.equal([
        expected,
        [],
        [["hook", "ignored"]],
      ]);
    });
  }

  it("tells who may know that no Application follows the repository", async () => {
    const world = start();

    const answer = await world.post({ repository: "https://git.example.com/other" });

    expect(answer).to.deep.equal({ status: 202, body: "ignored: no Application follows that\n" });
    expect(world.results).to.deep.equal([["hook", "ignored"]]);
  });

  describe("refuses", () => {
    it("in the same words a wrong signature, a missing one, and a Receiver without a Secret", async () => {
      const world = start();
      const wrong = await world.post(push(), { token: "other" });
      const missing = await world.handle({ name: "hook", headers: [JSON_TYPE], body: () => inPieces("{}") });
      world.tokens.delete("hook");
      const secretless = await world.post(push());
      world.tokens.set("hook", "");
      const empty = await world.post(push(), { token: "" });

      expect(wrong).to.deep.equal({ status: 401, body: "unauthorized\n" });
      expect([missing, secretless, empty]).to.deep.equal([wrong, wrong, wrong]);
      expect(world.looks).to.deep.equal([]);
      expect(world.results.map(([, result]) => result)).to.deep.equal(Array(4).fill("unauthorized"));
    });

    it("an unknown name, whoever signed, without counting or reading it", async () => {
      const world = start();
      let isRead = false;
      const body = (): AsyncIterable<Uint8Array> => {
        isRead = true;
        return NEVER();
      };

      for (const name of ["nobody", "constructor", undefined]) {
        const answer = await world.handle({ name, headers: [JSON_TYPE], body });
        expect(answer).to.deep.equal({ status: 404, body: "not found\n" });
      }

      expect([isRead, world.results]).to.deep.equal([false, []]);
    });

    for (const [name, headers] of [
      ["no type", []],
      ["text", [["content-type", "text/plain"]]],
      ["another JSON", [["content-type", "application/cloudevents+json"]]],
      ["parts", [["content-type", "multipart/form-data; boundary=application/json"]]],
      ["two types", [JSON_TYPE, JSON_TYPE]],
      ["something packed", [JSON_TYPE, ["content-encoding", "gzip"]]],
      ["something packed twice", [JSON_TYPE, ["content-encoding", "identity"], ["content-encoding", "br"]]],
    ] as const satisfies readonly (readonly [string, readonly Header[]])[]) {
      it(`unread what is ${name}`, async () => {
        const world = start();

        const answer = await world.handle({ name: "hook", headers, body: NEVER });

        expect([answer.status, world.results]).to.deep.equal([415, [["hook", "malformed"]]]);
      });
    }

    for (const type of [
      "application/json; charset=utf-8",
      "Application/JSON",
      "application/json;charset=UTF-8",
    ]) {
      it(`not the type ${type}`, async () => {
        const answer = await start().post(push(), {
          headers: [
            ["content-type", type],
            ["content-encoding", "identity"],
          ],
        });

        expect(answer.status).to.equal(202);
      });
    }

    it("unread what says that it is too large", async () => {
      const world = start();
      const length: Header = ["content-length", String(MEBIBYTE + 1)];

      const answer = await world.handle({ name: "hook", headers: [JSON_TYPE, length], body: NEVER });

      expect([answer.status, world.results]).to.deep.equal([413, [["hook", "too_large"]]]);
    });

    it("what proves to be too large, as soon as it does, and not what is just as large as allowed", async () => {
      const world = start();
      let sent = 0;
      async function* endless(): AsyncGenerator<Uint8Array> {
        for (;;) {
          sent += 65_536;
          yield Buffer.alloc(65_536, " ");
        }
      }

      const answer = await world.handle({ name: "hook", headers: [JSON_TYPE], body: endless });
      const text = JSON.stringify(push());
      const full = await world.post(text + " ".repeat(MEBIBYTE - text.length));

      expect([answer.status, sent, full.status]).to.deep.equal([413, MEBIBYTE + 65_536, 202]);
    });

    it("what comes too slowly, after eight seconds", async () => {
      const world = start();
      async function* drip(): AsyncGenerator<Uint8Array> {
        for (;;) {
          await new Promise<void>((resolve) => world.clock.after(1000, resolve));
          yield Buffer.from(" ");
        }
      }

      const answers = [NEVER, drip].map((body) => world.handle({ name: "hook", headers: [JSON_TYPE], body }));
      await world.clock.advance(8000);

      expect((await Promise.all(answers)).map(({ status }) => status)).to.deep.equal([408, 408]);
      expect(world.results.map(([, result]) => result)).to.deep.equal(["too_slow", "too_slow"]);
    });

    it("what breaks off", async () => {
      const world = start();
      async function* broken(): AsyncGenerator<Uint8Array> {
        yield Buffer.from("{");
        throw new Error("aborted");
      }

      const answer = await world.handle({ name: "hook", headers: [JSON_TYPE], body: broken });

      expect([answer.status, world.results, world.clock.pending()]).to.deep.equal([
        400,
        [["hook", "gone"]],
        0,
      ]);
    });

    for (const [name, body] of [
      ["no JSON", "{"],
      ["nothing", ""],
      ["a list", "[]"],
      ["a text", '"payload"'],
      ["null", "null"],
      ["JSON of great depth", "[".repeat(500_000)],
    ] as const) {
      it(`${name}, though it is well signed`, async () => {
        const world = start();

        const answer = await world.post(body);

        expect([answer.status, world.results]).to.deep.equal([400, [["hook", "malformed"]]]);
      });
    }

    it("bytes that are no text, though they are well signed", async () => {
      const world = start({ type: "azure-devops" });

      const answer = await world.handle({
        name: "hook",
        headers: [JSON_TYPE, ...sign("azure-devops", "")],
        body: async function* () {
          yield Buffer.from([0x7b, 0xff, 0xfe, 0x7d]);
        },
      });

      expect(answer.status).to.equal(400);
    });

    for (const form of [
      "payload=",
      "payload=%7B%7D&a=b",
      "payload=%zz",
      "a=b",
      "",
      "payload=%7B%7D&payload=%7B%7D",
    ]) {
      it(`a form that is "${form}"`, async () => {
        const world = start({ type: "github" });

        const answer = await world.handle({
          name: "hook",
          headers: [["content-type", "application/x-www-form-urlencoded"], ...sign("github", form)],
          body: () => inPieces(form),
        });

        expect(answer.status).to.equal(400);
      });
    }

    it("more than a thousand at a time, and takes them again when those are over", async () => {
      const world = start();
      const many = Array.from({ length: 1024 }, () =>
        world.handle({ name: "hook", headers: [JSON_TYPE], body: NEVER }),
      );

      const busy = await world.post(push());
      await world.clock.advance(8000);
      await Promise.all(many);

      expect(busy).to.deep.equal({ status: 503, body: "busy\n", headers: { "retry-after": "5" } });
      expect((await world.post(push())).status).to.equal(202);
    });

    it("many big ones at a time, but no small one because of them", async () => {
      const world = start();
      async function* big(): AsyncGenerator<Uint8Array> {
        yield Buffer.alloc(100_000, " ");
        yield* NEVER();
      }
      const begin = (): Promise<DeliveryAnswer> =>
        world.handle({ name: "hook", headers: [JSON_TYPE], body: big });
      const many = Array.from({ length: 32 }, begin);
      await world.clock.advance(0);

      const [one, small] = await Promise.all([begin(), world.post(push())]);
      await world.clock.advance(8000);
      await Promise.all(many);

      expect([one.status, small.status]).to.deep.equal([503, 202]);
    });
  });

  it("counts nothing for a Receiver that was deleted meanwhile", async () => {
    const world = start();
    const answer = world.handle({ name: "hook", headers: [JSON_TYPE], body: NEVER });

    world.receivers.delete("hook");
    await world.clock.advance(8000);

    expect([(await answer).status, world.results]).to.deep.equal([408, []]);
  });

  describe("says on the log", () => {
    it("what was accepted, and in a whisper what was known", async () => {
      const world = start();
      await world.post(push());
      for (const known of ["joined", "seen"] as const) {
        world.answers.set("shop", known);
        await world.post(push());
      }

      const fields = { event: "DeliveryAccepted", receiver: "hook", applications: ["shop"], of: 1 };
      expect(world.lines).to.deep.equal([
        { level: "info", message: "delivery accepted", fields: { ...fields, reason: "Push" } },
        { level: "debug", message: "delivery accepted", fields: { ...fields, reason: "NothingNew" } },
        { level: "debug", message: "delivery accepted", fields: { ...fields, reason: "NothingNew" } },
      ]);
    });

    it("why it refused, once a minute for each Receiver and reason, with the number of those it did not tell", async () => {
      const world = start();
      for (let n = 0; n < 1000; n++) await world.post(push(), { token: `guess ${n}` });
      for (let n = 0; n < 1000; n++) await world.handle({ name: `name-${n}`, headers: [], body: NEVER });
      await world.clock.advance(60_000);
      await world.post(push(), { token: "guess" });

      const wrong = { event: "DeliveryRefused", reason: "SignatureWrong", receiver: "hook", status: 401 };
      expect(world.lines.map(({ level, fields }) => [level, fields])).to.deep.equal([
        ["warn", wrong],
        ["warn", { event: "DeliveryRefused", reason: "UnknownReceiver", status: 404 }],
        ["warn", { ...wrong, more: 999 }],
      ]);
    });

    it("that the Secret is not usable, which the sender is not told", async () => {
      const world = start();
      world.tokens.delete("hook");

      await world.post(push());

      expect(world.lines[0]?.fields).to.include({ reason: "SecretUnavailable" });
    });

    it("nothing of token, signature and payload, whatever happens", async () => {
      const marked = "MARKED-7f3a";
      for (const type of [
        "github",
        "gitlab",
        "azure-devops",
        "generic",
      ] as const satisfies readonly ReceiverType[]) {
        const world = start({ type, applications: ["shop"] });
        world.tokens.set("hook", marked);
        const body = JSON.stringify({ ...push(), note: marked, zen: marked });
        for (const text of [body, `${body} ${marked}`, marked]) {
          for (const token of [marked, `${marked}!`]) {
            const headers: readonly Header[] = [
              JSON_TYPE,
              ["x-github-event", marked],
              ...sign(type, text, token),
            ];
            await world.handle({ name: "hook", headers, body: () => inPieces(text) });
            const told = JSON.stringify(world.lines);
            expect(told).not.to.contain(marked);
            for (const [, value] of sign(type, text, token)) expect(told).not.to.contain(value);
          }
        }
        expect(world.lines.length).to.be.greaterThan(1);
      }
    });
  });

  it("answers anything in one of its ways, and looks at nothing for a stranger", async () => {
    const header = fc.tuple(
      fc.constantFrom(
        "content-type",
        "content-length",
        "content-encoding",
        "x-signature-256",
        "x-hub-signature-256",
        "authorization",
        "x-gitlab-token",
      ),
      fc.oneof(
        fc.string(),
        fc.constantFrom("application/json", "application/x-www-form-urlencoded", "12", "-1", "NaN"),
      ),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom<ReceiverType>("github", "gitlab", "gitea", "bitbucket", "azure-devops", "generic"),
        fc.array(header, { maxLength: 5 }),
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.json().map((text) => `payload=${encodeURIComponent(text)}`),
        ),
        async (type, headers, body) => {
          const world = start({ type, applications: ["shop"] });

          const answer = await world.handle({ name: "hook", headers, body: () => inPieces(body, 7) });

          expect([400, 401, 413, 415]).to.include(answer.status);
          expect(world.looks).to.deep.equal([]);
        },
      ),
      { numRuns: 300 },
    );
  });
});

function headersOf({ headers }: Sample): readonly Header[] {
  return Object.entries(headers);
}
