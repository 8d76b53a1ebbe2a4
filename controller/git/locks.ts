/** Locks by name, first come first served. Each `acquire` gives the function that releases, which works once. */
export interface Locks {
  /** Alone with this name. */
  exclusive(name: string, signal: AbortSignal): Promise<() => void>;
  /** Together with others that share, and not while somebody is, or waits to be, alone. */
  shared(name: string, signal: AbortSignal): Promise<() => void>;
  /** Alone, if that is possible at once. */
  tryExclusive(name: string): (() => void) | undefined;
}

interface Waiter {
  readonly alone: boolean;
  readonly grant: () => void;
}

interface Lock {
  /** How many hold it; `alone` when the one that does is alone. */
  holders: number;
  alone: boolean;
  readonly waiters: Waiter[];
}

export function createLocks(): Locks {
  const locks = new Map<string, Lock>();

  function lockOf(name: string): Lock {
    const known = locks.get(name);
    if (known !== undefined) return known;
    const lock: Lock = { holders: 0, alone: false, waiters: [] };
    locks.set(name, lock);
    return lock;
  }

  function admit(name: string, lock: Lock): void {
    for (let next = lock.waiters[0]; next !== undefined; next = lock.waiters[0]) {
      if (lock.holders > 0 && (lock.alone || next.alone)) return;
      lock.waiters.shift();
      lock.holders++;
      lock.alone = next.alone;
      next.grant();
    }
    if (lock.holders === 0) locks.delete(name);
  }

  function releaseOf(name: string, lock: Lock): () => void {
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      lock.holders--;
      admit(name, lock);
    };
  }

  function acquire(name: string, alone: boolean, signal: AbortSignal): Promise<() => void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(signal.reason as Error);
        return;
      }
      const lock = lockOf(name);
      const onAbort = (): void => {
        lock.waiters.splice(lock.waiters.indexOf(waiter), 1);
        reject(signal.reason as Error);
        admit(name, lock);
      };
      const waiter: Waiter = {
        alone,
        grant() {
          signal.removeEventListener("abort", onAbort);
          resolve(releaseOf(name, lock));
        },
      };
      signal.addEventListener("abort", onAbort, { once: true });
      lock.waiters.push(waiter);
      admit(name, lock);
    });
  }

  return {
    exclusive: (name, signal) => acquire(name, true, signal),
    shared: (name, signal) => acquire(name, false, signal),
    tryExclusive(name) {
      if (locks.has(name)) return undefined;
      const lock = lockOf(name);
      lock.holders = 1;
      lock.alone = true;
      return releaseOf(name, lock);
    },
  };
}
