// The kinds of tables: how each is made, and how it is filled inside of the server, in blocks of rows.

/** Rows of the temporary tables that the others are made from. */
const seeds = 10_000;
const numbers = 250_000;

/**
 * @typedef {object} Kind
 * @property {number} bytesPerRow about how long a row is as text
 * @property {{ postgres: string[], mysql: string[] }} columns
 * @property {string} [indexed] the column that has an index
 * @property {(dialect: object, tables: object[]) => string[]} prepare makes the temporary table that rows come from
 * @property {(dialect: object, table: object, tables: object[]) => string[]} fill
 */

/** Documents of about 2 kB: names, texts out of 64 words, ten columns, one random id. */
const document = {
  bytesPerRow: 2150,
  columns: {
    postgres: ['name varchar(256) NOT NULL', 'json jsonb NOT NULL', 'updated_at timestamptz NOT NULL'],
    mysql: ['name varchar(256) NOT NULL', 'json json NOT NULL', 'updated_at datetime(6) NOT NULL'],
  },
  indexed: 'name',
  /** Composed word by word; all further documents are copies, which stand too far apart to be found by compression. */
  prepare: (dialect, tables) => [
    `CREATE TEMPORARY TABLE seed AS ${counted(seedsFor(tables))}
      SELECT n, ${documentOf(dialect)} AS json FROM counted`,
    'ALTER TABLE seed ADD PRIMARY KEY (n)',
  ],
  fill: (dialect, table, tables) => {
    const { name, rows } = table;
    const all = tables.filter(({ kind }) => kind === 'document');
    const available = seedsFor(all);
    // Small tables are not the same ones: each begins elsewhere.
    const start = rows < available ? (all.indexOf(table) * rows) % (available - rows + 1) : 0;
    return blocks(rows, available).map(({ done, count }) => {
      const number = `n + ${done - start}`;
      return `INSERT INTO ${name} (id, name, json, updated_at)
        SELECT ${number}, concat('${name}_', ${number}), ${dialect.withId(`'${name}-', ${number}`)}, ${dialect.time(number)}
        FROM seed WHERE n > ${start} AND n <= ${start + count} ORDER BY n`;
    });
  },
};

/** Narrow rows: ids, short values. */
const edge = {
  bytesPerRow: 63,
  columns: {
    postgres: [
      'source_id bigint NOT NULL',
      'target_id bigint NOT NULL',
      'kind smallint NOT NULL',
      'label varchar(32)',
      'amount numeric(12, 2) NOT NULL',
      'made_at timestamptz NOT NULL',
    ],
    mysql: [
      'source_id bigint NOT NULL',
      'target_id bigint NOT NULL',
      'kind smallint NOT NULL',
      'label varchar(32)',
      'amount decimal(12, 2) NOT NULL',
      'made_at datetime(6) NOT NULL',
    ],
  },
  indexed: 'source_id',
  prepare: (_dialect, tables) => numbered(Math.min(numbers, mostRows(tables))),
  fill: (dialect, { name, rows, of }, tables) => {
    const sources = tables.find((table) => table.name === of)?.rows ?? Math.ceil(rows / 3);
    return blocks(rows, numbers).map(({ done, count }) => {
      const number = `n + ${done}`;
      const random = (salt) => (below) => dialect.hash(number, `${name}-${salt}`, below);
      return `INSERT INTO ${name} (id, source_id, target_id, kind, label, amount, made_at)
        SELECT ${number}, 1 + ${dialect.scaled(`${number} - 1`, sources, rows)}, 1 + ${random('target')(sources)},
          ${random('kind')(7)}, CASE WHEN ${random('label')(4)} = 0 THEN NULL ELSE ${dialect.word(random('word'))} END,
          ${random('amount')(1_000_000)} / 100.0, ${dialect.time(random('time')(30_000_000))}
        FROM number WHERE n <= ${count} ORDER BY n`;
    });
  },
};

/** Large rows: texts of 1 to 8 MB, of hexadecimal digits. */
const file = {
  bytesPerRow: 4_500_000,
  columns: { postgres: ['body text NOT NULL'], mysql: ['body longtext NOT NULL'] },
  prepare: () => numbered(numbers),
  fill: (dialect, { name, rows }) =>
    Array.from({ length: rows }, (_, index) => {
      const digests = Math.floor(((1 + ((index + 7) % 8)) * 1e6) / 33);
      return `INSERT INTO ${name} (id, body)
        SELECT ${index + 1}, ${dialect.joined(dialect.digest(`'${name}-${index}-', n`))} FROM number WHERE n <= ${digests}`;
    }),
};

/** By name. @type {Record<string, Kind>} */
export const kinds = { document, edge, file };

function numbered(count) {
  return [
    `CREATE TEMPORARY TABLE number AS ${counted(count)} SELECT n FROM counted`,
    'ALTER TABLE number ADD PRIMARY KEY (n)',
  ];
}

function counted(count) {
  return `WITH RECURSIVE counted (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < ${count})`;
}

function seedsFor(tables) {
  return Math.min(
    seeds,
    tables.reduce((sum, { rows }) => sum + rows, 0),
  );
}

function mostRows(tables) {
  return Math.max(...tables.map(({ rows }) => rows));
}

function blocks(rows, size) {
  return Array.from({ length: Math.ceil(rows / size) }, (_, index) => {
    const done = index * size;
    return { done, count: Math.min(size, rows - done) };
  });
}

function documentOf(dialect) {
  let used = 0;
  const word = () => {
    const salt = used++;
    return dialect.word((below) => dialect.hash('n', salt, below));
  };
  const phrase = (count, separator = ' ') =>
    `concat_ws('${separator}', ${Array.from({ length: count }, word).join(', ')})`;
  const column = () =>
    `${dialect.object}('name', ${phrase(2, '_')}, 'dataType', ${phrase(1)}, 'dataLength', n % 256,
      'constraint', 'NOT_NULL', 'description', ${phrase(9)})`;
  const columns = Array.from({ length: 10 }, column);
  return `${dialect.object}('displayName', ${phrase(3)}, 'description', ${phrase(60)}, 'version', 0.1,
    'deleted', false, 'columns', ${dialect.array}(${columns.join(', ')}))`;
}
