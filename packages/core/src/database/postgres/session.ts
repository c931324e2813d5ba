import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { LockstepError } from '../../errors.ts';
import type { Shape, TableShape } from '../../shape/shape.ts';
import type { Along, Row, Session, TableName } from '../database.ts';
import type { ReplicaLag, RowChange, TableFacts } from '../keyed-rows.ts';
import { raw, render, sql } from '../sql.ts';
import type { Sql } from '../sql.ts';
import { statementAtWork } from './activity.ts';
import { findBlockers } from './blockers.ts';
import { Batch } from './batch.ts';
import { Command } from './command.ts';
import { takeRowsApart } from './copy-script.ts';
import { CopyIn, CopyOut } from './copy.ts';
import { failureOf, isLostConnection } from './failure.ts';
import { estimateRows } from './estimate.ts';
import { quote, quoteTable } from './quote.ts';
import { readOwnLag, readReplicaLag } from './replica-lag.ts';
import { copyTarget } from './row-form.ts';
import { readTableFacts } from './table-facts.ts';
import { copyStatement, cutTable, readSizes } from './table-parts.ts';
import { updateRows } from './update-rows.ts';
import { wipe } from './wipe.ts';

export interface SessionParts {
  readonly client: pg.Client;
  readonly id: string;
  readonly location: string;
  /** Ends the backend with this id from another connection. Left out where there is only one. */
  readonly terminate?: (id: string) => Promise<void>;
  /** Puts the settings of a new connection back. Left out where connections share one backend. */
  readonly renew?: () => Promise<void>;
  readonly onClose: (session: PostgresSession) => void;
}

const embeddedPart = 4 * 1024 * 1024;

/** How long `close` waits for the server to hang up. */
const closeMilliseconds = 5000;

