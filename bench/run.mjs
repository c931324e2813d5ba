// npm run bench -- backup|restore|start --engine ENGINE [--size 100MB] [--pairs 5] [--json FILE]
// Measures Lockstep's command line against the engine's own tools, in turns, on a server of its own with fsync on.
// docs/performance.md tells what is measured and how to read it.
import { writeFileSync } from 'node:fs';
import { readArguments, usage } from './arguments.mjs';
import { startEngine } from './engine.mjs';
import { printMachine, printResult } from './report.mjs';
import { backupSuite } from './suites/backup.mjs';
import { restoreSuite } from './suites/restore.mjs';
import { startSuite } from './suites/start.mjs';

const suites = { backup: backupSuite, restore: restoreSuite, start: startSuite };
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130));

let task;
try {
  task = readArguments(process.argv.slice(2), Object.keys(suites));
} catch (error) {
  console.error(`${error.message}\n${usage}`);
  process.exit(2);
}
try {
  await measure();
} catch (error) {
  console.error(`It could not be measured: ${error.message}`);
  process.exitCode = 1;
}

async function measure() {
  printMachine();
  const engine = await startEngine(task.engine);
  try {
    console.log(`${engine.title}\n  ${await engine.settings()}`);
    const measured = await suites[task.suite](engine, task);
    const result = { suite: task.suite, engine: task.engine, size: task.size, pairs: task.pairs, ...measured };
    printResult(result);
    if (task.json) writeFileSync(task.json, `${JSON.stringify(result, null, 2)}\n`);
  } finally {
    await engine.stop();
  }
}
