// Four writers that commit small transactions: `writers.mjs URL ROWS`, started with a channel to its parent. It says
// `ready`; between the parent's `begin` and `end` it notes how long each transaction takes, in milliseconds, and then
// sends them and ends.
import { setTimeout as sleep } from 'node:timers/promises';

const [url = '', rows = '1'] = process.argv.slice(2);
const writers = 4;
/** Between two transactions of a writer: enough of them to see a short wait, and not so many that they use up a core. */
const pauseMs = 5;

const connect = url.startsWith('postgres') ? postgres : mysql;
const connections = await Promise.all(Array.from({ length: writers }, connect));
const waits = [];
const told = { last: 'nothing' };
process.on('message', (message) => (told.last = message));
const work = Promise.all(connections.map(write));
process.send('ready');
await work;
await Promise.all(connections.map(({ close }) => close()));
process.send(waits, () => process.disconnect());

/** One row changed and one added in each transaction. One that began before the end is waited for, and counts. */
async function write({ query }, writer) {
  // Ids that no other run has used.
  let id = Date.now() * 1000 + writer;
  while (told.last !== 'end') {
    const document = 1 + Math.floor(Math.random() * Number(rows));
    const started = performance.now();
    const isCounted = told.last === 'begin';
    await query('BEGIN');
    await query(`UPDATE document SET updated_at = CURRENT_TIMESTAMP WHERE id = ${document}`);
    await query(`INSERT INTO entry (id, source_id, target_id, kind, label, amount, made_at)
      VALUES (${id}, ${document}, ${document}, 1, 'written', 1.5, CURRENT_TIMESTAMP)`);
    await query('COMMIT');
    if (isCounted || told.last === 'begin') waits.push(performance.now() - started);
    id += writers;
    await sleep(pauseMs);
  }
}

async function postgres() {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return { query: (text) => client.query(text), close: () => client.end() };
}

async function mysql() {
  const { createConnection } = await import('mysql2/promise');
  const connection = await createConnection(url.replace(/^mariadb:/, 'mysql:'));
  return { query: (text) => connection.query(text), close: () => connection.end() };
}
