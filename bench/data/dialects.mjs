// How the families say what the data is made with. `n` is the number of a row of the temporary table that is read.

const words =
  'customer order invoice payment product price amount currency country region street city number date time status state ' +
  'type kind name title text note comment owner team group user role right source target stream batch load table view ' +
  'column field value key index hash total sum count average daily weekly monthly yearly first last next open closed paid ' +
  'sent größe straße café 東京 naïve';
const wordCount = words.split(' ').length;

/**
 * @typedef {object} Dialect
 * @property {(expression: string, salt: string, below: number) => string} hash a number from 0 on that looks random
 * @property {(expression: string, times: number, by: number) => string} scaled a whole number, rounded down
 * @property {(hash: (below: number) => string) => string} word one of the words
 * @property {(expression: string) => string} digest 32 hexadecimal digits
 * @property {(expression: string) => string} withId the document `json` with an id made from an expression
 * @property {(expression: string) => string} time a time, so many seconds after a fixed one
 * @property {(expression: string) => string} joined of all rows, with blanks between them
 * @property {string} object the function that makes an object
 * @property {string} array
 * @property {string[]} first statements
 * @property {(tables: string[]) => string[]} last statements
 */

const postgres = {
  hash: (expression, salt, below) => `abs(hashtext(concat(${expression}, '-${salt}')) % ${below})`,
  scaled: (expression, times, by) => `(${expression})::bigint * ${times} / ${by}`,
  word: (hash) => `split_part('${words}', ' ', 1 + ${hash(wordCount)})`,
  digest: (expression) => `md5(concat(${expression}))`,
  withId: (expression) => `json || jsonb_build_object('id', md5(concat(${expression})))`,
  time: (expression) => `timestamptz '2026-01-01 00:00:00+00' + (${expression}) * interval '1 second'`,
  joined: (expression) => `string_agg(${expression}, ' ')`,
  object: 'jsonb_build_object',
  array: 'jsonb_build_array',
  first: ['SET synchronous_commit = off', "SET work_mem = '64MB'"],
  last: () => ['VACUUM (ANALYZE)', 'CHECKPOINT'],
};

function mysql(first) {
  const digest = (expression) => `LEFT(SHA2(CONCAT(${expression}), 256), 32)`; // MySQL has no MD5 any more
  return {
    hash: (expression, salt, below) => `CRC32(CONCAT(${expression}, '-${salt}')) % ${below}`,
    scaled: (expression, times, by) => `(${expression}) * ${times} DIV ${by}`,
    word: (hash) => `SUBSTRING_INDEX(SUBSTRING_INDEX(@words, ' ', 1 + ${hash(wordCount)}), ' ', -1)`,
    digest,
    withId: (expression) => `JSON_SET(json, '$.id', ${digest(expression)})`,
    time: (expression) => `TIMESTAMP '2026-01-01 00:00:00' + INTERVAL (${expression}) SECOND`,
    joined: (expression) => `GROUP_CONCAT(${expression} SEPARATOR ' ')`,
    object: 'JSON_OBJECT',
    array: 'JSON_ARRAY',
    first: [
      ...first,
      'SET SESSION sql_log_bin = 0',
      'SET SESSION group_concat_max_len = 16000000',
      `SET @words = '${words}'`,
    ],
    last: (tables) => tables.map((table) => `ANALYZE TABLE ${table}`),
  };
}

/** By family. @type {Record<string, Dialect>} */
export const dialects = {
  postgres,
  mysql: mysql(['SET SESSION cte_max_recursion_depth = 1000000']),
  mariadb: mysql(['SET SESSION max_recursive_iterations = 1000000']),
};
