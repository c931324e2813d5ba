import { LockstepError } from '../../errors.ts';
import type { Row, RowLimit, TableShape } from '../database.ts';
import { errorNumber } from './failure.ts';
import type { Flavour } from './flavour.ts';
import { batches, valuesOf } from './insert-rows.ts';
import type { Batch } from './insert-rows.ts';
import { isLoadable, loadStatement } from './load-file.ts';
import { insertHead } from './row-form/insert.ts';
import { project } from './row-form/project.ts';
import { countLines } from './row-form/statements.ts';
import type { SendResult } from './send.ts';
import { exactMode, inMode, strictMode } from './settings.ts';
import type { Wire } from './wire.ts';

/** What the server takes; see `SessionParts`. */
export interface LoadLimits {
  readonly largestPacket: number;
  readonly localFiles: boolean;
}

/** "Data truncated for column": for an ENUM, the value is not in its list. */
const dataTruncated = 1265;
/** "Loading local data is disabled", in the words of each server, and of proxies that do not know it. */
const notAllowed = new Set([1047, 1148, 1235, 3948, 4166]);
/** Errors by which the server has rolled back the whole transaction, or has waited for long: not to be tried again. */
const lockErrors = new Set([1205, 1213]);

const statementSize = 1024 * 1024;
/** A server rounds max_allowed_packet down to a multiple of this. */
const packetUnit = 1024;
/** A server keeps some hundred bytes for each value of a statement, and is slow when they leave the processor's cache. */
const statementValues = 8192;

/**
 * Appends rows to tables on one connection, in the transaction that is open. LOAD DATA LOCAL is the fast way; it turns
 * errors into warnings and passes over duplicates, so what it has not loaded to the last row and without a warning is
 * undone and goes by INSERT, which takes every value exactly or tells what is wrong.
 */
export class Loader {
  readonly #wire: Wire;
  readonly #flavour: Flavour;
  readonly #largestPacket: number;
  #localFiles: boolean;
  /** Tables whose rows LOAD DATA did not take. */
  readonly #refused = new Set<string>();

  constructor(wire: Wire, flavour: Flavour, limits: LoadLimits) {
    this.#wire = wire;
    this.#flavour = flavour;
    this.#largestPacket = limits.largestPacket;
    this.#localFiles = limits.localFiles;
  }

  /** Returns the number of rows: all lines of `rows`. Throws STATEMENT_FAILED. */
  async load(table: TableShape, rows: Buffer): Promise<number> {
    const count = countLines(rows);
    if (count === 0) return 0;
    const work = async (): Promise<number> => {
      const loaded = this.#isForFile(table, rows, count) && (await this.#loadFile(table, rows, count));
      if (!loaded) await this.#insert(table, rows);
      return count;
    };
    return inMode(this.#wire, strictMode, work, this.#flavour.loadSettings);
  }

  #isForFile(table: TableShape, rows: Buffer, count: number): boolean {
    if (!this.#localFiles || this.#refused.has(table.name)) return false;
    const length = rows.length / count / table.columns.length;
    // A file may hold rows that are larger than a statement.
    const isFaster = length <= this.#flavour.longValue || rows.length > this.#largestPacket;
    return isFaster && isLoadable(table, rows);
  }

  /** False if it is as if nothing had been done. */
  async #loadFile(table: TableShape, rows: Buffer, count: number): Promise<boolean> {
    await this.#wire.run('SAVEPOINT lockstep_load');
    try {
      const { changed, warnings } = await this.#wire.sendFile(loadStatement(table, this.#flavour), rows);
      if (changed === count && warnings === 0) return true;
    } catch (error) {
      const number = errorNumber(error);
      if (number === 0 || lockErrors.has(number) || isFull(error)) throw error;
      if (notAllowed.has(number)) this.#localFiles = false;
    }
    this.#refused.add(table.name);
    await this.#wire.run('ROLLBACK TO SAVEPOINT lockstep_load');
    return false;
  }

