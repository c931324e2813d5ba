/** What other sessions have to wait with while a statement works on a table. */
export type Blocks = 'nothing' | 'schema changes' | 'writes' | 'reads and writes';

/** What a statement does with the rows of a table. Beyond `nothing` it takes the longer the larger the table is. */
export type Work = 'nothing' | 'scans' | 'builds an index' | 'rewrites';

/** What a statement does to one table. */
export interface TableEffect {
  /** `schema.name`, or `name` where there is no schema. */
  readonly table: string;
  /** Postgres: the lock's mode, such as `ACCESS EXCLUSIVE`. MySQL and MariaDB: the LOCK of an ALTER, such as `NONE`. */
  readonly lock: string;
  /** MySQL and MariaDB: the ALGORITHM that the server takes. */
  readonly algorithm?: Algorithm;
  readonly blocks: Blocks;
  readonly work: Work;
}

export type Algorithm = 'INSTANT' | 'NOCOPY' | 'INPLACE' | 'COPY';

export type Severity = 'error' | 'warning' | 'off';

/**
 * - `blocking`: others wait for as long as it takes to go through a table.
 * - `breaking`: servers or users that know the shape of before run into errors, or data is gone.
 * - `style`: it works, but there is a better way.
 */
export type Topic = 'blocking' | 'breaking' | 'style';

/** A rule of `lint`, as it is listed in docs/lint.md. */
export interface Rule {
  readonly name: string;
  /** Unless the configuration says otherwise. */
  readonly severity: Severity;
  readonly topic: Topic;
  /** What is wrong, in a sentence. */
  readonly problem: string;
  /** How to do it better. */
  readonly instead: string;
}

/** A rule that a statement breaks. */
export interface Finding {
  readonly rule: Rule;
  /** What it is about: a table, a column, an index. */
  readonly subject: string;
}

/** All that can be said of a statement before it runs. */
export interface StatementAnalysis {
  /** What kind of statement it is, such as `ALTER TABLE`. */
  readonly what: string;
  readonly effects: readonly TableEffect[];
  /** What cannot be known from the text: a routine is called, or a block of code is run. */
  readonly unknown: string | undefined;
  readonly findings: readonly Finding[];
}

/** What has to be known of the script around a statement. */
export interface ScriptFacts {
  /** How many statements there are. */
  readonly statements: number;
  /** How many of them run outside of the transaction of the others. */
  readonly alone: number;
  /** Constraints that statements before have added, as the engine notes them down. */
  readonly added: Set<string>;
  /** What the statements before have set, in lower case. */
  readonly settings: Map<string, string>;
}
