import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { setNames } from './data/sets.mjs';
import { engineNames } from './engine.mjs';

export const usage = `usage: npm run bench -- backup|restore|start --engine ${engineNames.join('|')}
       [--set ${setNames.join('|')}] [--size 100MB|1GB|4GB] [--pairs 5] [--json FILE]`;

/** What is to be measured. Throws an Error that says what is wrong in the arguments. */
export function readArguments(args, suites) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      engine: { type: 'string' },
      set: { type: 'string', default: 'mix' },
      size: { type: 'string', default: '100MB' },
      pairs: { type: 'string', default: '5' },
      json: { type: 'string' },
    },
  });
  const [suite, ...rest] = positionals;
  if (!suites.includes(suite) || rest.length > 0) throw new Error(`Name one suite: ${suites.join(', ')}.`);
  if (!engineNames.includes(values.engine)) throw new Error('--engine is missing, or names none that is known.');
  if (!setNames.includes(values.set)) throw new Error(`--set takes one of ${setNames.join(', ')}.`);
  if (!/^[1-9]\d*$/.test(values.pairs)) throw new Error('--pairs takes a number of at least 1.');
  return {
    suite,
    engine: values.engine,
    set: values.set,
    size: values.size,
    bytes: bytesOf(values.size),
    pairs: Number(values.pairs),
    json: values.json === undefined ? undefined : resolve(values.json),
  };
}

/** `100MB` as a number of bytes. */
function bytesOf(size) {
  const [, number, unit] = /^(\d+)(MB|GB)$/.exec(size) ?? [];
  if (!number) throw new Error('--size takes something like 100MB or 1GB.');
  return Number(number) * (unit === 'GB' ? 1e9 : 1e6);
}
