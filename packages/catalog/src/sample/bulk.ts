import { LockstepError } from '@lockstep/core';
import type { Dialect, Session, TableShape } from '@lockstep/core';

/** A row by the names of its columns. Columns that the table of this release does not have are left out. */
export type BulkRow = Readonly<Record<string, string | null>>;

/** Where rows go. */
export interface RowSink {
  add(table: string, row: BulkRow): void;
}

/** One call of `load` takes about so many bytes. */
const bytesPerLoad = 1_000_000;

interface Load {
  readonly table: TableShape;
  readonly rows: Buffer;
}

interface Waiting {
  readonly lines: string[];
  length: number;
}

/** Gathers rows of several tables, and loads them over the engine's fastest path. */
export class Bulk implements RowSink {
  readonly #dialect: Dialect;
  readonly #tables: ReadonlyMap<string, TableShape>;
  readonly #waiting = new Map<string, Waiting>();
  #loads: Load[] = [];
  #bytes = 0;

  constructor(dialect: Dialect, tables: readonly TableShape[]) {
    this.#dialect = dialect;
    this.#tables = new Map(tables.map((table) => [table.name, table]));
  }

  /** About how many bytes wait to be loaded. */
  get bytes(): number {
    return this.#bytes;
  }

  add(name: string, row: BulkRow): void {
    const table = this.#table(name);
    const line = this.#dialect.rows.encode(
      table,
      table.columns.map((column) => row[column.name] ?? null),
    );
    const waiting = this.#waiting.get(name) ?? { lines: [], length: 0 };
    this.#waiting.set(name, waiting);
    waiting.lines.push(line);
    waiting.length += line.length;
    this.#bytes += line.length;
    if (waiting.length >= bytesPerLoad) this.#close(table, waiting);
  }

  /** What has been gathered; the next rows begin anew. */
  take(): (session: Session) => Promise<void> {
    for (const [name, waiting] of this.#waiting) this.#close(this.#table(name), waiting);
    const loads = this.#loads;
    this.#loads = [];
    this.#bytes = 0;
    return async (session) => {
      for (const { table, rows } of loads) await session.load(table, rows);
    };
  }

  #close(table: TableShape, waiting: Waiting): void {
    if (waiting.lines.length === 0) return;
    this.#loads.push({ table, rows: Buffer.from(waiting.lines.splice(0).join('')) });
    waiting.length = 0;
  }

  #table(name: string): TableShape {
    const table = this.#tables.get(name);
    if (table) return table;
    throw new LockstepError('INTERNAL', { reason: `the catalog's database has no table ${name}` });
  }
}
