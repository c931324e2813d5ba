// npm run bench -- backup|restore|start|writers|growth|migrate|noop|backfill --engine ENGINE [--set SET] [--size 100MB] [--pairs 5] [--json FILE]
// npm run bench -- all --json FOLDER [--page FILE] [--engine ENGINE,...] [--set SET,...] [--suite SUITE,...]
// npm run bench -- page --json FOLDER --page FILE
// Measures Lockstep's command line against the engine's own tools, in turns, on a server of its own with fsync on.
// docs/performance.md tells what is measured and how to read it.
import { writeFileSync } from 'node:fs';
import { measureAll } from './all.mjs';
import { readArguments, usage } from './arguments.mjs';
import { startEngine } from './engine.mjs';
import { writePage } from './page.mjs';
import { peersOf } from './peers/peers.mjs';
import { machine, printMachine } from './report.mjs';
import { measureSuites, suites } from './suites.mjs';

for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130));

const task = readTask();
try {
  if (task) await run(task);
} catch (error) {
  console.error(`It could not be measured: ${error.message}`);
  process.exitCode = 1;
}

function readTask() {
  try {
    return readArguments(process.argv.slice(2));
  } catch (error) {
    console.error(`${error.message}\n${usage}`);
    process.exitCode = 2;
    return undefined;
  }
}

async function run({ what, page, ...asked }) {
  if (what !== 'page') printMachine(machine());
  if (what === 'all') await measureAll(asked);
  if (what === 'one') await measureOne(asked);
  if (page) writePage(page, asked.folder);
}

async function measureOne({ suite, json, ...asked }) {
  const engine = await startEngine(asked.engine);
  try {
    const peers = suites[suite].data ? await peersOf(engine) : [];
    await measureSuites(engine, [suite], asked, peers, (result) => {
      if (json) writeFileSync(json, `${JSON.stringify(result, null, 2)}\n`);
    });
  } finally {
    await engine.stop();
  }
}
