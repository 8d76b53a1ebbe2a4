/**
 * How long it takes from `docker kill` to the call by which ConOps starts the container again, and until it runs: figures,
 * without a verdict, against a bare `docker start` on the same engine. `make bench-heal`, half a minute. With `--docs` the
 * figures are put into docs/benchmarks.md.
 */
import { readFile, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { createDeployments } from "../support/deployments.ts";
import { docker, requireEngine, until } from "../support/engine.ts";
import { startEngineTap } from "../support/engine-tap.ts";
import { createWorld } from "../support/world.ts";

const ROUNDS = 15;
/** ConOps undoes ten things a minute for each Application. */
const APPLICATIONS = 3;
const ENGINE_SOCKET = "/var/run/docker.sock";
const PAGE = new URL("../../docs/benchmarks.md", import.meta.url);

await requireEngine();
const tap = await startEngineTap(join(tmpdir(), `ct-tap-${process.pid}.sock`), ENGINE_SOCKET);
const world = await createWorld({ ...process.env, DOCKER_HOST: tap.dockerHost });
try {
  const of = createDeployments(world);
  await world.start();
  const names = Array.from({ length: APPLICATIONS }, (_, n) => `bench-${n}`);
  await Promise.all(names.map((name) => of.deploy(name, { web: {} })));
  const killed: number[] = [];
  const decided: number[] = [];
  const back: number[] = [];
  const bare: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const { Id: id } = await of.container(names[round % APPLICATIONS] ?? "");
    const [ended, running, killedAt] = await Promise.all([
      eventOf(id, "die"),
      eventOf(id, "start"),
      kill(id),
    ]);
    const call = tap.requests.find(
      ({ at, request }) => at > ended - 5 && request.endsWith(`/containers/${id}/start`),
    );
    if (call === undefined) throw new Error("Nobody started the container");
    killed.push(call.at - killedAt);
    decided.push(call.at - ended);
    back.push(running - ended);
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  const { Id: plain } = JSON.parse(await create()) as { readonly Id: string };
  for (let round = 0; round < ROUNDS; round++) {
    const at = performance.now();
    await post(`/containers/${plain}/start`);
    bare.push(performance.now() - at);
    await post(`/containers/${plain}/kill`);
    await until(
      "it has ended",
      async () => (await docker(["inspect", "--format", "{{.State.Status}}", plain])).trim() === "exited",
    );
  }
  await docker(["rm", "--force", plain]);
  const figures = {
    "from the kill to the call that starts the container": `${ms(median(killed))} (longest ${ms(Math.max(...killed))})`,
    "of that, after the engine has told of its end": `${ms(median(decided))} (longest ${ms(Math.max(...decided))})`,
    "from the end of the container until it runs again": `${ms(median(back))} (longest ${ms(Math.max(...back))})`,
    "a bare start of such a container, by the engine's API": `${ms(median(bare))} (longest ${ms(Math.max(...bare))})`,
    "the way back, by the bare start": (median(back) / median(bare)).toFixed(2),
  };
  for (const [name, figure] of Object.entries(figures)) process.stdout.write(`${name}: ${figure}\n`);
  if (process.argv.includes("--docs")) await intoDocs(figures);
} finally {
  await world.close();
  await tap.close();
}

/** As `docker kill` does; when it was asked for. */
async function kill(id: string): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 100)); // until the events are listened to
  const at = performance.now();
  await post(`/containers/${id}/kill`);
  return at;
}

/** When the engine says so, by `performance.now()`. */
function eventOf(id: string, event: string): Promise<number> {
  const filters = encodeURIComponent(JSON.stringify({ container: [id], event: [event] }));
  return new Promise((resolve, reject) => {
    const call = request({ socketPath: ENGINE_SOCKET, path: `/events?filters=${filters}` }, (answer) => {
      answer.once("data", () => {
        resolve(performance.now());
        call.destroy();
      });
    });
    call.on("error", reject);
    call.end();
  });
}

function create(): Promise<string> {
  return post("/containers/create", { Image: "conops-test/busybox:1", NetworkDisabled: false });
}

function post(path: string, body?: object): Promise<string> {
  return new Promise((resolve, reject) => {
    const call = request({ socketPath: ENGINE_SOCKET, method: "POST", path, agent: false }, (answer) => {
      let text = "";
      answer.on("data", (chunk: Buffer) => (text += chunk.toString()));
      answer.on("end", () => resolve(text));
    });
    call.on("error", reject);
    call.setHeader("Content-Type", "application/json");
    call.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

async function intoDocs(figures: Readonly<Record<string, string>>): Promise<void> {
  const text = await readFile(PAGE, "utf8");
  const rows = Object.entries(figures).map(([name, figure]) => `| ${name} | ${figure} |`);
  const [before = "", after = ""] = text.split(/<!-- bench-heal -->[\s\S]*<!-- \/bench-heal -->/);
  const table = [
    "<!-- bench-heal -->",
    `| on ${cpus().length} cores, median of ${ROUNDS} | |`,
    "| --- | --- |",
    ...rows,
  ];
  await writeFile(PAGE, `${before}${[...table, "<!-- /bench-heal -->"].join("\n")}${after}`);
}

function median(list: readonly number[]): number {
  return list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)] ?? Number.NaN;
}

function ms(value: number): string {
  return `${Math.round(value)} ms`;
}
