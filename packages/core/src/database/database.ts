import type { Reference, Shape, ShapeStatement, TableShape } from '../shape/shape.ts';
import type { Rule, ScriptFacts, StatementAnalysis } from '../plan/analysis.ts';
import type { KnownTables } from '../plan/known-tables.ts';
import type { Survey } from '../plan/survey.ts';
import type { Catalogue, CatalogueOptions } from './catalogue.ts';
import type { ColumnFacts, ReplicaLag, RowChange, TableFacts, ValueKind } from './keyed-rows.ts';
import type { Room } from './room.ts';
import type { Sql } from './sql.ts';

/** Engines whose fingerprints, digests and backups are comparable with each other. PGlite is of the family postgres. */
export type Family = 'postgres' | 'mysql' | 'mariadb';

/** A row of text values by column name. NULL is null; values never pass through a JavaScript number or Date. */
export type Row = Readonly<Record<string, string | null>>;

/** A table's place. `schema` is '' on MySQL and MariaDB, where the database of the URL is the only one. */
export interface TableName {
  readonly schema: string;
  readonly name: string;
}

/**
 * A database of a product, open. One implementation per engine stands in `database/<engine>/`; nothing outside of
 * those folders asks which engine it is.
 */
export interface Database {
  readonly family: Family;
  /** The engine's name for people: `Postgres`, `PGlite`, `MySQL`, `MariaDB`. */
  readonly engine: string;
  /** The server's version, such as `15.18`. */
  readonly version: string;
  /** The major version is one that Lockstep is tested on. */
  readonly tested: boolean;
  /** Where it is, for people: the URL without its secrets. */
  readonly location: string;
  readonly dialect: Dialect;
  /** How many sessions may work at the same time. An embedded database runs them one after the other. */
  readonly parallelSessions: number;
  /** The kind of cluster that the server is a node of, if it is one: `a Galera cluster`. */
  readonly cluster?: string | undefined;

  /** Opens a connection of its own, with settings that make every run the same. */
  session(options?: SessionOptions): Promise<Session>;

  /** Takes the product's migration lock if it is free, on a connection of its own, and tells who holds it if not. */
  tryLock(name: LockName, holder: string): Promise<LockAttempt>;

  /** Opens one consistent snapshot of the schemas' content. Nothing is written by it. */
  snapshot(schemas: readonly string[], options?: SnapshotOptions): Promise<Snapshot>;

  /** An empty database on the same server (a temporary folder for an embedded one), dropped by `drop`. */
  scratch(): Promise<Scratch>;

  /** How large a row of a table may be for this server to load it; undefined where it takes every row. */
  rowLimit?(table: TableShape): RowLimit | undefined;

  /** What the server says about its databases, schemas and tables, whoever they belong to. Reads only. */
  catalogue(options?: CatalogueOptions): Catalogue;

  close(): Promise<void>;
}

export interface RowLimit {
  /** Of the row's line in the row form, without its end. */
  readonly bytes: number;
  /** What to do on the server so that it takes one of so many bytes. */
  remedy(bytes: number): string;
}

export interface SessionOptions {
  /** What the connection is for; shown to people who look at the server's list of sessions. */
  readonly purpose?: string;
  /** Schemas in which unqualified names are looked up, first the one where new objects go. None if left out. */
  readonly schemas?: readonly string[];
  /**
   * For loading rows and building indexes: more memory, commits that do not wait for the disk, and (on MySQL) foreign keys
   * that are not looked at. A later commit of an ordinary session makes them all durable.
   */
  readonly bulk?: boolean;
}

/** Statements that go along with a transaction: in one go with its BEGIN and COMMIT, where the protocol allows it. */
export interface Along {
  /** Committed by themselves before it begins. */
  readonly before?: readonly Sql[];
  /** Gives the last part of it, when `work` is done. */
  readonly last?: () => readonly Sql[];
}

