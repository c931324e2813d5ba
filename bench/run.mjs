// npm run bench -- backup|restore|start --engine ENGINE [--set SET] [--size 100MB] [--pairs 5] [--json FILE]
// Measures Lockstep's command line against the engine's own tools, in turns, on a server of its own with fsync on.
// docs/performance.md tells what is measured and how to read it.
import { writeFileSync } from 'node:fs';
import { readArguments, usage } from './arguments.mjs';
import { startEngine } from './engine.mjs';
import { peersOf } from './peers/peers.mjs';
import { machine, printMachine, printResult } from './report.mjs';
import { makeSource } from './source.mjs';
import { backupSuite } from './suites/backup.mjs';
import { restoreSuite } from './suites/restore.mjs';
import { startSuite } from './suites/start.mjs';

const suites = {
  backup: withData(backupSuite),
  restore: withData(restoreSuite),
  start: startSuite,
};
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130));

const task = readTask();
try {
  if (task) await measure(task);
} catch (error) {
  console.error(`It could not be measured: ${error.message}`);
  process.exitCode = 1;
}

function readTask() {
  try {
    return readArguments(process.argv.slice(2), Object.keys(suites));
  } catch (error) {
    console.error(`${error.message}\n${usage}`);
    process.exitCode = 2;
    return undefined;
  }
}

async function measure(asked) {
  const on = machine();
  printMachine(on);
  const engine = await startEngine(asked.engine);
  try {
    const settings = await engine.settings();
    console.log(`${engine.title}\n  ${settings}`);
    const measured = await suites[asked.suite]({ engine, task: asked });
    const { suite, set, size, pairs } = asked;
    const result = {
      suite,
      engine: asked.engine,
      set,
      size,
      pairs,
      title: engine.title,
      settings,
      machine: on,
      ...measured,
    };
    printResult(result);
    if (asked.json) writeFileSync(asked.json, `${JSON.stringify(result, null, 2)}\n`);
  } finally {
    await engine.stop();
  }
}

function withData(suite) {
  return async (run) => {
    const peers = await peersOf(run.engine);
    return suite({ ...run, peers, source: await makeSource(run.engine, run.task) });
  };
}