/** A connection to Postgres, or to what speaks its protocol. */
export class PostgresSession implements Session {
  readonly id: string;
  readonly #client: pg.Client;
  readonly #parts: SessionParts;
  #last: Promise<unknown> = Promise.resolve();
  #busy = false;
  #inTransaction = false;
  #closed: Promise<void> | undefined;
  /** Seconds that a statement may wait for a lock; 0 for no limit. */
  #lockSeconds = 0;
  /** The setting as the server writes it, if no statement has changed it since. */
  #lockTimeout = '0';
  /** Tables that the current transaction has emptied. */
  readonly #emptied = new Set<string>();
  /** Why the connection broke while nothing was asked of it. */
  #broken: Error | undefined;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#client = parts.client;
    this.id = parts.id;
    this.#client.on('error', (error: Error) => {
      this.#broken ??= error;
    });
  }

  async query(statement: Sql): Promise<Row[]> {
    const { text, values } = render(statement, quote, placeholder);
    const result = await this.#send(text, () =>
      this.#client.query<Record<string, string | null>>(parsed(text, values)),
    );
    return result.rows;
  }

  async run(statement: Sql): Promise<number> {
    const { text, values } = render(statement, quote, placeholder);
    const result = await this.#send(text, () => this.#client.query(parsed(text, values)));
    return result.rowCount ?? 0;
  }

  async runAll(statements: readonly Sql[]): Promise<void> {
    await this.#sendAll(statements);
  }

  async execute(text: string): Promise<void> {
    const copy = takeRowsApart(text);
    if (copy === undefined) await this.#send(text, () => this.#client.query(new Command(text)).done);
    else
      await this.#send(
        copy.statement,
        () => this.#client.query(new CopyIn(copy.statement, Buffer.from(copy.rows))).done,
      );
  }

  async transaction<T>(work: () => Promise<T>, { before = [], last }: Along = {}): Promise<T> {
    this.#enterTransaction();
    try {
      await (before.length === 0
        ? this.execute('BEGIN')
        : this.#sendAll([raw('BEGIN'), ...before, raw('COMMIT AND CHAIN')]));
      const result = await work();
      await this.#commit(last?.() ?? []);
      return result;
    } catch (error) {
      await this.rollback();
      throw error;
    } finally {
      this.#inTransaction = false;
      this.#emptied.clear();
    }
  }

  /** Begins a transaction that stays open until `rollback` or the end of the session. `text` is the kind of BEGIN. */
  async begin(text: string): Promise<void> {
    this.#enterTransaction();
    await this.execute(text);
  }

  /** Without an answer the connection is gone, and the server rolls back by itself. */
  async rollback(): Promise<void> {
    if (this.#client.getTransactionStatus() !== 'I') await this.execute('ROLLBACK').catch(() => this.close());
    this.#inTransaction = false;
  }

  async load(table: TableShape, rows: Buffer): Promise<number> {
    const text = `COPY ${copyTarget(table)} FROM STDIN${this.#emptied.has(table.label) ? ' (FREEZE)' : ''}`;
    return this.#send(text, () => this.#client.query(new CopyIn(text, rows)).done);
  }

  /**
   * Rows that are loaded into an empty new file are frozen at once: whoever reads them first does not write them again to
   * note that they are visible, and no vacuum has to. With `wal_level = minimal` they don't go through the log.
   */
  async empty(table: TableShape): Promise<void> {
    await this.execute(`TRUNCATE ONLY ${quoteTable(table)}`);
    this.#emptied.add(table.label);
  }

  async *read(table: TableShape): AsyncGenerator<Buffer, void, undefined> {
    // An embedded database gives the answer of a statement as a whole.
    const bytes = this.#parts.terminate === undefined ? embeddedPart : Infinity;
    const size = (await readSizes(this, [table.schema])).get(`${table.schema}.${table.name}`);
    const parts = size === undefined ? [] : cutTable(size, bytes);
    for (const { range } of parts) yield* this.copyOut(copyStatement(table, range));
  }

  /**
   * The output of `COPY ... TO STDOUT` in pieces of whole lines. Other statements of this session wait for its end.
   * Breaking off early closes the session if the rest of the answer is still on its way.
   */
  async *copyOut(text: string): AsyncGenerator<Buffer, void, undefined> {
    const leave = await this.#enter();
    const copy = this.#client.query(new CopyOut(text));
    try {
      for (let piece = await copy.next(); piece; piece = await copy.next()) yield piece;
    } catch (error) {
      throw this.#failure(error, text);
    } finally {
      if (!copy.isOver) await this.close();
      leave();
    }
  }

  async describe(schemas: readonly string[]): Promise<Shape> {
    // Loaded when it is needed: it brings the grammar of two megabytes.
    const { describe } = await import('./describe.ts');
    return describe((text) => this.query(raw(text)), schemas);
  }

  async tableFacts(table: TableName): Promise<TableFacts | undefined> {
    return readTableFacts(this, table);
  }

  async update(change: RowChange): Promise<number> {
    return updateRows(this, change);
  }

  async estimate(select: Sql): Promise<number> {
    return estimateRows(this, select);
  }

  async replicaLag(): Promise<readonly ReplicaLag[]> {
    return readReplicaLag(this);
  }

  async ownLag(): Promise<readonly ReplicaLag[]> {
    return readOwnLag(this);
  }

  async wipe(schemas: readonly string[]): Promise<void> {
    await wipe(this, schemas);
  }

  async waitForEnd(id: string, told?: (statement: string) => Promise<void>): Promise<void> {
    // Where all sessions share one backend, this one is proof that the other is not at work.
    if (id === this.id) return;
    for (;;) {
      const statement = await statementAtWork(this, id);
      if (statement === undefined) return;
      await told?.(statement);
      await sleep(200);
    }
  }

  async limitLockWaits(seconds: number): Promise<void> {
    if (seconds === this.#lockSeconds) return;
    const [row] = await this
      .query(sql`SELECT pg_catalog.set_config('lock_timeout', ${String(seconds * 1000)}, false) AS now
      WHERE pg_catalog.current_setting('lock_timeout') = ${this.#lockTimeout}`);
    this.#lockTimeout = row?.['now'] ?? this.#lockTimeout;
    this.#lockSeconds = seconds;
  }

  async blockersOf(id: string): Promise<string[]> {
    return findBlockers(this, id);
  }

  async renew(): Promise<boolean> {
    const { renew } = this.#parts;
    if (renew === undefined) return false;
    await this.#send('DISCARD ALL', renew);
    this.#lockSeconds = 0;
    this.#lockTimeout = '0';
    return true;
  }

  async close(): Promise<void> {
    this.#closed ??= this.#end();
    await this.#closed;
  }

  #enterTransaction(): void {
    if (this.#inTransaction)
      throw new LockstepError('INTERNAL', { reason: 'a transaction was begun inside of another' });
    this.#inTransaction = true;
  }

  async #commit(last: readonly Sql[]): Promise<void> {
    if (this.#client.getTransactionStatus() === 'I') {
      throw new LockstepError('INTERNAL', { reason: 'a transaction was ended by a statement inside of it' });
    }
    if ((await this.#sendAll([...last, raw('COMMIT')])) === 'COMMIT') return;
    // The server answers COMMIT with ROLLBACK, and without an error, if a statement before had failed.
    const reason = 'the transaction was rolled back, because a statement in it had failed';
    throw new LockstepError('STATEMENT_FAILED', { reason, statement: 'COMMIT', sqlState: '25P02', position: '' });
  }

  /** Returns the answer to the last of them. */
  async #sendAll(statements: readonly Sql[]): Promise<string> {
    const batch = new Batch(statements.map((statement) => render(statement, quote, placeholder)));
    await this.#send(
      batch.text,
      () => this.#client.query(batch).done,
      () => batch.atWork,
    );
    return batch.answer;
  }

  async #send<T>(text: string, send: () => Promise<T>, atWork: () => string = () => text): Promise<T> {
    // The protocol ends a text at NUL: what follows would not be run.
    if (text.includes('\0')) throw new LockstepError('INTERNAL', { reason: 'a statement holds the character NUL' });
    const leave = await this.#enter();
    try {
      return await send();
    } catch (error) {
      throw this.#failure(error, atWork());
    } finally {
      leave();
    }
  }

  #failure(error: unknown, statement: string): LockstepError {
    const { location } = this.#parts;
    if (!isLostConnection(error)) return failureOf(error, { location, statement });
    // The driver may have given up on an answer that is still to come.
    this.#client.connection.stream.destroy();
    return failureOf(this.#broken ?? error, { location, statement });
  }

  /** Waits for the turn of a statement. What is returned ends the turn. */
  async #enter(): Promise<() => void> {
    const before = this.#last;
    const { promise, resolve } = turn();
    this.#last = promise;
    await before;
    this.#busy = true;
    return () => {
      this.#busy = false;
      resolve();
    };
  }

  /** The server is told to stop what it does; otherwise it would go on with it, and with its locks, for nobody. */
  async #end(): Promise<void> {
    if (this.#busy) {
      // If this fails the server can't be reached, and there is no more that a client could do.
      await this.#parts.terminate?.(this.id).catch(() => undefined);
      this.#client.connection.stream.destroy();
    }
    const timer = setTimeout(() => this.#client.connection.stream.destroy(), closeMilliseconds);
    await this.#client.end();
    clearTimeout(timer);
    this.#parts.onClose(this);
  }
}

function turn(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let end: (() => void) | undefined;
  const promise = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { promise, resolve: () => end?.() };
}

function placeholder(position: number): string {
  return `$${position}`;
}

/** The extended protocol takes one statement only, so a text can't bring a second one along. */
function parsed(text: string, values: readonly unknown[]): { text: string; values: unknown[] } {
  const config = { text, values: [...values], queryMode: 'extended' };
  return config;
}
