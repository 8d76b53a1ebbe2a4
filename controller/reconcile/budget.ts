/**
 * How often ConOps may act on its own on one Application. Pure state machines; times are monotonic milliseconds. What
 * somebody does from outside is counted for the whole Application; failures are each service's own, so that one that fails
 * again and again holds up no other.
 */

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** What somebody did from outside is undone at once, at most this often a minute. */
export const OUTSIDE_PER_MINUTE = 10;
/** After this many failures in a row a person should look. */
export const STALLED_AFTER = 8;
/** Health for so long forgives the failures before it. */
export const FORGIVEN_AFTER_MS = MINUTE;

/** How long to wait before try number `failures` + 1: 2, 6, 18, 54, 162, 300, 300, ... seconds; nothing before the first failure. */
export function retryDelayMs(failures: number): number {
  if (failures <= 0) return 0;
  return Math.min(2 * SECOND * 3 ** Math.min(failures - 1, 10), 5 * MINUTE);
}

export interface HealBudget {
  /** When healings of outside causes happened, within the last minute. */
  readonly outside: readonly number[];
  /** Of the services that have failed, or that were healthy when last seen. */
  readonly services: Readonly<Record<string, ServiceBudget>>;
}

export interface ServiceBudget {
  /** Healings in a row of what failed by itself, and of what could not be done. */
  readonly failures: number;
  /** The last healing could not be done: for any cause, the next one waits as long as the failures ask. */
  readonly blockedAt?: number;
  /** Since when it has been healthy. */
  readonly healthySince?: number;
  /** Containers that were restarted because they were unhealthy: the next time they are made anew. */
  readonly restarted?: readonly string[];
}

/** Whom a healing is for, and why it is needed. */
export interface Healed {
  readonly service: string;
  readonly cause: "outside" | "itself";
}

const FRESH_SERVICE: ServiceBudget = { failures: 0 };
export const FRESH_BUDGET: HealBudget = { outside: [], services: {} };

function of({ services }: HealBudget, service: string): ServiceBudget {
  return Object.hasOwn(services, service) ? (services[service] ?? FRESH_SERVICE) : FRESH_SERVICE;
}

function change(
  budget: HealBudget,
  names: Iterable<string>,
  how: (service: ServiceBudget) => ServiceBudget,
): HealBudget {
  const changed = [...new Set(names)].map((name) => [name, how(of(budget, name))] as const);
  return { ...budget, services: { ...budget.services, ...Object.fromEntries(changed) } };
}

/** Takes note of the health of each service as seen now: a minute of it forgives. */
export function observeHealth(
  budget: HealBudget,
  healthy: ReadonlyMap<string, boolean>,
  now: number,
): HealBudget {
  const seen = [...healthy].map(([name, isHealthy]): readonly [string, ServiceBudget] => {
    const before = of(budget, name);
    const { healthySince, ...rest } = before;
    if (isHealthy) return [name, healthySince === undefined ? { ...before, healthySince: now } : before];
    const forgiven = healthySince !== undefined && now - healthySince >= FORGIVEN_AFTER_MS;
    return [name, forgiven ? FRESH_SERVICE : rest];
  });
  return { ...budget, services: { ...budget.services, ...Object.fromEntries(seen) } };
}

/** When this healing may begin: `now` or later. `since` is when the fault was first seen. */
export function mayHealAt(budget: HealBudget, healed: Healed, since: number, now: number): number {
  const { blockedAt, failures } = of(budget, healed.service);
  if (blockedAt !== undefined) return Math.max(now, blockedAt + retryDelayMs(failures));
  if (healed.cause === "itself") return Math.max(now, since + retryDelayMs(failures + 1));
  const recent = budget.outside.filter((at) => now - at < MINUTE);
  const oldest = recent[recent.length - OUTSIDE_PER_MINUTE];
  return oldest === undefined ? now : oldest + MINUTE;
}

/** Counts one healing, of all of these, that begins now. */
export function spend(budget: HealBudget, healed: readonly Healed[], now: number): HealBudget {
  const recent = budget.outside.filter((at) => now - at < MINUTE);
  const outside = healed.some(({ cause }) => cause === "outside") ? [...recent, now] : recent;
  const failed = healed.filter(({ cause }) => cause === "itself").map(({ service }) => service);
  return change({ ...budget, outside }, failed, (one) => ({ ...one, failures: one.failures + 1 }));
}

/**
 * The healing that began could not be done: one failure for each, whether or not it had failed by itself. `before` is the
 * budget as it was before that was spent.
 */
export function block(
  budget: HealBudget,
  healed: readonly Healed[],
  before: HealBudget,
  now: number,
): HealBudget {
  const blocked = healed.map(({ service }): readonly [string, ServiceBudget] => [
    service,
    { ...of(budget, service), failures: of(before, service).failures + 1, blockedAt: now },
  ]);
  return { ...budget, services: { ...budget.services, ...Object.fromEntries(blocked) } };
}

/** The healing that began was done. `restarted` are the containers that were unhealthy, and were started again. */
export function unblock(
  budget: HealBudget,
  healed: readonly Healed[],
  restarted: readonly { readonly service: string; readonly containerId?: string }[],
): HealBudget {
  const names = healed.map(({ service }) => service);
  const done = change(budget, names, ({ blockedAt: _over, ...rest }) => rest);
  return restarted.reduce(
    (now, { service, containerId }) =>
      containerId === undefined
        ? now
        : change(now, [service], (one) => ({ ...one, restarted: [...(one.restarted ?? []), containerId] })),
    done,
  );
}

/** The containers that were restarted because they were unhealthy, and have not been forgiven since. */
export function restartedOf({ services }: HealBudget): ReadonlySet<string> {
  return new Set(Object.values(services).flatMap(({ restarted = [] }) => restarted));
}

/** The services whose healing has failed so often in a row that a person should look. */
export function spentOf({ services }: HealBudget): readonly string[] {
  return Object.keys(services).filter(
    (name) => of({ outside: [], services }, name).failures >= STALLED_AFTER,
  );
}

/** As after `conops retry`: what failed may be tried again at once. */
export function forgiven({ outside }: HealBudget): HealBudget {
  return { outside, services: {} };
}
