import type { Dialect, Row, Session, TableName } from '../database/database.ts';
import type { RowChange, TableFacts } from '../database/keyed-rows.ts';
import type { Sql } from '../database/sql.ts';
import { render } from '../database/sql.ts';
import { LockstepError } from '../errors.ts';
import type { WorkSession } from './context.ts';

/** A session whose work is going to be rolled back: it counts, and lets nothing through that would be kept. */
export class TrialSession implements WorkSession {
  readonly #session: Session;
  readonly #dialect: Dialect;
  readonly #migration: string;
  /** Rows changed so far. */
  changed = 0;

  constructor(session: Session, dialect: Dialect, migration: string) {
    this.#session = session;
    this.#dialect = dialect;
    this.#migration = migration;
  }

  async query(statement: Sql): Promise<Row[]> {
    await this.#refuseLasting(statement);
    return this.#session.query(statement);
  }

  async run(statement: Sql): Promise<number> {
    await this.#refuseLasting(statement);
    const changed = await this.#session.run(statement);
    this.changed += changed;
    return changed;
  }

  async update(change: RowChange): Promise<number> {
    const changed = await this.#session.update(change);
    this.changed += changed;
    return changed;
  }

  async tableFacts(table: TableName): Promise<TableFacts | undefined> {
    return this.#session.tableFacts(table);
  }

  /** A schema change commits by itself on MySQL and MariaDB, and all before it. */
  async #refuseLasting(statement: Sql): Promise<void> {
    const { text } = render(
      statement,
      (name) => this.#dialect.quote(name),
      () => 'NULL',
    );
    const parts = await this.#dialect.split(text, this.#migration);
    const lasting = parts.find(({ transactional }) => !transactional);
    if (!lasting) return;
    const shown = lasting.text.replace(/\s+/g, ' ').slice(0, 100);
    throw new LockstepError('DRY_RUN_REFUSED', {
      version: this.#migration,
      reason: `"${shown}" cannot be rolled back`,
    });
  }
}
