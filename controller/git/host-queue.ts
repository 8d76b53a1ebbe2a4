/** How many at a time. */
export interface HostQueueLimits {
  readonly total: number;
  /** Of one host that answered last time; that nothing is known of; that did not answer in time. */
  readonly proven: number;
  readonly unknown: number;
  readonly suspect: number;
  /** Of all hosts together that did not answer in time. */
  readonly suspects: number;
  /** Of all hosts together that have not answered, or not in time: the rest is for those that do. */
  readonly unproven: number;
}

export type HostVerdict = "answered" | "timedOut";

export interface Taken<T> {
  readonly host: string;
  readonly item: T;
}

/** Before all others, of any host; with them; after them. */
export type Rank = "front" | "middle" | "back";

/**
 * Items that wait for a place, first come first served within a host and taking turns among hosts, so that a host that does
 * not answer holds a few places and the others go on. Those at the back wait for all others, but not for ever. Every taken
 * item must be given back by `done`.
 */
export interface HostQueue<T> {
  add(host: string, item: T, where?: Rank): void;
  /** Takes a waiting item out; false when it is not waiting. */
  remove(host: string, item: T): boolean;
  /** The next item that has a place, which it now holds; undefined when none has. */
  take(): Taken<T> | undefined;
  /** Frees the place of an item of `host`; without a verdict nothing was learnt of the host. */
  done(host: string, verdict?: HostVerdict): void;
  /** How many wait. */
  waiting(): number;
}

interface Host<T> {
  readonly items: Readonly<Record<Rank, T[]>>;
  running: number;
  standing: "proven" | "unknown" | "suspect";
}

/** Hosts beyond this many are forgotten while they have nothing to do. */
const MAX_IDLE_HOSTS = 1000;
const RANKS = ["front", "middle", "back"] as const satisfies Rank[];
const BACK_FIRST = ["back", "front", "middle"] as const satisfies Rank[];
/** Of so many places, the last goes to the back first: otherwise it could wait for ever. */
const BACK_EVERY = 8;

export function createHostQueue<T>(limits: HostQueueLimits): HostQueue<T> {
  /** In the order of whose turn it is. */
  const hosts = new Map<string, Host<T>>();
  let running = 0;
  let waiting = 0;
  let suspectsRunning = 0;
  let unprovenRunning = 0;
  let taken = 0;

  function hostOf(name: string): Host<T> {
    const known = hosts.get(name);
    if (known !== undefined) return known;
    const items = { front: [], middle: [], back: [] };
    const host: Host<T> = { items, running: 0, standing: "unknown" };
    hosts.set(name, host);
    return host;
  }

  function hasPlace({ running: ofHost, standing }: Host<T>): boolean {
    if (ofHost >= limits[standing]) return false;
    if (standing === "suspect" && suspectsRunning >= limits.suspects) return false;
    return standing === "proven" || unprovenRunning < limits.unproven;
  }

  /** `places` of this host are held now (or freed, when negative). */
  function count({ standing }: Host<T>, places: number): void {
    if (standing === "suspect") suspectsRunning += places;
    if (standing !== "proven") unprovenRunning += places;
  }

  function judge(host: Host<T>, standing: Host<T>["standing"]): void {
    count(host, -host.running);
    host.standing = standing;
    count(host, host.running);
  }

  /** The next item of this rank that has a place, of the host whose turn it is. */
  function takeOf(rank: Rank): Taken<T> | undefined {
    for (const [name, host] of hosts) {
      if (host.items[rank].length === 0 || !hasPlace(host)) continue;
      const [item] = host.items[rank].splice(0, 1) as [T];
      waiting--;
      running++;
      taken++;
      host.running++;
      count(host, 1);
      hosts.delete(name);
      hosts.set(name, host); // the others' turn
      return { host: name, item };
    }
    return undefined;
  }

  function forgetIdle(): void {
    if (hosts.size <= MAX_IDLE_HOSTS) return;
    for (const [name, { items, running: ofHost }] of hosts) {
      if (hosts.size <= MAX_IDLE_HOSTS) return;
      if (ofHost === 0 && RANKS.every((rank) => items[rank].length === 0)) hosts.delete(name);
    }
  }

  return {
    add(name, item, where = "middle") {
      hostOf(name).items[where].push(item);
      waiting++;
      forgetIdle();
    },
    remove(name, item) {
      const items = hosts.get(name)?.items;
      const rank = items && RANKS.find((one) => items[one].includes(item));
      if (rank === undefined) return false;
      items?.[rank].splice(items[rank].indexOf(item), 1);
      waiting--;
      return true;
    },
    take() {
      if (running >= limits.total || waiting === 0) return undefined;
      for (const rank of (taken + 1) % BACK_EVERY === 0 ? BACK_FIRST : RANKS) {
        const found = takeOf(rank);
        if (found !== undefined) return found;
      }
      return undefined;
    },
    done(name, verdict) {
      const host = hostOf(name);
      running--;
      host.running--;
      count(host, -1);
      if (verdict !== undefined) judge(host, verdict === "answered" ? "proven" : "suspect");
    },
    waiting: () => waiting,
  };
}