/** One connection. Statements run one at a time, in the order in which they were given. */
export interface Session {
  /** Identifies the connection on the server: backend pid, connection id. */
  readonly id: string;
  query(statement: Sql): Promise<Row[]>;
  /** Runs a statement and returns the number of rows that it changed. */
  run(statement: Sql): Promise<number>;
  /**
   * Runs statements in their order, in the transaction that is open: in one go, where the protocol allows it. Stops at the
   * first that fails.
   */
  runAll(statements: readonly Sql[]): Promise<void>;
  /** Sends one statement exactly as written, without parameters. Used for migrations and for DDL. */
  execute(text: string): Promise<void>;
  /** Runs `work` between BEGIN and COMMIT. An error rolls back and is thrown on. */
  transaction<T>(work: () => Promise<T>, along?: Along): Promise<T>;
  /**
   * Appends rows to a table over the engine's fastest wire path. `rows` are whole lines in the family's row form
   * (see {@link RowForm}), at most a few megabytes; one call is one statement. Returns the number of rows loaded.
   */
  load(table: TableShape, rows: Buffer): Promise<number>;
  /**
   * Empties a table that nobody else uses, in the current transaction, which then loads all of its rows: `load` may write
   * them in a form that spares work later on (frozen, or without a log). In a `bulk` session.
   */
  empty(table: TableShape): Promise<void>;
  /** The content of a table as the current transaction sees it, as lines in the family's row form. To be read to its end. */
  read(table: TableShape): AsyncIterable<Buffer>;
  /** Describes everything in the schemas that Lockstep does not own. Part of the current transaction, if there is one. */
  describe(schemas: readonly string[]): Promise<Shape>;
  /**
   * The columns and unique keys of a table, or undefined if there is none; without a schema, of the one that a statement
   * would find.
   */
  tableFacts(table: TableName): Promise<TableFacts | undefined>;
  /**
   * Gives many rows new values by one statement (several, if the values are large), in the current transaction. Returns
   * the number of rows found; a key that no row has is passed over.
   */
  update(change: RowChange): Promise<number>;
  /** How many rows the server expects a SELECT to give. */
  estimate(select: Sql): Promise<number>;
  /** How far the replicas are behind that this server knows of. */
  replicaLag(): Promise<readonly ReplicaLag[]>;
  /** How far this server is behind as a replica: one entry for each of its sources. */
  ownLag(): Promise<readonly ReplicaLag[]>;
  /** Drops every object in the schemas, leaving the schemas themselves, extensions, and Lockstep's own tables. */
  wipe(schemas: readonly string[]): Promise<void>;
  /**
   * Waits until the connection with this id is gone from the server or no longer at work: a killed client's statement
   * may go on there. Returns at once for an id that is unknown. `told` is called again and again with the statement, as
   * far as the server shows it; what it throws ends the wait.
   */
  waitForEnd(id: string, told?: (statement: string) => Promise<void>): Promise<void>;
  /**
   * Limits how long a statement of this session waits for a lock, in whole seconds; 0 takes the limit off. A limit that
   * the URL or a statement has set stays.
   */
  limitLockWaits(seconds: number): Promise<void>;
  /** The sessions that keep the one with this id waiting for a lock, in words for people; as far as may be seen. */
  blockersOf(id: string): Promise<readonly string[]>;
  /**
   * Makes the connection as new: settings, temporary tables, prepared statements and locks that statements have left on
   * it are gone. False where that is not possible, and another has to be opened.
   */
  renew(): Promise<boolean>;
  /** Aborts what the connection is doing and closes it. */
  close(): Promise<void>;
}

/** Where a sequence or an AUTO_INCREMENT stands. */
export interface Counter {
  /** The sequence, or on MySQL the table. */
  readonly name: TableName;
  /** Decimal digits: the last value (Postgres) or the next value (MySQL). */
  readonly value: string;
  /** Postgres: the value has been handed out. */
  readonly called: boolean;
}

