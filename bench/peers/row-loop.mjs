// node row-loop.mjs URL ROWS
// The usual loop: for each row a SELECT and an UPDATE, each committed by itself. Prints rows per second.
const [, , url, rows] = process.argv;
const client = url.startsWith('postgres') ? await postgres(url) : await mysql(url);
const started = performance.now();
for (let id = 1; id <= Number(rows); id++) {
  const [row] = await client.ask('SELECT label FROM item WHERE id = ?', [id]);
  await client.ask('UPDATE item SET label = ? WHERE id = ?', [row.label.slice(1) + row.label[0], id]);
}
console.log(Math.round(Number(rows) / ((performance.now() - started) / 1000)));
await client.end();

async function postgres(connectionString) {
  const { default: pg } = await import('pg');
  const connection = new pg.Client({ connectionString });
  await connection.connect();
  const ask = async (text, values) => {
    let position = 0;
    return (
      await connection.query(
        text.replace(/\?/g, () => `$${++position}`),
        values,
      )
    ).rows;
  };
  return { ask, end: () => connection.end() };
}

async function mysql(uri) {
  const { createConnection } = await import('mysql2/promise');
  const connection = await createConnection({ uri: uri.replace('mariadb:', 'mysql:') });
  return { ask: async (text, values) => (await connection.query(text, values))[0], end: () => connection.end() };
}
