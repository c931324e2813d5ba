import type { Snapshot, TableShape } from '../database/database.ts';
import { TableDigest } from './digest.ts';
import type { TableResult } from './archive/table-of-contents.ts';

/** A table's rows in pieces for frames. The digest is made of the same bytes. */
export class TableReader {
  readonly #snapshot: Snapshot;
  readonly #table: TableShape;
  readonly #frameBytes: number;
  readonly #digest = new TableDigest();

  /** Rows are gathered up to `frameBytes` before they become a frame. */
  constructor(snapshot: Snapshot, table: TableShape, frameBytes: number) {
    this.#snapshot = snapshot;
    this.#table = table;
    this.#frameBytes = frameBytes;
  }

  /** Pieces of whole rows, with the number of rows in each. */
  async *pieces(): AsyncIterable<{ readonly rows: Buffer; readonly count: number }> {
    let gathered: Buffer[] = [];
    let size = 0;
    const take = (): { readonly rows: Buffer; readonly count: number } => {
      const rows = gathered.length === 1 && gathered[0] ? gathered[0] : Buffer.concat(gathered, size);
      const before = this.#digest.rows;
      this.#digest.add(rows);
      gathered = [];
      size = 0;
      return { rows, count: this.#digest.rows - before };
    };
    for await (const chunk of this.#snapshot.read(this.#table)) {
      gathered.push(chunk);
      size += chunk.length;
      if (size >= this.#frameBytes) yield take();
    }
    if (size > 0) yield take();
  }

  result(): TableResult {
    const { label, schema, name: tableName, columns } = this.#table;
    return { name: label, schema, tableName, ...this.#digest.result(), columns: columns.map(({ name }) => name) };
  }
}