export interface LockName {
  readonly schema: string;
  /** The history table that the lock protects; the name is Flyway's, so a Flyway at work is shut out too. */
  readonly table: string;
}

export type LockAttempt =
  | { readonly held: true; readonly lock: Lock }
  | {
      readonly held: false;
      readonly holder: string;
      /** The holder's own words are among what is said of it, not only its connection. */
      readonly isNamed: boolean;
    };

export interface Lock {
  /** Throws LOCK_LOST when the connection that holds the lock is gone. */
  check(): Promise<void>;
  release(): Promise<void>;
}

export interface SnapshotOptions {
  /** How many reads are to run at the same time: 1 if left out. Engine and privileges may allow fewer. */
  readonly readers?: number | undefined;
}

/** A part of a table that one reader reads in one go. The parts of a table together hold each of its rows once. */
export interface TablePart {
  /** Estimated bytes on disk, for the order of work and for progress. */
  readonly bytes: number;
  /** The SQL condition that picks the rows, for the engine's own use; '' for the whole table. */
  readonly range: string;
}

/** A consistent view of one moment. Everything that is read comes from this moment. */
export interface Snapshot {
  /** How many reads may run at the same time. */
  readonly readers: number;
  /** What people should know of how it was taken: why there is one reader only, how far a replica is behind. */
  readonly notes: readonly string[];
  /** Where the server's log stood (LSN, GTID or binlog position), as far as it may be read. */
  readonly position: Readonly<Record<string, string>>;
  /** The server's clock at the moment of the snapshot, ISO 8601 in UTC. */
  readonly takenAt: string;
  readonly shape: Shape;
  /** The session inside of the snapshot's transaction, for small reads such as state and history. */
  readonly session: Session;
  counters(): Promise<Counter[]>;
  /** A table cut into parts of a size that readers can share out among them; one part where that is not possible. */
  parts(table: TableShape): Promise<readonly TablePart[]>;
  /**
   * The content of a table, or of a part of it, as lines in the family's row form. A chunk holds whole rows only, and its
   * memory may be used again when the next one is asked for (unless it has more than 8 MB). A read beyond the number of
   * `readers` waits for its turn.
   */
  read(table: TableShape, part?: TablePart): AsyncIterable<Buffer>;
  /** Throws SNAPSHOT_CHANGED if the shape has been changed since the snapshot where that could make the reads differ. */
  check(): Promise<void>;
  /** Estimated size in bytes on disk, for progress and the order of work. */
  sizes(): Promise<ReadonlyMap<string, number>>;
  close(): Promise<void>;
}

export interface Scratch {
  readonly database: Database;
  drop(): Promise<void>;
}

