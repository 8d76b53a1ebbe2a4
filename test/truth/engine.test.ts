/** Plays what the truth table says of an engine that goes and comes back, on one of its own. */
import { requireEngine } from "../support/engine.ts";
import { startPrivateEngine, type PrivateEngine } from "../support/private-engine.ts";
import { conditionOf } from "../support/conditions.ts";
import { act, deploy, judge } from "./play.ts";
import { THE_ENGINE } from "./rows/the-engine.ts";
import type { Situation } from "./situation.ts";
import { createStage, type Stage } from "./stage.ts";

describe(`the truth table: ${THE_ENGINE.title}`, () => {
  let engine: PrivateEngine;
  let stage: Stage;
  const faults = new Map<string, Error>();

  before(async function () {
    this.timeout(600_000);
    await requireEngine();
    engine = await startPrivateEngine();
    stage = await createStage(engine.env);
    await play();
  });
  after(async () => {
    await stage.close();
    await engine.close();
  });

  for (const { id, title } of THE_ENGINE.rows) {
    it(title, () => {
      const fault = faults.get(id);
      if (fault !== undefined) throw fault;
    });
  }

  async function play(): Promise<void> {
    await each(THE_ENGINE.rows, (situation) => stage.prepare(situation));
    await stage.start();
    for (const when of ["frozen", "restarted", "killed"] as const) {
      const rows = THE_ENGINE.rows.filter((situation) => situation.when === when);
      const acted = new Map<string, Awaited<ReturnType<typeof act>>>();
      await each(rows, async (situation) => {
        await deploy(situation, stage);
        acted.set(situation.id, await act(situation, stage));
      });
      await go(when, rows);
      await each(rows, async (situation) => {
        const what = acted.get(situation.id);
        if (what !== undefined) await judge(situation, what, stage);
      });
    }
    await stage.stop();
  }

  /** Resolves when the engine is back. */
  async function go(when: "frozen" | "restarted" | "killed", rows: readonly Situation[]): Promise<void> {
    if (when === "frozen") engine.pause();
    else await engine.stop(when === "killed" ? "SIGKILL" : "SIGTERM");
    await each(rows, async ({ id }) => {
      await stage.untilStatus(id, "the engine is missed", (status) => {
        const { status: ready, reason } = conditionOf(status, "Ready");
        return ready === "Unknown" && reason === "EngineUnavailable";
      });
    });
    if (when === "frozen") engine.resume();
    else await engine.start();
  }

  async function each(
    situations: readonly Situation[],
    what: (situation: Situation) => Promise<void>,
  ): Promise<void> {
    await Promise.all(
      situations
        .filter(({ id }) => !faults.has(id))
        .map((situation) =>
          what(situation).catch((error: unknown) => {
            faults.set(situation.id, error instanceof Error ? error : new Error(String(error)));
          }),
        ),
    );
  }
});
