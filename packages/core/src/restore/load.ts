import type { Archive } from '../backup/archive/reader.ts';
import type { RowForm, TableShape } from '../database/database.ts';
import { LockstepError } from '../errors.ts';
import type { RunOptions } from '../progress.ts';
import { phase } from '../progress.ts';
import type { Home } from '../state/tables.ts';
import { recordLoaded } from './journal.ts';
import type { Load } from './loads.ts';

/**
 * Loads data frames over the wire. The tables are without foreign keys, and those without a loaded frame are empty. That a
 * frame is loaded is written down in the transaction that loads it, so a run after a kill loads no row twice. The archive
 * has been verified.
 */
export class Loader {
  readonly #archive: Archive;
  readonly #tables: ReadonlyMap<string, TableShape>;
  readonly #options: RunOptions;
  readonly #total: number;
  #done: number;

  /** `loaded` are the frames that are there already. */
  constructor(archive: Archive, tables: readonly TableShape[], loaded: ReadonlySet<number>, options: RunOptions) {
    const { contents } = archive;
    this.#archive = archive;
    this.#tables = new Map(tables.map((table) => [table.label, table]));
    this.#options = options;
    this.#total = contents.tables.reduce((sum, table) => sum + table.rows, 0);
    this.#done = [...loaded].reduce((sum, index) => sum + (contents.frames[index]?.rows ?? 0), 0);
  }

  /** One transaction. */
  async load(home: Home, { frames, whole }: Load): Promise<void> {
    await home.session.transaction(async () => {
      if (whole !== undefined) await home.session.empty(this.#table(whole));
      for await (const { entry, sql } of this.#archive.read(frames)) {
        const table = this.#table(entry.table);
        const rows = rowsOf(home.dialect.rows, table, sql, this.#archive.name, true);
        await phase(this.#options, 'restore:load');
        const loaded = await home.session.load(table, rows);
        if (loaded !== entry.rows) throw differs(table, entry.rows, loaded);
        this.#done += loaded;
        await this.#options.onProgress?.({ kind: 'count', what: 'rows', done: this.#done, total: this.#total });
      }
      await recordLoaded(home, frames);
      await phase(this.#options, 'restore:commit');
    });
  }

  #table(label: string | null): TableShape {
    const table = this.#tables.get(label ?? '');
    if (!table) throw new LockstepError('INTERNAL', { reason: `the shape has no table ${label}` });
    return table;
  }
}

function differs(table: TableShape, expected: number, loaded: number): LockstepError {
  const differences = `${table.label}: a frame of ${expected} rows gave ${loaded}`;
  return new LockstepError('RESTORE_DIFFERS', { differences });
}

/** The rows of a data frame. Throws FILE_DAMAGED, with the file's name, if there is anything else in it. */
export function rowsOf(form: RowForm, table: TableShape, sql: Buffer, file: string, checked = false): Buffer {
  try {
    return form.unwrap(table, sql, checked);
  } catch (error) {
    if (!(error instanceof LockstepError) || error.code !== 'FILE_DAMAGED') throw error;
    throw new LockstepError('FILE_DAMAGED', { file, reason: error.details['reason'] ?? '' }, { cause: error });
  }
}