/** What differs between the families' SQL, without a connection. */
export interface Dialect {
  readonly family: Family;
  /** DDL is part of a transaction. */
  readonly transactionalDdl: boolean;
  /** Folders of migrations for this family beside `common`, first the one that wins. */
  readonly migrationFolders: readonly string[];
  /** The schema of Lockstep's own tables, given the product's schemas. '' on MySQL and MariaDB. */
  homeSchema(schemas: readonly string[]): string;
  quote(name: string): string;
  /** Splits a script into statements. Throws MIGRATION_UNREADABLE with line and column. */
  split(script: string, file: string): Promise<ScriptStatement[]>;
  /** CREATE statements of Lockstep's tables (see state/tables.ts), in order; each may be run again. */
  readonly ownTables: (home: string) => readonly string[];
  /** How the rows of a table look in a file and in the digest. */
  readonly rows: RowForm;
  /** Statements at the head of every restore and of a plain file: settings for the connection. */
  readonly fileSettings: readonly string[];
  /** Statements at the head of a script that a person runs: the settings under which migrations run. */
  handSettings(schemas: readonly string[]): readonly string[];
  /** A statement as the engine's own client takes it, with the delimiter behind it. */
  forClient(statement: string): string;
  /** The statement that puts a sequence or an AUTO_INCREMENT where it stood. */
  counter(counter: Counter): string;
  /**
   * How to put back what was taken away for a load, given in the order of `Shape.after`: keys, indexes, foreign keys,
   * triggers. The stages are worked on one after the other, the tasks of a stage side by side on sessions of their own,
   * so two tasks of a stage may not wait for each other in a circle. Foreign keys are validated.
   *
   * A run that was cut off is continued with the statements that `Session.describe` does not find in the database. So
   * what a task has done halfway must not look like the whole, and must not be in the way of doing it again.
   */
  putBack(statements: readonly ShapeStatement[]): readonly PutBackStage[];
  /** The statement that puts a sequence where it stood unless it is further. Undefined where the rows see to it. */
  raiseCounter(counter: Counter): string | undefined;
  /** A foreign key's statement that leaves the rows that are there unchecked. Only where DDL is part of a transaction. */
  unvalidated(statement: ShapeStatement): string;
  /** The statement that gathers the statistics of a table for the planner. */
  analyze(table: TableName): string;
  /** The error is that a lock was not to be had: in time, or without a deadlock. Another attempt may succeed. */
  isLockConflict(error: unknown): boolean;
  /** While the statement waits for others, nobody has to wait for it: it needs no limit on its waits. */
  waitsAside(statement: string): boolean;
  /** SQL of a column's value as it is read for a data migration: booleans as 1 and 0, bytes in hexadecimal. */
  valueAs(column: ColumnFacts, kind: ValueKind): string;
  /** The condition of the rows behind a key, in the order of the key's columns. Bytes are given in hexadecimal. */
  afterKey(key: readonly ColumnFacts[], values: readonly string[]): Sql;
  /** Suffix of a SELECT that locks the rows it reads against changes. */
  readonly changeLock: string;
  /** SQL text of a string literal. */
  literal(value: string): string;
  /** SQL that yields the name of the database's user, as Flyway writes it into the history. */
  readonly currentUser: string;
  /** SQL that yields the name of the database. */
  readonly currentDatabase: string;
  /** SQL that yields a new random UUID as text. */
  readonly randomUuid: string;
  /** SQL that yields the database's clock as text: UTC, ISO 8601, microseconds, `Z`. */
  readonly clock: string;
  /** SQL of a time so many seconds from the database's clock, in the same form. */
  clockPlus(seconds: number): string;
  /**
   * Says what a statement of a script does to tables and which rules it breaks, and brings `known` and `script` up to
   * date with it. Runs nothing.
   */
  analyse(statement: string, known: KnownTables, script: ScriptFacts): Promise<StatementAnalysis>;
  /** The rules that `analyse` knows. */
  rules(): Promise<readonly Rule[]>;
  /** Reads what the analysis has to know of the tables, and who is in the way of a migration. Changes nothing. */
  survey(session: Session, schemas: readonly string[]): Promise<Survey>;
  /**
   * SQL for a value in a statement that commits by itself: it yields NULL, and where the server can, the commit does not
   * wait for the disk. Should the server break down, the commit may be lost, and then all that came after it is as well.
   */
  readonly withoutWaiting: string;
  /** Suffix of a SELECT that takes a share lock on the rows it reads. */
  readonly shareLock: string;
  /** How it is found out whether a statement of a script has happened. */
  readonly effects: Effects;
}

/** What the database says about a statement that no transaction holds together. */
export interface Effects {
  /**
   * To be called before a statement with targets: takes away what would let it do nothing and seem done, such as an
   * index of its name whose build has failed. Tells what was taken away.
   */
  clear(session: Session, statement: ScriptStatement): Promise<readonly string[]>;
  /** Looks at the targets of a statement. Writes nothing. */
  observe(session: Session, statement: ScriptStatement): Promise<Observation>;
  /**
   * Ends or takes away what a statement that was cut, or that failed, has left half-done. `before` is what was observed
   * before it. Tells what it did; doing it again does nothing.
   */
  mend(session: Session, statement: ScriptStatement, before: Observation): Promise<readonly string[]>;
}