  async #insert(table: TableShape, rows: Buffer): Promise<void> {
    const head = Buffer.from(insertHead(table));
    const size = {
      bytes: Math.min(statementSize, this.#largestPacket - 1) - head.length,
      rows: Math.max(1, Math.floor(statementValues / Math.max(1, table.columns.length))),
    };
    for (const batch of batches(rows, size)) {
      const values = valuesOf(rows, batch);
      checkSize(table, head.length + values.length, this.#largestPacket);
      const { changed } = await this.#insertBatch(table, [head, values], rows, batch);
      if (changed === batch.rows) continue;
      throw new LockstepError('INTERNAL', { reason: `${batch.rows} rows for ${table.label} made ${changed}` });
    }
  }

  async #insertBatch(table: TableShape, statement: readonly Buffer[], rows: Buffer, batch: Batch): Promise<SendResult> {
    const enums = table.columns.flatMap(({ type }, position) => (type.startsWith('enum(') ? [position] : []));
    try {
      const result = await this.#wire.send(nameOf(table), statement);
      // Blanks that are cut off at the end of a text, for example.
      if (result.warnings > 0) throw doesNotFit(table, await this.#wire.rows('SHOW WARNINGS'));
      return result;
    } catch (error) {
      if (errorNumber(error) !== dataTruncated || enums.length === 0) throw error;
    }
    await this.#wire.run(`SET sql_mode = '${exactMode}'`);
    const result = await this.#insertInvalidEnums(table, statement, rows.subarray(batch.from, batch.to), enums);
    await this.#wire.run(`SET sql_mode = '${strictMode}'`);
    return result;
  }

  /**
   * An ENUM may hold a value outside of its list, which reads as ''. It can only be written with a warning. There must
   * be no more warnings than there are such values.
   */
  async #insertInvalidEnums(
    table: TableShape,
    statement: readonly Buffer[],
    rows: Buffer,
    enums: readonly number[],
  ): Promise<SendResult> {
    const result = await this.#wire.send(nameOf(table), statement);
    const warnings = await this.#wire.rows('SHOW WARNINGS');
    const empty = enums.reduce((sum, position) => sum + countEmpty(project(rows, [position])), 0);
    const others = warnings.filter((warning) => warning['Code'] !== String(dataTruncated));
    if (result.warnings <= empty && others.length === 0) return result;
    throw doesNotFit(table, [...others, ...warnings]);
  }
}

/** A disk that is full has no room for an INSERT either. */
function isFull(error: unknown): boolean {
  return error instanceof LockstepError && error.code === 'SERVER_FULL';
}

function doesNotFit(table: TableShape, warnings: readonly Row[]): LockstepError {
  const reason = `a value for ${table.label} does not fit: ${warnings[0]?.['Message'] ?? ''}`;
  return new LockstepError('STATEMENT_FAILED', { reason, statement: nameOf(table) });
}

function countEmpty(lines: Buffer): number {
  let count = 0;
  for (let at = lines.indexOf("('')\n"); at !== -1; at = lines.indexOf("('')\n", at + 1)) count += 1;
  return count;
}

/** Largest row of a table by INSERT, which has a statement of its own. */
export function insertLimit(table: TableShape, largestPacket: number): RowLimit {
  // Behind the byte that says that it is a statement.
  const head = Buffer.byteLength(insertHead(table)) + 1;
  return {
    bytes: largestPacket - head,
    remedy: (bytes) => {
      const enough = Math.ceil((bytes + head) / packetUnit) * packetUnit;
      return `Raise max_allowed_packet on the server to ${enough} or more, or turn its local_infile on`;
    },
  };
}

function checkSize(table: TableShape, size: number, largestPacket: number): void {
  if (size + 1 <= largestPacket) return;
  const reason = `a row of ${table.label} has ${size} bytes as SQL, and the server's max_allowed_packet is ${largestPacket}; raise it`;
  throw new LockstepError('STATEMENT_FAILED', { reason, statement: nameOf(table) });
}

/** The statement without its rows, for errors. */
function nameOf(table: TableShape): string {
  return `${insertHead(table).trim()} ...`;
}
