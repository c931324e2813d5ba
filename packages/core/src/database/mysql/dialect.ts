import type { Dialect } from '../database.ts';
import { clockPlusText, clockText } from './clock.ts';
import { mysqlEffects } from './effects.ts';
import { deadlock, errorNumber, lockWaitTimeout } from './failure.ts';
import type { Flavour } from './flavour.ts';
import { mariadb, mysql } from './flavour.ts';
import { afterKey, valueAs } from './keyed-sql.ts';
import { ownTables } from './own-tables.ts';
import { putBack } from './put-back.ts';
import { literal, quote } from './quote.ts';
import { rowForm } from './row-form/row-form.ts';
import { fileSettings } from './settings.ts';
import { exactSettings, guard } from './shape/guarded.ts';
import { splitScript } from './split/split.ts';

function dialectOf(flavour: Flavour): Dialect {
  return {
    family: flavour.family,
    transactionalDdl: false,
    migrationFolders: flavour.migrationFolders,
    homeSchema: () => '',
    quote,
    split: async (script, file) => splitScript(script, file),
    ownTables,
    rows: rowForm,
    fileSettings,
    handSettings: () => [
      'SET NAMES utf8mb4',
      // Views and routines remember it.
      'SET collation_connection = @@collation_database',
      `SET time_zone = '+00:00'`,
      'SET foreign_key_checks = 1',
    ],
    forClient,
    counter: ({ name, value }) =>
      guard(`ALTER TABLE ${quote(name.name)} AUTO_INCREMENT = ${BigInt(value)}`, exactSettings),
    putBack,
    // InnoDB raises AUTO_INCREMENT with the rows. Saying it would end the transaction.
    raiseCounter: () => undefined,
    unvalidated: ({ create }) => create,
    analyze: ({ name }) => `ANALYZE TABLE ${quote(name)}`,
    isLockConflict: (error) => [lockWaitTimeout, deadlock].includes(errorNumber(error)),
    waitsAside: () => false,
    valueAs,
    afterKey,
    changeLock: 'FOR UPDATE',
    literal,
    currentUser: "SUBSTRING_INDEX(USER(), '@', 1)",
    currentDatabase: 'DATABASE()',
    randomUuid,
    clock: clockText,
    clockPlus: clockPlusText,
    withoutWaiting: 'NULL',
    shareLock: 'LOCK IN SHARE MODE',
    effects: mysqlEffects,
    analyse: async (statement, known, script) =>
      (await import('./rules/analyse.ts')).analyse(statement, known, script, flavour.family),
    rules: async () => (await import('./rules/rules.ts')).mysqlRules,
    survey: async (session) => (await import('./rules/survey.ts')).survey(session),
  };
}

/** The client ends a statement at the first delimiter outside of quotes: a stored program needs one of its own. */
function forClient(statement: string): string {
  const last = statement.slice(statement.lastIndexOf('\n') + 1);
  const end = /--|#/.test(last) ? '\n' : '';
  if (!statement.includes(';')) return `${statement}${end};`;
  const delimiter = ['$$', '//', '$lockstep$'].find((one) => !statement.includes(one)) ?? '$lockstep$';
  return `DELIMITER ${delimiter}\n${statement}${end}${delimiter}\nDELIMITER ;`;
}

/** Version 4: the server's own UUID() is made of its clock and its network address. */
const randomUuid = `LOWER(CONCAT_WS('-', HEX(RANDOM_BYTES(4)), HEX(RANDOM_BYTES(2)),
  CONCAT('4', SUBSTR(HEX(RANDOM_BYTES(2)), 2)),
  CONCAT(ELT(1 + (ORD(RANDOM_BYTES(1)) & 3), '8', '9', 'a', 'b'), SUBSTR(HEX(RANDOM_BYTES(2)), 2)),
  HEX(RANDOM_BYTES(6))))`;

export const mysqlDialect: Dialect = dialectOf(mysql);
export const mariadbDialect: Dialect = dialectOf(mariadb);
