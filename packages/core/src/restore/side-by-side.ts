/**
 * Works on items with several workers, each on one item at a time; items are taken in their order. After a failure `stop`
 * is called, which should make the others fail soon, and nothing more is begun. The first error is thrown when all have
 * ended.
 */
export async function sideBySide<Worker, Item>(
  workers: readonly Worker[],
  items: readonly Item[],
  work: (worker: Worker, item: Item) => Promise<void>,
  stop: () => Promise<void>,
): Promise<void> {
  const waiting = [...items];
  let failure: { readonly error: unknown } | undefined;
  const run = async (worker: Worker): Promise<void> => {
    while (!failure) {
      const item = waiting.shift();
      if (item === undefined) return;
      try {
        await work(worker, item);
      } catch (error) {
        if (failure) return;
        failure = { error };
        await stop();
      }
    }
  };
  await Promise.all(workers.map(run));
  if (failure) throw failure.error;
}
