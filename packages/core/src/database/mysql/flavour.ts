import type { Family } from '../database.ts';
import type { Settings } from './shape/guarded.ts';

/** What differs between MySQL and MariaDB, as far as it is more than a word. */
export interface Flavour {
  readonly family: Extract<Family, 'mysql' | 'mariadb'>;
  /** The engine's name for people. */
  readonly engine: 'MySQL' | 'MariaDB';
  /** Folders of migrations, first the one that wins. */
  readonly migrationFolders: readonly string[];
  /** Settings of a session beside the common ones. */
  readonly settings: readonly string[];
  /** Settings of a session that loads rows, which their digest proves. */
  readonly loadSettings: Settings;
  /** In longer values, LOAD DATA is slower than INSERT; in bytes. MariaDB puts a field together byte by byte. */
  readonly longValue: number;
  /**
   * Where LOAD DATA computes a column it forgets of all others that they were given: an AUTO_INCREMENT of 0 is counted up
   * whatever the sql_mode is. (MariaDB: fill_record resets auto_increment_field_not_null.)
   */
  readonly loadForgetsColumns: boolean;
  /** What stands before a row in VALUES. */
  readonly rowWord: 'ROW' | '';
  /** What a foreign key does where nothing is said. */
  readonly defaultRule: 'NO ACTION' | 'RESTRICT';
}

export const mysql: Flavour = {
  family: 'mysql',
  engine: 'MySQL',
  migrationFolders: ['mysql'],
  // Without the first, sizes and counters in information_schema may be a day old.
  // The last: MySQL 9 writes plans as trees, and what is read of a plan here is a row.
  settings: [
    'information_schema_stats_expiry = 0',
    'max_execution_time = 0',
    'show_create_table_verbosity = 0',
    `explain_format = 'TRADITIONAL'`,
  ],
  loadSettings: {},
  longValue: Infinity,
  loadForgetsColumns: false,
  rowWord: 'ROW',
  defaultRule: 'NO ACTION',
};

export const mariadb: Flavour = {
  family: 'mariadb',
  engine: 'MariaDB',
  migrationFolders: ['mariadb', 'mysql'],
  settings: [
    'max_statement_time = 0',
    'idle_transaction_timeout = 0',
    'idle_write_transaction_timeout = 0',
    'idle_readonly_transaction_timeout = 0',
  ],
  // A JSON column is a text with a check.
  loadSettings: { check_constraint_checks: '0' },
  longValue: 200,
  loadForgetsColumns: true,
  rowWord: '',
  defaultRule: 'RESTRICT',
};

/** What `SELECT VERSION()` and `@@version_comment` say about a server. */
export interface ServerVersion {
  readonly flavour: Flavour;
  /** Such as `9.7.4` or `10.11.18`. */
  readonly version: string;
  /** Lockstep is tested on this major version. */
  readonly tested: boolean;
}

export const supportedServers = 'MySQL 8.4 or 9, or MariaDB 10.11 to 11';

/** Servers that speak the protocol and call themselves MySQL, but are something else. */
const others = /tidb|vitess|planetscale|oceanbase|singlestore|memsql|starrocks|doris|clickhouse|aurora|dolt|heatwave/i;

/** The server behind a version, or the name of one that is not supported. */
export function readVersion(version: string, comment: string): ServerVersion | { readonly unsupported: string } {
  const [number = '', major = '', minor = ''] = /^(\d+)\.(\d+)\.\d+/.exec(version.replace(/^5\.5\.5-/, '')) ?? [];
  const isMariadb = /mariadb/i.test(version);
  const name = `${isMariadb ? 'MariaDB' : 'MySQL'} ${number || version}`;
  const other = others.exec(`${version} ${comment}`)?.[0];
  if (other !== undefined) return { unsupported: `${other} (${version})` };
  if (isMariadb) {
    const release = Number(major) * 100 + Number(minor);
    if (release < 1011 || release >= 1200) return { unsupported: name };
    return { flavour: mariadb, version: number, tested: true };
  }
  if (major === '9') return { flavour: mysql, version: number, tested: true };
  return major === '8' && minor === '4' ? { flavour: mysql, version: number, tested: false } : { unsupported: name };
}
