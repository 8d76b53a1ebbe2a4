/**
 * Calls `fn` for every item, at most `limit` at once, begun in their order. Rejects with the first failure, after what had
 * begun is over; nothing more is begun then.
 */
export async function forEachOf<Item>(
  items: readonly Item[],
  limit: number,
  fn: (item: Item) => Promise<void>,
): Promise<void> {
  let next = 0;
  let failed = false;
  async function work(): Promise<void> {
    while (next < items.length && !failed) {
      try {
        await fn(items[next++] as Item);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  }
  const results = await Promise.allSettled(Array.from({ length: Math.min(limit, items.length) }, work));
  for (const result of results) if (result.status === "rejected") throw result.reason;
}
