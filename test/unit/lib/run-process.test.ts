import { expect } from "chai";
import { mkdtempSync, readdirSync, readFileSync, rmSync, existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sleep, systemClock } from "../../../controller/lib/clock.ts";
import { isAlive, type ProcessIdentity } from "../../../controller/lib/process-identity.ts";
import { type ProcessRequest, runProcess } from "../../../controller/lib/run-process.ts";

const never = new AbortController().signal;
const PATH = "/usr/local/bin:/usr/bin:/bin";

describe("runProcess()", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "conops-run-"))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const shell = (script: string, more: Partial<ProcessRequest> = {}): ReturnType<typeof runProcess> =>
    runProcess(systemClock, {
      command: "/bin/sh",
      args: ["-c", script],
      cwd: folder,
      env: { PATH },
      limit: { kind: "total", ms: 10_000 },
      graceMs: 500,
      output: { kind: "pipe" },
      signal: never,
      ...more,
    });

  it("returns the exit code and both streams as lines", async () => {
    const seen: string[] = [];

    const result = await shell("echo one; echo two >&2; exit 3", { onLine: (line) => seen.push(line) });

    expect([result.ended, result.exitCode]).to.deep.equal(["exited", 3]);
    expect(seen.toSorted()).to.deep.equal(["one", "two"]);
  });

  it("hands over every byte of standard input but its own line", async () => {
    const stdin = `first\n${"x".repeat(300_000)}\nlast`;

    const result = await shell("cat", { stdin, captureStdoutBytes: 1_000_000 });

    expect(result.stdout).to.equal(stdin);
  });

  it("gives the program exactly the environment it is given, with PWD as asked", async () => {
    process.env["CONOPS_TEST_MARKER"] = "1";

    const result = await runProcess(systemClock, {
      command: "/usr/bin/env",
      args: [],
      cwd: folder,
      env: { PATH, A: "b c", PWD: "/somewhere/else" },
      limit: { kind: "total", ms: 10_000 },
      graceMs: 500,
      output: { kind: "pipe" },
      signal: never,
    });
    delete process.env["CONOPS_TEST_MARKER"];

    const named = result.output.split("\n").filter((line) => !line.startsWith("_="));
    expect(named.toSorted()).to.deep.equal(["A=b c", `PATH=${PATH}`, "PWD=/somewhere/else"]);
  });

  it("removes credentials and control characters from lines", async () => {
    const result = await shell(String.raw`printf 'pull https://me:secret@host/x \033[31mred\033[0m\n'`);

    expect(result.output).to.equal("pull https://***@host/x red");
  });

  it("keeps the last 64 Ki characters of a talkative program, and cuts endless lines", async () => {
    const result = await shell(
      "yes abcdefgh | head -n 20000; head -c 100000 /dev/zero | tr '\\0' y; echo; echo end",
    );

    expect(result.output.length <= 64 * 1024).to.equal(true);
    expect(result.output.endsWith("…\nend")).to.equal(true);
  });

  it("says when there was more standard output than was to be captured", async () => {
    const result = await shell("head -c 100000 /dev/zero", { captureStdoutBytes: 1000 });

    expect([result.stdoutTruncated, result.exitCode]).to.deep.equal([true, 0]);
  });

  it("ends a program that is silent for longer than its idle limit", async () => {
    const result = await shell("echo working; sleep 60", { limit: { kind: "idle", ms: 300 } });

    expect([result.ended, result.output]).to.deep.equal(["limit", "working"]);
  });

  it("lets a program run longer than its idle limit as long as it writes", async () => {
    const result = await shell("for i in 1 2 3 4 5 6; do echo $i; sleep 0.2; done", {
      limit: { kind: "idle", ms: 700 },
    });

    expect([result.ended, result.exitCode]).to.deep.equal(["exited", 0]);
  });

  it("ends a program that writes all the time after its total limit", async () => {
    const result = await shell("while :; do echo x; sleep 0.05; done", { limit: { kind: "total", ms: 400 } });

    expect(result.ended).to.equal("limit");
  });

  for (const kind of ["pipe", "file"] as const) {
    const output = (): ProcessRequest["output"] => (kind === "pipe" ? { kind } : { kind, folder });

    it(`ends the whole group on cancel, also those that ignore SIGTERM (${kind})`, async () => {
      const abort = new AbortController();
      let identity: ProcessIdentity | undefined;

      const result = await shell("trap '' TERM; sleep 60 & echo up; wait; sleep 60", {
        output: output(),
        signal: abort.signal,
        graceMs: 200,
        onSpawn: async (spawned) => void (identity = await Promise.resolve(spawned)),
        onLine: () => abort.abort(),
      });

      expect([result.ended, result.exitSignal]).to.deep.equal(["cancelled", "SIGKILL"]);
      expect(isAlive(identity as ProcessIdentity)).to.equal(false);
    });

    it(`never starts the program when recording it fails (${kind})`, async () => {
      let identity: ProcessIdentity | undefined;

      const message = await shell("touch ran", {
        output: output(),
        onSpawn: (spawned) => {
          identity = spawned;
          return Promise.reject(new Error("disk full"));
        },
      }).then(
        () => "",
        (error: unknown) => (error as Error).message,
      );

      expect(message).to.equal("disk full");
      expect(isAlive(identity as ProcessIdentity)).to.equal(false);
      expect(existsSync(join(folder, "ran"))).to.equal(false);
    });
  }

  it("starts the program only after it was recorded, under the recorded pid", async () => {
    let recorded = 0;

    const result = await shell("echo $$", {
      onSpawn: async ({ pid }) => {
        await sleep(systemClock, 50, never);
        expect(existsSync(join(folder, "ran"))).to.equal(false);
        recorded = pid;
      },
    });

    expect(result.output).to.equal(String(recorded));
  });

  it("never starts the program when it is cancelled while being recorded", async () => {
    const abort = new AbortController();

    const result = await shell("touch ran", {
      signal: abort.signal,
      onSpawn: () => Promise.resolve(abort.abort()),
    });

    expect(result.ended).to.equal("cancelled");
    expect(existsSync(join(folder, "ran"))).to.equal(false);
  });

  it("leaves no name of its output file behind, and reads all of it", async () => {
    const result = await shell("ls -A; seq 1 2000; echo err >&2", { output: { kind: "file", folder } });

    const lines = result.output.split("\n");
    expect([lines[0], lines.at(-2), lines.at(-1)]).to.deep.equal(["1", "2000", "err"]);
    expect(readdirSync(folder)).to.deep.equal([]);
  });

  it("keeps a program within its memory", async () => {
    const result = await shell("head -c 400000000 /dev/zero | tail -c 300000000 >/dev/null", {
      memoryBytes: 100 * 1024 * 1024,
    });

    expect(/exhausted|allocate/i.test(result.output)).to.equal(true);
  });

  it("ends what the program left running in its group", async () => {
    let identity: ProcessIdentity | undefined;

    await shell("sleep 60 & echo $! > left", {
      onSpawn: async (spawned) => void (identity = await Promise.resolve(spawned)),
    });
    const left = readFileSync(join(folder, "left"), "utf8").trim();
    const state = existsSync(`/proc/${left}/stat`) ? readFileSync(`/proc/${left}/stat`, "utf8") : "gone Z ";

    expect(/ Z /.test(state)).to.equal(true);
    expect(isAlive(identity as ProcessIdentity)).to.equal(false);
  });

  it("rejects with the folder's fault when it cannot start at all", async () => {
    const message = await shell("true", { cwd: "/does/not/exist" }).then(
      () => "",
      (error: unknown) => (error as Error).message,
    );

    expect(message.startsWith('Cannot start "/bin/sh": ')).to.equal(true);
  });
});
