export interface DelayHeap {
  /** Lets `key` wait until `readyAt`, unless it waits for an earlier time already. True if something changed. */
  put(key: string, readyAt: number): boolean;
  /** True if `key` was waiting. */
  remove(key: string): boolean;
  /** The earliest time of all, or undefined when nothing waits. */
  nextAt(): number | undefined;
  /** Takes out the key with the earliest time (of equal times, the one put first), if that is not after `now`. */
  takeDue(now: number): string | undefined;
  clear(): void;
  size(): number;
}

interface Entry {
  readonly key: string;
  readyAt: number;
  order: number;
  index: number;
}

/** Keys that wait for a time, each once: a binary heap whose entries know their place, so that every operation is logarithmic. */
export function createDelayHeap(): DelayHeap {
  const heap: Entry[] = [];
  const entries = new Map<string, Entry>();
  let orders = 0;

  const isBefore = (a: Entry, b: Entry): boolean =>
    a.readyAt < b.readyAt || (a.readyAt === b.readyAt && a.order < b.order);

  function place(entry: Entry, index: number): void {
    heap[index] = entry;
    entry.index = index;
  }

  function rise(entry: Entry): void {
    let index = entry.index;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = heap[parentIndex];
      if (parent === undefined || !isBefore(entry, parent)) break;
      place(parent, index);
      index = parentIndex;
    }
    place(entry, index);
  }

  function sink(entry: Entry): void {
    let index = entry.index;
    for (;;) {
      const left = heap[2 * index + 1];
      const right = heap[2 * index + 2];
      const child = left !== undefined && right !== undefined && isBefore(right, left) ? right : left;
      if (child === undefined || !isBefore(child, entry)) break;
      const childIndex = child.index;
      place(child, index);
      index = childIndex;
    }
    place(entry, index);
  }

  function removeEntry(entry: Entry): void {
    entries.delete(entry.key);
    const last = heap.pop();
    if (last === undefined || last === entry) return;
    place(last, entry.index);
    rise(last);
    sink(last);
  }

  return {
    put(key, readyAt) {
      const known = entries.get(key);
      if (known === undefined) {
        const entry: Entry = { key, readyAt, order: orders++, index: heap.length };
        heap.push(entry);
        entries.set(key, entry);
        rise(entry);
        return true;
      }
      if (known.readyAt <= readyAt) return false;
      known.readyAt = readyAt;
      known.order = orders++;
      rise(known);
      return true;
    },
    remove(key) {
      const entry = entries.get(key);
      if (entry === undefined) return false;
      removeEntry(entry);
      return true;
    },
    nextAt: () => heap[0]?.readyAt,
    takeDue(now) {
      const [first] = heap;
      if (first === undefined || first.readyAt > now) return undefined;
      removeEntry(first);
      return first.key;
    },
    clear() {
      heap.length = 0;
      entries.clear();
    },
    size: () => heap.length,
  };
}
