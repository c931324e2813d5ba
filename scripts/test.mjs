// npm test [-- FILE...] [options of vitest]
// Builds the packages, then runs the tests on every engine, or on those that ENGINES names (ENGINES=pglite,postgres15).
// Ends with the tests that failed or were skipped, what could not be tested and `N passed, N failed, N skipped`.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { parseCLI, startVitest } from 'vitest/node';

const root = new URL('..', import.meta.url);
// All that `tsc -b` builds but the tests: Vitest reads those as they are.
const { references } = JSON.parse(readFileSync(new URL('tsconfig.json', root), 'utf8'));
const packages = references.map((reference) => reference.path).filter((path) => path !== 'tests');

if (!run('node_modules/.bin/tsc', '-b', ...packages) || !run(process.execPath, 'scripts/assets.mjs')) {
  console.error('The packages cannot be built.');
  finish({ passed: 0, failed: 1, skipped: 0 });
} else {
  const { filter, options } = parseCLI(['vitest', 'run', ...process.argv.slice(2)]);
  const vitest = await startVitest('test', filter, { ...options, root: root.pathname, run: true, watch: false });
  const counts = count(vitest.state);
  const unusual = [...namesOf(vitest.state)];
  await vitest.close();
  for (const line of unusual) console.log(line);
  const untested = process.env['LOCKSTEP_UNTESTED'];
  if (untested) console.error(`Not tested:\n${untested}`);
  finish(counts);
}

function run(program, ...args) {
  return spawnSync(program, args, { cwd: root, stdio: 'inherit' }).status === 0;
}

/** A file that cannot be loaded and an error outside of any test count as failed. */
function count(state) {
  const counts = { passed: 0, failed: state.getUnhandledErrors().length, skipped: 0 };
  for (const file of state.getTestModules()) {
    counts.failed += file.errors().length;
    for (const suite of file.children.allSuites()) counts.failed += suite.errors().length;
    for (const test of file.children.allTests()) {
      const { state: result } = test.result();
      counts[result === 'pending' ? 'skipped' : result]++;
    }
  }
  return counts;
}

/** A line for each test that failed, with the first line of its error, and for each that was skipped. */
function* namesOf(state) {
  for (const error of state.getUnhandledErrors()) yield `failed: outside of any test: ${firstLine(error)}`;
  for (const file of state.getTestModules()) {
    for (const part of [file, ...file.children.allSuites()]) {
      const name = part === file ? '' : ` > ${part.fullName}`;
      for (const error of part.errors()) yield `failed: ${file.relativeModuleId}${name}: ${firstLine(error)}`;
    }
    for (const test of file.children.allTests()) {
      const { state: result, errors } = test.result();
      if (result === 'passed') continue;
      const error = errors?.length > 0 ? `: ${firstLine(errors[0])}` : '';
      yield `${result}: ${file.relativeModuleId} > ${test.fullName}${error}`;
    }
  }
}

function firstLine(error) {
  return String(error.message ?? error).split('\n', 1)[0];
}

/** A run in which no test ran has failed. */
function finish({ passed, failed, skipped }) {
  const failures = passed === 0 ? Math.max(failed, 1) : failed;
  if (failures > 0) process.exitCode = 1;
  console.log(`${passed} passed, ${failures} failed, ${skipped} skipped`);
}
