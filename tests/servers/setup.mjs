// Before the tests: finds the servers that are up, starts the others, and tells the tests where they are.
import { readFileSync } from 'node:fs';
import { engines } from './engines.mjs';
import { installTools } from './install.mjs';
import { recorded } from './records.mjs';
import { startServers } from './servers.mjs';

const embedded = 'pglite';
const known = [embedded, ...Object.keys(engines)];

/**
 * ENGINES, a list with commas, names the engines to test; all of them otherwise. One that cannot be tested is named.
 * On CI it fails the run.
 */
export default async function setup({ provide }) {
  const asked = process.env['ENGINES']?.split(',').filter(Boolean) ?? known;
  const unknown = asked.filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new Error(`ENGINES names ${unknown.join(', ')}; there are ${known.join(', ')}.`);

  const up = recorded().filter((server) => asked.includes(server.name));
  const missing = asked.filter((name) => name in engines && !up.some((server) => server.name === name));
  const tools = await installTools();
  const { servers, problems, stop } = await startServers({ names: missing });
  const all = [...up, ...servers].map(({ name, url, version, bin }) => ({
    name,
    family: engines[name].family,
    version,
    url,
    programs: bin,
  }));
  if (asked.includes(embedded)) all.push(pglite());
  all.sort((a, b) => known.indexOf(a.name) - known.indexOf(b.name));

  const untested = problems.map(({ name, problem }) => `${name}: ${problem}`);
  process.env['LOCKSTEP_UNTESTED_ENGINES'] = untested.join('\n'); // scripts/test.mjs names them at the end
  if (untested.length > 0 && process.env['CI'] === 'true') {
    await stop();
    throw new Error(`Not all engines can be tested.\n${untested.join('\n')}`);
  }
  provide('engines', all);
  provide('tools', tools);
  return stop;
}

function pglite() {
  const file = new URL('../../node_modules/@electric-sql/pglite/package.json', import.meta.url);
  return { name: embedded, family: 'postgres', version: JSON.parse(readFileSync(file, 'utf8')).version };
}
