import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { folder } from './command.mjs';
import { halvesOf } from './data/halves.mjs';

/**
 * The line for the shell by which the server reads the tables for nobody, on two connections: nobody can be faster.
 * Nothing for an embedded engine.
 */
export function floorOf(engine, tables) {
  if (engine.embedded) return undefined;
  const [first, second] = selections(tables).map((some, index) => {
    const file = join(folder, `floor-${index + 1}.sql`);
    writeFileSync(file, some.map((selection) => `${statement(engine, selection)};\n`).join(''));
    return reader(engine, file);
  });
  return `${first} & other=$!; ${second} && wait $other`;
}

/** A single table is halved by its key. */
function selections(tables) {
  if (tables.length > 1) return halvesOf(tables).map((side) => side.map(({ name }) => ({ name, where: '' })));
  const [{ name, rows }] = tables;
  const middle = Math.ceil(rows / 2);
  return [[{ name, where: ` WHERE id <= ${middle}` }], [{ name, where: ` WHERE id > ${middle}` }]];
}

function statement({ family }, { name, where }) {
  if (family !== 'postgres') return `SELECT * FROM ${name}${where}`;
  return `COPY ${where === '' ? name : `(SELECT * FROM ${name}${where})`} TO '/dev/null'`;
}

function reader(engine, file) {
  if (engine.family === 'postgres') return engine.client('psql', '-Xq -v ON_ERROR_STOP=1', `-f ${file}`, 'source');
  const client = engine.family === 'mysql' ? 'mysql' : 'mariadb';
  return engine.client(client, '--quick -BN --raw', `source < ${file} > /dev/null`);
}
