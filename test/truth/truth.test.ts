/**
 * Plays the truth table on an engine of its own, all situations at once under one controller. Then other controllers start,
 * one after the other: on what happened while none ran, and on a world in which nothing is to be done any more.
 */
import type { ChildProcess } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { requireEngine, until } from "../support/engine.ts";
import { startPrivateEngine, type PrivateEngine } from "../support/private-engine.ts";
import { actsBetween, type Snapshot } from "./containers.ts";
import { act, deploy, judge } from "./play.ts";
import type { Situation } from "./situation.ts";
import { createStage, REGISTRY_PORT, untilLookedAt, type Stage } from "./stage.ts";
import { THE_ENGINE } from "./rows/the-engine.ts";
import { TRUTH_TABLE } from "./table.ts";

/** What the engine itself does stands in engine.test.ts. */
const SECTIONS = TRUTH_TABLE.filter((section) => section !== THE_ENGINE);
const SITUATIONS = SECTIONS.flatMap(({ rows }) => rows).filter(({ id }) => isWanted(id));
const IDS = SITUATIONS.map(({ id }) => id);
const DAY_MS = 86_400_000;

describe("the truth table", () => {
  let engine: PrivateEngine;
  let stage: Stage;
  let registry: ChildProcess;
  /** Situation → what is wrong. */
  const faults = new Map<string, Error>();
  /** Calls of Compose by controllers that had nothing to do. */
  const needless: string[] = [];

  before(async function () {
    this.timeout(600_000);
    await requireEngine();
    engine = await startPrivateEngine();
    stage = await createStage(engine.env);
    registry = await startRegistry(engine, stage.world.root);
    await play();
  });
  after(async () => {
    registry.kill();
    await stage.close();
    await engine.close();
  });

  for (const { title, rows } of SECTIONS) {
    describe(title, () => {
      for (const { id, title: name } of rows.filter((row) => isWanted(row.id))) {
        it(name, () => {
          const fault = faults.get(id);
          if (fault !== undefined) throw fault;
        });
      }
    });
  }

  it("starts no process of Compose where nothing is to be done", () => {
    expect(needless).to.deep.equal([]);
  });

  async function play(): Promise<void> {
    await each(SITUATIONS, async (situation) => {
      await stage.prepare(situation);
      if (situation.before !== undefined) await stage.shell(situation, situation.before);
    });
    if (SITUATIONS.some(({ before }) => before !== undefined)) await stage.engine.forgetEvents();
    await stage.start();
    await each(SITUATIONS, async (situation) => {
      await deploy(situation, stage);
      if (isWatched(situation)) await judge(situation, await act(situation, stage), stage);
    });
    let settled = await worldOf(SITUATIONS.filter(isWatched));
    for (const when of ["replayed", "unseen"] as const) {
      await stage.stop();
      const missed = SITUATIONS.filter((situation) => situation.when === when);
      const acted = new Map<string, Awaited<ReturnType<typeof act>>>();
      await each(missed, async (situation) => void acted.set(situation.id, await act(situation, stage)));
      if (when === "unseen") await stage.engine.forgetEvents();
      await stage.start();
      await each(missed, async (situation) => {
        const what = acted.get(situation.id);
        if (what !== undefined) await judge(situation, what, stage);
      });
      await untilLookedAt(stage, IDS);
      settled = await stillSo(settled);
      settled = new Map([...settled, ...(await worldOf(missed))]);
    }
    for (const aheadMs of [DAY_MS, -DAY_MS]) {
      await stage.stop();
      await stage.start(clockAhead(aheadMs));
      await untilLookedAt(stage, IDS);
      settled = await stillSo(settled);
      for (const [series, value] of await stage.metrics()) {
        if (series.startsWith("conops_compose_runs_total{") && value > 0) needless.push(series);
      }
    }
    await stage.stop();
  }

  interface Settled {
    readonly containers: Snapshot;
    /** Of status and record. */
    readonly stamp: string;
  }

  async function worldOf(situations: readonly Situation[]): Promise<ReadonlyMap<string, Settled>> {
    const found = new Map<string, Settled>();
    await each(situations, async ({ id }) => {
      found.set(id, { containers: await stage.snapshot(id), stamp: await stage.stamp(id) });
    });
    return found;
  }

  /** The world is the one of before: nothing done, nothing written. Resolves with how it is. */
  async function stillSo(before: ReadonlyMap<string, Settled>): Promise<ReadonlyMap<string, Settled>> {
    const now = await worldOf(SITUATIONS.filter(({ id }) => before.has(id)));
    for (const [id, { containers, stamp }] of before) {
      const done = actsBetween(containers, now.get(id)?.containers ?? {});
      const situation = SITUATIONS.find((one) => one.id === id);
      try {
        if (situation?.endless === true) continue;
        expect(done, "what a further reconcile did").to.deep.equal({});
        if (situation?.askedAnew === true)
          await stage.untilStatus(id, "it is found again", ({ drift }) => drift.length > 0);
        else expect(now.get(id)?.stamp, "a further reconcile wrote").to.equal(stamp);
      } catch (error) {
        note(id, error);
      }
    }
    return now;
  }

  /** All at the same time; what is wrong with one harms no other. */
  async function each(
    situations: readonly Situation[],
    what: (situation: Situation) => Promise<void>,
  ): Promise<void> {
    await Promise.all(
      situations
        .filter(({ id }) => !faults.has(id))
        .map((situation) => what(situation).catch((error: unknown) => note(situation.id, error))),
    );
  }

  function note(id: string, error: unknown): void {
    if (!faults.has(id)) faults.set(id, error instanceof Error ? error : new Error(String(error)));
  }
});

/** TRUTH_ROWS=image,kill plays those alone whose id begins so. */
function isWanted(id: string): boolean {
  const wanted = process.env["TRUTH_ROWS"];
  return wanted === undefined || wanted.split(",").some((begin) => id.startsWith(begin));
}

function isWatched({ when = "watched" }: Situation): boolean {
  return when === "watched";
}

/** A registry of images where the engine, and it alone, reaches it. */
async function startRegistry(engine: PrivateEngine, folder: string): Promise<ChildProcess> {
  const file = join(folder, "registry.yml");
  const config = {
    version: 0.1,
    log: { level: "error" },
    storage: { filesystem: { rootdirectory: join(folder, "registry") } },
    http: { addr: `127.0.0.1:${REGISTRY_PORT}` },
  };
  await writeFile(file, JSON.stringify(config));
  const registry = engine.spawn("docker-registry", ["serve", file]);
  await until("the registry answers", () =>
    engine.fetchText(`http://127.0.0.1:${REGISTRY_PORT}/v2/`).then(
      () => true,
      () => false,
    ),
  );
  return registry;
}

/** The environment of a controller whose wall clock is ahead of the engine's. */
function clockAhead(ms: number): Readonly<Record<string, string>> {
  const code = `const now = Date.now; Date.now = () => now() + ${ms};`;
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(code)}` };
}
