// Data is made inside of the server, and is the same on each engine: documents of about 2 kB of JSON (names, texts out of
// 64 words, ten columns, one random id) and three narrow rows for each.

const words =
  'customer order invoice payment product price amount currency country region street city number date time status state ' +
  'type kind name title text note comment owner team group user role right source target stream batch load table view ' +
  'column field value key index hash total sum count average daily weekly monthly yearly first last next open closed paid ' +
  'sent größe straße café 東京 naïve';
const wordCount = words.split(' ').length;

/** Bytes of a document and its three narrow rows, as text. */
const bytesPerDocument = 2300;
const blockSize = 10_000;

/** What differs between the families. `n` is the number of a document. */
const families = {
  postgres: {
    word: (number) => `split_part('${words}', ' ', 1 + abs(hashtext(n || '-${number}') % ${wordCount}))`,
    object: 'jsonb_build_object',
    array: 'jsonb_build_array',
    withId: (number) => `json || jsonb_build_object('id', md5(${number} || '-id'))`,
    time: (second) => `timestamptz '2026-01-01 00:00:00+00' + ${second} * interval '1 second'`,
    first: [],
    last: ['VACUUM (ANALYZE) document', 'VACUUM (ANALYZE) entry', 'CHECKPOINT'],
  },
  mysql: {
    ...mysqlWords(),
    first: ['SET SESSION cte_max_recursion_depth = 1000000', `SET @words = '${words}'`],
  },
  mariadb: {
    ...mysqlWords(),
    first: ['SET SESSION max_recursive_iterations = 1000000', `SET @words = '${words}'`],
  },
};

function mysqlWords() {
  return {
    word: (number) =>
      `SUBSTRING_INDEX(SUBSTRING_INDEX(@words, ' ', 1 + CRC32(CONCAT(n, '-${number}')) % ${wordCount}), ' ', -1)`,
    object: 'JSON_OBJECT',
    array: 'JSON_ARRAY',
    // MySQL has no MD5 any more.
    withId: (number) => `JSON_SET(json, '$.id', LEFT(SHA2(CONCAT(${number}, '-id'), 256), 32))`,
    time: (second) => `TIMESTAMP '2026-01-01 00:00:00' + INTERVAL ${second} SECOND`,
    last: ['ANALYZE TABLE document', 'ANALYZE TABLE entry'],
  };
}

/** How much there is of what in so many bytes. */
export function countsOf(bytes) {
  const documents = Math.max(1, Math.round(bytes / bytesPerDocument));
  return { documents, entries: documents * 3 };
}

/**
 * The statements that fill the tables, for one session: the first block of documents is composed word by word into a
 * temporary table, and the others are copies of it with other ids, which stand too far apart to be found by compression.
 */
export function dataStatements(family, bytes) {
  const dialect = families[family];
  const { documents } = countsOf(bytes);
  const seeds = Math.min(documents, blockSize);
  const statements = [
    ...dialect.first,
    `CREATE TEMPORARY TABLE seed AS WITH RECURSIVE numbers (n) AS (
      SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${seeds}
    ) SELECT n, ${documentOf(dialect)} AS json FROM numbers`,
  ];
  for (let done = 0; done < documents; done += seeds) {
    const number = `(n + ${done})`;
    const some = `FROM seed WHERE n <= ${documents - done} ORDER BY n`;
    statements.push(`INSERT INTO document (id, name, json, updated_at)
      SELECT ${number}, concat('table_', ${number}), ${dialect.withId(number)},
        ${dialect.time(number)} ${some}`);
    for (let entry = 0; entry < 3; entry++) {
      statements.push(`INSERT INTO entry (id, document_id, kind, amount, made_at)
        SELECT ${number} * 3 + ${entry}, ${number}, (n + ${entry}) % 7, (n * 31 + ${entry}) % 1000000 / 100.0,
          ${dialect.time(number)} ${some}`);
    }
  }
  return [...statements, 'DROP TABLE seed', ...dialect.last];
}

function documentOf(dialect) {
  let used = 0;
  const phrase = (count, separator = ' ') =>
    `concat_ws('${separator}', ${Array.from({ length: count }, () => dialect.word(used++)).join(', ')})`;
  const column = () =>
    `${dialect.object}('name', ${phrase(2, '_')}, 'dataType', ${phrase(1)}, 'dataLength', n % 256,
      'constraint', 'NOT_NULL', 'description', ${phrase(9)})`;
  const columns = Array.from({ length: 10 }, column);
  return `${dialect.object}('displayName', ${phrase(3)}, 'description', ${phrase(60)}, 'version', 0.1,
    'deleted', false, 'columns', ${dialect.array}(${columns.join(', ')}))`;
}
