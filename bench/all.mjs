import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startEngine } from './engine.mjs';
import { peersOf } from './peers/peers.mjs';
import { measureSuites } from './suites.mjs';

/** What the page of figures tells of a server: suites that are measured on the same data, by its set. */
const plan = [
  ['mix', ['backup', 'writers', 'restore']],
  ['documents', ['backup', 'restore']],
  ['edges', ['backup', 'restore']],
  ['giant', ['backup', 'restore']],
  ['many', ['backup', 'restore']],
  ['mix', ['growth']],
  ['rows', ['growth']],
  ['mix', ['start', 'migrate', 'noop', 'backfill']],
];

/** The embedded engine is no place for large data, and nobody else can write to it meanwhile. */
const embeddedPlan = [
  ['mix', ['backup', 'restore']],
  ['mix', ['start']],
];

/**
 * Measures all that the page of figures tells, and writes each result to a file of the folder. What has its file is not
 * measured again, so that a run that was interrupted goes on.
 */
export async function measureAll({ engines, sets, suites, folder, ...task }) {
  mkdirSync(folder, { recursive: true });
  for (const engine of engines) {
    const isMissing = (set) => (suite) => !existsSync(fileOf(folder, { ...task, engine, suite, set }));
    const parts = (engine === 'pglite' ? embeddedPlan : plan)
      .filter(([set]) => sets.includes(set))
      .map(([set, names]) => [set, names.filter((name) => suites.includes(name)).filter(isMissing(set))])
      .filter(([, names]) => names.length > 0);
    if (parts.length > 0) await measureEngine(engine, parts, task, folder);
  }
}

async function measureEngine(name, parts, task, folder) {
  const engine = await startEngine(name);
  try {
    const peers = await peersOf(engine);
    for (const [set, names] of parts) {
      await measureSuites(engine, names, { ...task, engine: name, set }, peers, (result) =>
        writeFileSync(fileOf(folder, result), `${JSON.stringify(result, null, 2)}\n`),
      );
    }
  } finally {
    await engine.stop();
  }
}

function fileOf(folder, { engine, suite, set, size }) {
  return join(folder, `${engine}-${suite}-${set}-${size}.json`);
}
