import { after, before, it } from "mocha";

/** The whole of the scenarios, whichever of them a test waits for. */
const LIMIT_MS = 240_000;

/**
 * Runs scenarios at the same time, and shows each as a test of its own: they wait for engines and timers, not for each
 * other. Call it inside `describe`, below the hooks that they need; hooks after it run when all have ended.
 */
export function together(scenarios: Readonly<Record<string, () => Promise<void>>>): void {
  const running = new Map<string, Promise<void>>();
  before(() => {
    for (const [name, run] of Object.entries(scenarios)) {
      const promise = run();
      promise.catch(() => undefined); // its test hears of it
      running.set(name, promise);
    }
  });
  for (const name of Object.keys(scenarios)) it(name, () => running.get(name)).timeout(LIMIT_MS);
  after(() => Promise.allSettled(running.values())).timeout(LIMIT_MS);
}
