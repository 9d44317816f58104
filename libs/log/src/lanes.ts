// Work on many logs, a few at a time. Protects: all that was begun has ended when it settles. Leaves out: order, cancelling.

const parallelLogs = 8;

/** Runs `work` for each item, a few at a time. Rejects with the first failure once the others are through. */
export async function inLanes<Item>(
  items: readonly Item[],
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const queue = items.values();
  const lane = async (): Promise<void> => {
    for (const item of queue) await work(item);
  };
  const lanes = await Promise.allSettled(Array.from({ length: parallelLogs }, lane));
  for (const result of lanes) if (result.status === 'rejected') throw result.reason;
}
