/**
 * Works on items with several workers, each on one item at a time; items are taken in their order. `work` returns what has
 * become possible by it, which is taken first. After a failure `stop` is called, which should make the others fail soon,
 * and nothing more is begun. The first error is thrown when all have ended.
 */
export async function sideBySide<Worker, Item>(
  workers: readonly Worker[],
  items: readonly Item[],
  work: (worker: Worker, item: Item) => Promise<readonly Item[]>,
  stop: () => Promise<void>,
): Promise<void> {
  const waiting = [...items];
  const idle: (() => void)[] = [];
  let busy = 0;
  let failure: { readonly error: unknown } | undefined;
  const run = async (worker: Worker): Promise<void> => {
    while (!failure) {
      const item = waiting.shift();
      if (item === undefined) {
        if (busy === 0) return;
        await new Promise<void>((resolve) => idle.push(resolve));
        continue;
      }
      busy += 1;
      try {
        waiting.unshift(...(await work(worker, item)));
      } catch (error) {
        if (failure) return;
        failure = { error };
        await stop();
      } finally {
        busy -= 1;
        for (const goOn of idle.splice(0)) goOn();
      }
    }
  };
  await Promise.all(workers.map(run));
  if (failure) throw failure.error;
}
