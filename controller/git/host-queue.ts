/** How many at a time. */
export interface HostQueueLimits {
  readonly total: number;
  /** Of one host that answered last time; that nothing is known of; that did not answer in time. */
  readonly proven: number;
  readonly unknown: number;
  readonly suspect: number;
  /** Of all hosts together that did not answer in time. */
  readonly suspects: number;
}

export type HostVerdict = "answered" | "timedOut";

export interface Taken<T> {
  readonly host: string;
  readonly item: T;
}

/**
 * Items that wait for a place, first come first served within a host and taking turns among hosts, so that a host that does
 * not answer holds a few places and the others go on. Every taken item must be given back by `done`.
 */
export interface HostQueue<T> {
  add(host: string, item: T, where?: "front"): void;
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
  readonly items: T[];
  running: number;
  standing: "proven" | "unknown" | "suspect";
}

/** Hosts beyond this many are forgotten while they have nothing to do. */
const MAX_IDLE_HOSTS = 1000;

export function createHostQueue<T>(limits: HostQueueLimits): HostQueue<T> {
  /** In the order of whose turn it is. */
  const hosts = new Map<string, Host<T>>();
  let running = 0;
  let waiting = 0;
  let suspectsRunning = 0;

  function hostOf(name: string): Host<T> {
    const known = hosts.get(name);
    if (known !== undefined) return known;
    const host: Host<T> = { items: [], running: 0, standing: "unknown" };
    hosts.set(name, host);
    return host;
  }

  function hasPlace({ items, running, standing }: Host<T>): boolean {
    if (items.length === 0 || running >= limits[standing]) return false;
    return standing !== "suspect" || suspectsRunning < limits.suspects;
  }

  function judge(host: Host<T>, standing: Host<T>["standing"]): void {
    if (host.standing === "suspect") suspectsRunning -= host.running;
    host.standing = standing;
    if (host.standing === "suspect") suspectsRunning += host.running;
  }

  function forgetIdle(): void {
    if (hosts.size <= MAX_IDLE_HOSTS) return;
    for (const [name, host] of hosts) {
      if (hosts.size <= MAX_IDLE_HOSTS) return;
      if (host.running === 0 && host.items.length === 0) hosts.delete(name);
    }
  }

  return {
    add(name, item, where) {
      const { items } = hostOf(name);
      if (where === "front") items.unshift(item);
      else items.push(item);
      waiting++;
      forgetIdle();
    },
    remove(name, item) {
      const items = hosts.get(name)?.items ?? [];
      const index = items.indexOf(item);
      if (index < 0) return false;
      items.splice(index, 1);
      waiting--;
      return true;
    },
    take() {
      if (running >= limits.total || waiting === 0) return undefined;
      for (const [name, host] of hosts) {
        if (!hasPlace(host)) continue;
        const [item] = host.items.splice(0, 1) as [T];
        waiting--;
        running++;
        host.running++;
        if (host.standing === "suspect") suspectsRunning++;
        hosts.delete(name);
        hosts.set(name, host); // the others' turn
        return { host: name, item };
      }
      return undefined;
    },
    done(name, verdict) {
      const host = hostOf(name);
      running--;
      host.running--;
      if (host.standing === "suspect") suspectsRunning--;
      if (verdict !== undefined) judge(host, verdict === "answered" ? "proven" : "suspect");
    },
    waiting: () => waiting,
  };
}
