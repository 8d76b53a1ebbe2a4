export interface Fifo<T> {
  push(item: T): void;
  /** The oldest item, or undefined when there is none. Constant time on average, however long the queue. */
  shift(): T | undefined;
  size(): number;
}

/** Below this many items taken, moving the rest is not worth it. */
const COMPACT_AFTER = 1024;

/** First in, first out. `Array.shift` moves every item behind the first; here they move once in their life at most. */
export function createFifo<T>(): Fifo<T> {
  let items: (T | undefined)[] = [];
  let head = 0;

  return {
    push(item) {
      items.push(item);
    },
    shift() {
      if (head === items.length) return undefined;
      const item = items[head];
      items[head++] = undefined; // let go of what was handed out
      if (head >= COMPACT_AFTER && head * 2 >= items.length) {
        items = items.slice(head);
        head = 0;
      }
      return item;
    },
    size: () => items.length - head,
  };
}
