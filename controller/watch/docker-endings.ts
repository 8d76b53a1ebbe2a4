import type { EngineEvent, ObservedContainer } from "../docker/docker.ts";
import type { Ending } from "./watch.ts";

/**
 * How containers came to their ends, read from the events alone. Events may come twice (a reopened stream sends some
 * again); a container is forgotten by `forget`, or when it is left out of `keepOnly`: not when an event says that it was
 * removed, since until the engine was asked, it is still judged.
 */
export interface Endings {
  witness(event: EngineEvent): void;
  /** `container` as it is now: an ending of an earlier life of it is not told. */
  of(id: string, container: ObservedContainer | undefined): Ending | undefined;
  forget(id: string): void;
  keepOnly(ids: ReadonlySet<string>): void;
  size(): number;
}

interface Life {
  /** What was sent to it since it started; the last few. */
  kills: readonly Kill[];
  /** When the engine said that somebody stopped it; 0: not since it started. */
  stoppedAt: number;
  running: boolean;
  /** When it started, where that was seen. */
  startedAt?: number;
  /** When the kernel last ended a process of it for want of memory. */
  oomAt?: number;
  ending?: Ending;
}

interface Kill {
  readonly signal: number | undefined;
  readonly at: number;
}

const SIGHUP = 1;
const SIGKILL = 9;
const SIGUSR1 = 10;
const SIGUSR2 = 12;
const SIGWINCH = 28;
/** Programs take these as "read your configuration again" and the like. */
const SIGNALS_OF_RELOAD: readonly (number | undefined)[] = [SIGHUP, SIGUSR1, SIGUSR2, SIGWINCH];

/** A program that was asked to end by `docker kill -s TERM` and goes on for longer has ended for another reason. */
const OBEYED_WITHIN_MS = 60_000;
/** What has run for so long is not on its way to the next crash. */
const STEADY_MS = 60_000;
const KILLS_KEPT = 8;
/** The engine notes the end of a process a little before it sends the event. */
const TOLERANCE_MS = 1000;

export function createEndings(): Endings {
  const lives = new Map<string, Life>();

  function lifeOf(id: string): Life {
    const known = lives.get(id);
    if (known !== undefined) return known;
    const life: Life = { kills: [], stoppedAt: 0, running: true };
    lives.set(id, life);
    return life;
  }

  return {
    witness(event) {
      if (event.type !== "container" || event.project === "" || event.containerId === "") return;
      const { containerId: id, at } = event;
      switch (event.action) {
        case "kill":
          lifeOf(id).kills = [...lifeOf(id).kills, { signal: event.killSignal, at }].slice(-KILLS_KEPT);
          return;
        case "oom":
          lifeOf(id).oomAt = at;
          return;
        case "stop": {
          const life = lifeOf(id);
          life.stoppedAt = at;
          // some engines say so only after the death
          if (!life.running && life.ending !== undefined) life.ending = { ...life.ending, byHand: true };
          return;
        }
        case "die": {
          const life = lifeOf(id);
          const exitCode = event.exitCode ?? 0;
          const byHand = life.stoppedAt > 0 || life.kills.some((kill) => wasObeyed(kill, exitCode, at));
          const quick = byHand ? undefined : quickEnds(life, at);
          const outOfMemory = life.oomAt !== undefined && at - life.oomAt < TOLERANCE_MS;
          const ending = {
            exitCode,
            byHand,
            at,
            ...(quick !== undefined && { quick }),
            ...(outOfMemory && { outOfMemory }),
          };
          lives.set(id, { kills: [], stoppedAt: 0, running: false, ending });
          return;
        }
        case "start": {
          const { ending } = lifeOf(id);
          const started = { kills: [], stoppedAt: 0, running: true, startedAt: at };
          lives.set(id, { ...started, ...(ending !== undefined && { ending }) });
          return;
        }
        default:
      }
    },

    of(id, container) {
      const life = lives.get(id);
      if (life === undefined) return undefined;
      const finishedAt = container?.finishedAt ?? 0;
      if (life.ending !== undefined && finishedAt <= life.ending.at + TOLERANCE_MS) return life.ending;
      // The stream broke between the kill and the death, as when the engine itself goes down.
      if (container === undefined || (container.state !== "exited" && container.state !== "dead"))
        return undefined;
      const { exitCode, startedAt } = container;
      const inThisLife = (at: number): boolean => at >= startedAt && at <= finishedAt + TOLERANCE_MS;
      const byHand =
        inThisLife(life.stoppedAt) ||
        life.kills.some((kill) => inThisLife(kill.at) && wasObeyed(kill, exitCode, finishedAt));
      return byHand ? { exitCode, byHand, at: finishedAt } : undefined;
    },

    forget: (id) => void lives.delete(id),
    keepOnly(ids) {
      for (const id of lives.keys()) if (!ids.has(id)) lives.delete(id);
    },
    size: () => lives.size,
  };
}

/** Ends in a row, this one among them; undefined where its start was not seen. */
function quickEnds({ startedAt, ending }: Life, at: number): number | undefined {
  if (startedAt === undefined) return undefined;
  return at - startedAt < STEADY_MS ? (ending?.quick ?? 0) + 1 : 0;
}

/** Whether a container that ended at `at` with this code did so because of the signal. */
function wasObeyed({ signal, at: sentAt }: Kill, exitCode: number, at: number): boolean {
  if (signal === SIGKILL || (signal !== undefined && exitCode === 128 + signal)) return true;
  return !SIGNALS_OF_RELOAD.includes(signal) && at - sentAt <= OBEYED_WITHIN_MS;
}
