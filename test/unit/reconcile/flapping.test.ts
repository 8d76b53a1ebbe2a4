import { expect } from "chai";
import type { ObservedContainer } from "../../../controller/docker/docker.ts";
import { createReconcileWorld, type ReconcileWorld } from "../../support/reconcile-world.ts";

const A = "a".repeat(40);
const SECOND = 1000;

/** docs/drift.md promises these: in an hour, of one Application from outside, of one service by itself. */
const OUTSIDE_PER_HOUR = 600;
const ITSELF_PER_HOUR = 126;

interface Flapping {
  readonly name: string;
  /** What goes wrong, so long after it is well again. */
  readonly afterMs: number;
  readonly breaks: (container: ObservedContainer, world: ReconcileWorld) => void;
  /** Healings in an hour. */
  readonly times: number;
  /** 60, if it does not say otherwise: each minute is like the other. */
  readonly minutes?: number;
  readonly outside?: boolean;
  readonly stalls?: boolean;
}

const change = (
  world: ReconcileWorld,
  { id }: ObservedContainer,
  patch: Partial<ObservedContainer>,
): void => {
  const at = world.containers.findIndex((one) => one.id === id);
  const known = world.containers[at];
  if (known !== undefined) world.containers[at] = { ...known, ...patch };
};
const exits =
  (exitCode: number, byHand: boolean) =>
  (container: ObservedContainer, world: ReconcileWorld): void => {
    const at = world.clock.now();
    change(world, container, { state: "exited", exitCode, finishedAt: at });
    world.endings.set(container.id, { exitCode, byHand, at });
  };

const KINDS: readonly Flapping[] = [
  { name: "ends at once, always", afterMs: 0, breaks: exits(1, false), times: 16, stalls: true },
  {
    name: "ends after half a minute, always",
    afterMs: 30 * SECOND,
    breaks: exits(1, false),
    times: 14,
    stalls: true,
  },
  {
    name: "ends after a little more than a minute, always",
    afterMs: 61 * SECOND,
    breaks: exits(1, false),
    times: 57,
  },
  {
    name: "is unhealthy at once, always",
    afterMs: 0,
    breaks: (container, world) => change(world, container, { health: "unhealthy" }),
    times: 16,
    stalls: true,
  },
  {
    name: "is killed by somebody at once, always",
    afterMs: 0,
    breaks: exits(137, true),
    outside: true,
    minutes: 6,
    times: 60,
  },
  {
    name: "is paused by somebody every ten seconds",
    afterMs: 10 * SECOND,
    breaks: (container, world) => change(world, container, { state: "paused" }),
    outside: true,
    minutes: 6,
    times: 35,
  },
  {
    name: "is removed by somebody at once, always",
    afterMs: 0,
    breaks: (container, world) => void world.containers.splice(world.containers.indexOf(container), 1),
    outside: true,
    minutes: 6,
    times: 60,
  },
  {
    name: "is made otherwise by somebody at once, always",
    afterMs: 0,
    breaks: (container, world) =>
      change(world, container, { id: `other-${world.clock.monotonic()}`, configHash: "other" }),
    outside: true,
    minutes: 6,
    times: 60,
  },
  {
    name: "is started again and again by the engine",
    afterMs: 0,
    breaks: (container, world) =>
      change(world, container, {
        state: "restarting",
        restartPolicy: "always",
        restartCount: 9,
        exitCode: 1,
      }),
    times: 0,
  },
];

describe("a service that for an hour", () => {
  let world: ReconcileWorld;

  beforeEach(async () => {
    world = await createReconcileWorld();
    world.push(A, { db: { image: "db:1" }, web: { image: "web:1", ports: ["80"] } });
    world.declare("shop");
    await world.settle("shop", 60_000);
    world.acts.length = 0;
  });
  afterEach(() => world.close());

  const web = (): ObservedContainer | undefined => world.containers.find(({ service }) => service === "web");
  const isWell = (container: ObservedContainer | undefined): boolean =>
    container?.state === "running" && container.health !== "unhealthy" && container.configHash !== "other";

  /** Lets an hour pass, in which the service breaks so long after each time that it became well. */
  async function hour({ afterMs, breaks, minutes = 60 }: Flapping): Promise<void> {
    const now = (): number => world.clock.monotonic();
    const end = now() + minutes * 60 * SECOND;
    let wellSince: number | undefined = now();
    while (now() < end) {
      const container = web();
      if (container !== undefined && wellSince !== undefined && now() >= wellSince + afterMs) {
        breaks(container, world);
        wellSince = undefined;
      }
      const outcome = await world.visit("shop");
      if (isWell(web())) wellSince ??= now();
      const recheckMs = outcome.kind === "gone" ? undefined : outcome.recheckAfterMs;
      const next = Math.min(
        end,
        now() + (recheckMs ?? end),
        wellSince === undefined ? end : wellSince + afterMs,
      );
      await world.clock.advance(Math.max(1, next - now()));
    }
  }

  for (const kind of KINDS) {
    it(kind.name, async function () {
      this.timeout(60_000);
      await hour(kind);
      const bound = kind.outside === true ? OUTSIDE_PER_HOUR : ITSELF_PER_HOUR;
      expect(world.acts.length).to.be.at.most(bound);
      expect(world.acts.length).to.equal(kind.times);
      const stalled = world.statuses
        .get("shop")
        ?.status.conditions.find(({ type }) => type === "Stalled")?.message;
      expect(stalled !== undefined).to.equal(kind.stalls === true);
      if (stalled === undefined) return;
      expect(stalled).to.match(
        /^healing has failed again and again, and goes on every 5 minutes: service "web": (?:Exited: exit 1|Unhealthy: unhealthy); look at container "shop-web-1", whose last lines are: "goodbye"$/,
      );
    });
  }
});
