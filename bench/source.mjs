import { lockstep } from './command.mjs';
import { tablesOf } from './data/sets.mjs';
import { dataStatements } from './data/statements.mjs';
import { makeProduct } from './product.mjs';

/**
 * @typedef {object} Source
 * @property {(url: string) => string[]} options the general options of `lockstep`
 * @property {string} url of the database `source`
 * @property {import('./data/sets.mjs').Table[]} tables
 * @property {() => Promise<void>} drop
 */

/**
 * Makes a product and a database full of its data.
 * @returns {Promise<Source>}
 */
export async function makeSource(engine, { set, size, bytes }) {
  const tables = tablesOf(set, bytes);
  const config = await makeProduct(engine, `${set}-${size}`, tables);
  const options = (url) => ['--config', config, '--database-url', url, '--quiet'];
  const url = await engine.create('source');
  await lockstep([...options(url), 'migrate']);
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  const started = performance.now();
  const { sessions, last } = dataStatements(engine, tables);
  await Promise.all(sessions.map((statements) => engine.sql('source', statements)));
  await engine.sql('source', last);
  const seconds = (performance.now() - started) / 1000;
  console.log(`Data: ${set}, ${size}, ${tables.length} tables, ${rows} rows, made in ${seconds.toFixed(0)} s`);
  return { options, url, tables, drop: () => engine.drop('source') };
}
