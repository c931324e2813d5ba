import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { engineNames } from './engine.mjs';

export const usage = `usage: npm run bench -- backup|restore|start --engine ${engineNames.join('|')}
       [--size 100MB|1GB|4GB] [--pairs 5] [--json FILE]`;

/** What is to be measured. Throws an Error that says what is wrong in the arguments. */
export function readArguments(args, suites) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      engine: { type: 'string' },
      size: { type: 'string', default: '100MB' },
      pairs: { type: 'string', default: '5' },
      json: { type: 'string' },
    },
  });
  const [suite, ...rest] = positionals;
  if (!suites.includes(suite) || rest.length > 0) throw new Error(`Name one suite: ${suites.join(', ')}.`);
  if (!engineNames.includes(values.engine)) throw new Error('--engine is missing, or names none that is known.');
  const [, number, unit] = /^(\d+)(MB|GB)$/.exec(values.size) ?? [];
  if (!number) throw new Error('--size takes something like 100MB or 1GB.');
  if (!/^[1-9]\d*$/.test(values.pairs)) throw new Error('--pairs takes a number of at least 1.');
  return {
    suite,
    engine: values.engine,
    size: values.size,
    bytes: Number(number) * (unit === 'GB' ? 1e9 : 1e6),
    pairs: Number(values.pairs),
    json: values.json === undefined ? undefined : resolve(values.json),
  };
}
