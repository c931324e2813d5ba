import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { setNames } from './data/sets.mjs';
import { engineNames } from './engine.mjs';
import { suites } from './suites.mjs';

const suiteNames = Object.keys(suites);

export const usage = `usage: npm run bench -- ${suiteNames.join('|')} --engine ${engineNames.join('|')}
         [--set ${setNames.join('|')}] [--size 100MB|1GB|4GB] [--pairs 5] [--json FILE]
       npm run bench -- all --json FOLDER [--page FILE] [--size 1GB] [--pairs 5]
         [--engine ENGINE,...] [--set SET,...] [--suite SUITE,...]
       npm run bench -- page --json FOLDER --page FILE`;

/** What is to be done. Throws an Error that says what is wrong in the arguments. */
export function readArguments(args) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: Object.fromEntries(
      ['engine', 'set', 'suite', 'size', 'pairs', 'json', 'page'].map((name) => [name, { type: 'string' }]),
    ),
  });
  const [what, ...rest] = positionals;
  if (rest.length > 0) throw new Error(`Name one suite: ${suiteNames.join(', ')}.`);
  if (what === 'all') return { what, ...common(values, '1GB'), ...severalOf(values), ...placesOf(values) };
  if (what === 'page') {
    if (!values.page) throw new Error('--page is missing: the file that the tables are written to.');
    return { what, ...placesOf(values) };
  }
  if (!suiteNames.includes(what)) throw new Error(`Name one suite: ${suiteNames.join(', ')}.`);
  if (!engineNames.includes(values.engine)) throw new Error('--engine is missing, or names none that is known.');
  if (values.suite || values.page) throw new Error('--suite and --page are for all suites.');
  return {
    what: 'one',
    suite: what,
    engine: values.engine,
    set: oneOf(setNames, values.set ?? 'mix', '--set'),
    ...common(values, '100MB'),
    json: pathOf(values.json),
  };
}

function common({ size: asked, pairs = '5' }, usual) {
  const size = asked ?? usual;
  const [, number, unit] = /^(\d+)(MB|GB)$/.exec(size) ?? [];
  if (!number) throw new Error('--size takes something like 100MB or 1GB.');
  if (!/^[1-9]\d*$/.test(pairs)) throw new Error('--pairs takes a number of at least 1.');
  return { size, bytes: Number(number) * (unit === 'GB' ? 1e9 : 1e6), pairs: Number(pairs) };
}

function severalOf({ engine, set, suite }) {
  const several = (names, value, option) =>
    value === undefined ? names : value.split(',').map((name) => oneOf(names, name, option));
  return {
    engines: several(engineNames, engine, '--engine'),
    sets: several(setNames, set, '--set'),
    suites: several(suiteNames, suite, '--suite'),
  };
}

function placesOf({ json, page }) {
  if (!json) throw new Error('--json is missing: the folder of the results.');
  return { folder: pathOf(json), page: pathOf(page) };
}

function oneOf(names, name, option) {
  if (!names.includes(name)) throw new Error(`${option} takes ${names.join(', ')}, not ${name}.`);
  return name;
}

function pathOf(value) {
  return value === undefined ? undefined : resolve(value);
}
