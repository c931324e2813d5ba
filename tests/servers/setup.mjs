// Before the tests: finds the servers that are up, starts the others, and tells the tests where they are.
import { readFileSync } from 'node:fs';
import { account } from './account.mjs';
import { engines } from './engines.mjs';
import { installGalera, installNodes, installPgbouncer, installTools } from './install.mjs';
import { recorded } from './records.mjs';
import { startServers } from './servers.mjs';
import { workInMemory } from './work-in-memory.mjs';

const embedded = 'pglite';
const store = 's3';
const known = [embedded, ...Object.keys(engines)];

/**
 * ENGINES, a list with commas, names the engines to test, and s3; all of them otherwise. What cannot be tested is named, and on
 * CI it fails the run.
 */
export default async function setup({ provide }) {
  workInMemory();
  const asked = process.env['ENGINES']?.split(',').filter(Boolean) ?? known;
  const unknown = asked.filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new Error(`ENGINES names ${unknown.join(', ')}; there are ${known.join(', ')}.`);

  const up = recorded().filter((server) => asked.includes(server.name));
  const missing = asked.filter((name) => name in engines && !up.some((server) => server.name === name));
  const { servers, problems, stop } = await startServers({ names: missing });
  const instead = (name, value) => (error) => {
    problems.push({ name, problem: error.message });
    return value;
  };
  const tools = await installTools().catch(instead('zstd and age', '/usr/bin'));
  const nodes = await installNodes().catch(instead('other releases of Node', {}));
  const pgbouncer = await installPgbouncer().catch(instead('PgBouncer', ''));
  const galera = asked.includes('mariadb10') ? await installGalera().catch(instead('Galera', null)) : null;
  const running = [...up, ...servers];
  const all = running
    .filter(({ name }) => name !== store)
    .map(({ name, url, version, bin }) => ({
      name,
      family: engines[name].family,
      version,
      url,
      programs: bin,
    }));
  if (asked.includes(embedded)) all.push(pglite());
  all.sort((a, b) => known.indexOf(a.name) - known.indexOf(b.name));

  const untested = problems.map(({ name, problem }) => `${name}: ${problem}`);
  process.env['LOCKSTEP_UNTESTED'] = untested.join('\n'); // scripts/test.mjs names them at the end
  if (untested.length > 0 && process.env['CI'] === 'true') {
    await stop();
    throw new Error(`Not everything can be tested.\n${untested.join('\n')}`);
  }
  provide('engines', all);
  provide('s3', running.find(({ name }) => name === store)?.url ?? null);
  provide('tools', tools);
  provide('nodes', nodes);
  provide('pgbouncer', pgbouncer);
  provide('galera', galera);
  provide('account', account() ?? null);
  return stop;
}

function pglite() {
  const file = new URL('../../node_modules/@electric-sql/pglite/package.json', import.meta.url);
  return { name: embedded, family: 'postgres', version: JSON.parse(readFileSync(file, 'utf8')).version };
}
