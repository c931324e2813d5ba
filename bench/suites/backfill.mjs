import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { folder, lockstep, quoted } from '../command.mjs';
import { measure, measureLockstep } from '../measure.mjs';
import { ratio } from '../result.mjs';
import { inTurns } from '../rounds.mjs';

/** A row has about so many bytes. */
const rowBytes = 100;
/** The loop takes a hundredth of the rows: its speed is what counts. */
const sampled = 100;
const loop = new URL('../peers/row-loop.mjs', import.meta.url).pathname;

/**
 * A data migration that gives one column of every row a new value, against one UPDATE of the table, and against the usual
 * loop of a SELECT and an UPDATE per row, each committed by itself. Every entry puts the first letter of the same texts at their end.
 */
export async function backfillSuite({ engine, task }) {
  if (engine.embedded) throw new Error('backfill is measured on servers only.');
  const rows = Math.max(sampled * 10, Math.round(task.bytes / rowBytes));
  const url = await engine.create('backfill');
  const migrations = join(folder, 'products', 'backfill');
  const config = join(migrations, 'lockstep.config.json');
  mkdirSync(migrations, { recursive: true });
  writeFileSync(config, JSON.stringify({ name: 'bench', version: '1.0.0', migrations: '.', schemas: ['public'] }));
  writeFileSync(join(migrations, 'V1.0.0.1__item.sql'), table);
  const options = ['--config', config, '--database-url', url, '--quiet'];
  await lockstep([...options, 'migrate']);
  await engine.sql('backfill', fill(engine.family, rows));

  let version = 1;
  const migrated = async (count) => {
    await tidy(engine);
    version += 1;
    writeFileSync(join(migrations, `V1.0.0.${version}__turn.ts`), migration(count));
    return rated(await measureLockstep(engine, [...options, 'migrate']), count);
  };
  const update = engine.client(
    ...oneStatement(engine.family, 'UPDATE item SET label = concat(substr(label, 2), left(label, 1))'),
  );
  const measured = await inTurns(task.pairs, {
    lockstep: () => migrated(rows),
    'lockstep, a quarter of the rows': () => migrated(Math.ceil(rows / 4)),
    'one UPDATE': async () => {
      await tidy(engine);
      return rated(await measure(engine, update), rows);
    },
    'SELECT and UPDATE per row': async () => {
      const count = Math.ceil(rows / sampled);
      const one = await measure(engine, [process.execPath, loop, url, count].map(String).map(quoted).join(' '));
      return { ...one, rate: Number(one.stdout) };
    },
  });
  await engine.drop('backfill');
  const { lockstep: ours, 'lockstep, a quarter of the rows': quarter, ...peers } = measured;
  return {
    rows,
    ours,
    variants: { 'lockstep, a quarter of the rows': quarter },
    peers,
    updateRatio: ratio(ours.seconds, peers['one UPDATE'].seconds),
    updateCpuRatio: ratio(ours.cpu + ours.serverCpu, peers['one UPDATE'].serverCpu),
    loopRatio: ratio(ours.rate, peers['SELECT and UPDATE per row'].rate),
    memoryRatio: ratio(ours.rssMb, quarter.rssMb),
  };
}

const table = `CREATE TABLE item (id bigint PRIMARY KEY, label varchar(100) NOT NULL, code varchar(40) NOT NULL,
  amount decimal(12, 2) NOT NULL);
CREATE INDEX item_code ON item (code);
`;

function migration(rows) {
  return `import { defineDataMigration } from '@lockstep/core/migration';
export default defineDataMigration({
  table: 'item',
  key: 'id',
  select: ['label'],
  where: ({ sql }) => sql\`id <= \${${rows}}\`,
  async batch(rows, { update }) {
    await update('item', 'id', ['label'], rows.map((row) => ({ ...row, label: row.label.slice(1) + row.label[0] })));
  },
});
`;
}

function fill(family, rows) {
  const digits =
    '(SELECT 0 AS d UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5 UNION SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION SELECT 9)';
  const places = Array.from({ length: String(rows).length }, (_, at) => `p${at}`);
  const number = `1 + ${places.map((name, at) => `${name}.d * ${10 ** at}`).join(' + ')}`;
  const numbers =
    family === 'postgres'
      ? `generate_series(1, ${rows}) AS s (n)`
      : `(SELECT ${number} AS n FROM ${places.map((name) => `${digits} AS ${name}`).join(', ')}) AS s WHERE n <= ${rows} ORDER BY n`;
  const first = family === 'postgres' ? [] : ['SET SESSION sql_log_bin = 0'];
  return [
    ...first,
    `INSERT INTO item SELECT n, CONCAT('A label of the item ', n, ' that is tidied'), CONCAT('code ', n % 1000), n / 100 FROM ${numbers}`,
  ];
}

/** What is left of the entry before must not be paid for by the next one. */
async function tidy(engine) {
  await engine.sql(
    'backfill',
    engine.family === 'postgres' ? ['VACUUM ANALYZE item', 'CHECKPOINT'] : ['ANALYZE TABLE item'],
  );
}

function oneStatement(family, statement) {
  if (family === 'postgres') return ['psql', '-Xq', '-d', 'backfill', '-c', quoted(statement)];
  return [family === 'mysql' ? 'mysql' : 'mariadb', 'backfill', '-e', quoted(statement)];
}

function rated(measured, rows) {
  return { ...measured, rate: rows / measured.seconds };
}