/** The state of a statement's targets. It has happened if, and only if, one of the things is another afterwards. */
export interface Observation {
  /** By its name for people: `none`, `?` where the server does not tell, or a text that changes with the thing. */
  readonly things: Readonly<Record<string, string>>;
  /** What was left half-done already, and is not of the statement. */
  readonly leftovers: readonly string[];
}

/** Tasks that may be done side by side. */
export type PutBackStage = readonly PutBackTask[];

/** Statements for one session, in their order, each of them committed before the next. */
export interface PutBackTask {
  /** The label of the table, if it is about one: tasks of large tables begin first. */
  readonly table: string | undefined;
  readonly statements: readonly string[];
  /** Foreign keys that the statements look at; without any statement, they are looked at here. */
  readonly checks?: readonly ForeignKeyCheck[];
  /** It may be done as soon as the rows of its table are there, and its tasks of earlier stages are done. */
  readonly needsOnlyItsTable?: boolean;
}

/** A foreign key holds if its queries give no row. */
export interface ForeignKeyCheck {
  readonly foreignKey: string;
  /** Asks for all rows without a parent. */
  readonly query: string;
  /** Asks whether there is any. */
  readonly any: string;
}

export interface ScriptStatement {
  /** As it stands in the file, without the delimiter. */
  readonly text: string;
  /** 1-based. */
  readonly line: number;
  /** May run inside of a transaction with others. Always false for DDL where DDL commits by itself. */
  readonly transactional: boolean;
  /**
   * How a crash inside of it is settled: in a transaction or by looking at the catalogues (provable), by doing it
   * again (repeatable), or not at all (unprovable).
   */
  readonly effect: 'provable' | 'repeatable' | 'unprovable';
  /** May commit in its middle (a procedure, a block): fails in a transaction then. */
  readonly mayCommit?: boolean;
  /** Lasts as long as the connection (SET, PREPARE, a temporary table): whoever resumes behind it runs it again first. */
  readonly connection?: boolean;
  /** Leaves the connection as it was, for sure: sets nothing on it, and runs no code of others that could. */
  readonly traceless?: boolean;
  /** What it changes, as far as that has to be looked at: see {@link Effects}. */
  readonly targets?: readonly Target[];
}

/** A thing that a statement changes. The kind is the engine's own; an empty schema is the one of the connection. */
export interface Target {
  readonly kind: string;
  readonly schema: string;
  readonly name: string;
  /** The statement drops it. */
  readonly goes?: boolean;
}

/**
 * The row form of a family. A row is one line ending in `\n`: on Postgres a line of COPY's text format, on MySQL and
 * MariaDB a parenthesised list of literals. Columns stand in the order of their names (UTF-8 bytes). The digest hashes
 * the line without its end.
 */
export interface RowForm {
  /** One line for a row. Values in the order of `table.columns`: text as the engine writes it, bytes as a Buffer. */
  encode(table: TableShape, values: readonly (string | Buffer | null)[]): string;
  /** The SQL text around the rows of one frame: self-contained statements that load `rows` into the table. */
  wrap(table: TableShape, rows: Buffer): Buffer;
  /**
   * What `wrap` gives, in pieces: the rows themselves where they stand in it as they are, or memory of the room, which is
   * used again by the next call.
   */
  wrapInPieces(table: TableShape, rows: Buffer, room?: Room): readonly Buffer[];
  /**
   * The rows of a frame, checked against a narrow grammar: nothing but the expected statement head, rows of the right
   * number of literals, and the end. Throws FILE_DAMAGED otherwise. With `checked`, these very bytes have been looked
   * at before, and need not be looked at again.
   */
  unwrap(table: TableShape, text: Buffer, checked?: boolean): Buffer;
  /** The lines cut down to the columns at these positions (ascending), as if the table had only those. */
  project(rows: Buffer, positions: readonly number[]): Buffer;
}

export type { Reference, Shape, ShapeStatement, TableShape };
