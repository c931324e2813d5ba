import { machine, printResult } from './report.mjs';
import { makeSource } from './source.mjs';
import { backfillSuite } from './suites/backfill.mjs';
import { backupSuite } from './suites/backup.mjs';
import { growthSuite } from './suites/growth.mjs';
import { migrateSuite, noopSuite } from './suites/migrate.mjs';
import { restoreSuite } from './suites/restore.mjs';
import { startSuite } from './suites/start.mjs';
import { writersSuite } from './suites/writers.mjs';

/** What can be measured. `data` tells whether a suite needs a source, and `uses` whether it uses it up. */
export const suites = {
  backup: { run: backupSuite, data: true },
  restore: { run: restoreSuite, data: true, uses: true },
  start: { run: startSuite },
  writers: { run: writersSuite, data: true },
  growth: { run: growthSuite },
  migrate: { run: migrateSuite },
  noop: { run: noopSuite },
  backfill: { run: backfillSuite },
};

/**
 * Measures several suites on the same data, one after another; a suite that uses the data up comes last. Prints the
 * results and hands each to `done`.
 */
export async function measureSuites(engine, names, task, peers, done) {
  const settings = await engine.settings();
  console.log(`${engine.title}\n  ${settings}`);
  const withData = names.filter((name) => suites[name].data);
  const source = withData.length > 0 ? await makeSource(engine, task) : undefined;
  for (const name of names.toSorted(
    (left, right) => Number(suites[left].uses ?? false) - Number(suites[right].uses ?? false),
  )) {
    console.log(`== ${name} of ${task.set}, ${task.size}, on ${engine.title}`);
    const on = machine();
    const measured = await suites[name].run({ engine, task, source, peers });
    const { set, size, pairs } = task;
    const asked = { suite: name, engine: task.engine, set, size, pairs };
    const result = { ...asked, title: engine.title, settings, machine: on, ...measured };
    printResult(result);
    done(result);
  }
  if (source && !withData.some((name) => suites[name].uses)) await source.drop();
}
