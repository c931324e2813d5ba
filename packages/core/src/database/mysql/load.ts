import { LockstepError } from '../../errors.ts';
import type { TableShape } from '../database.ts';
import { errorNumber } from './failure.ts';
import type { RawResult } from './raw-rows.ts';
import { insertHead, insertRanges, insertRows } from './row-form/insert.ts';
import { project } from './row-form/project.ts';
import { exactMode, inMode, strictMode } from './settings.ts';
import type { Wire } from './wire.ts';

/** "Data truncated for column": for an ENUM, the value is not in its list. */
const dataTruncated = 1265;

/**
 * Appends rows by INSERT statements of about a megabyte. Returns how many there were. Values are taken exactly or
 * refused; see `loadInvalidEnums` for the one exception.
 */
export async function loadRows(wire: Wire, table: TableShape, rows: Buffer, largestPacket: number): Promise<number> {
  let loaded = 0;
  for (const { from, to } of insertRanges(rows)) {
    // The last byte is the `;` before the newline.
    const text = insertHead(table) + insertRows(rows, from, to).subarray(0, -2).toString();
    checkSize(table, Buffer.byteLength(text), largestPacket);
    const result = await insert(wire, table, text, rows.subarray(from, to));
    const expected = countLines(rows, from, to);
    if (result.changed !== expected) {
      throw new LockstepError('INTERNAL', { reason: `${expected} rows for ${table.label} made ${result.changed}` });
    }
    loaded += expected;
  }
  return loaded;
}

async function insert(wire: Wire, table: TableShape, text: string, rows: Buffer): Promise<RawResult> {
  const enums = table.columns.flatMap(({ type }, position) => (type.startsWith('enum(') ? [position] : []));
  try {
    return await inMode(wire, strictMode, () => wire.run(text));
  } catch (error) {
    if (errorNumber(error) !== dataTruncated || enums.length === 0) throw shortened(error);
  }
  return inMode(wire, exactMode, () => loadInvalidEnums(wire, table, text, rows, enums));
}

/**
 * An ENUM may hold a value outside of its list, which reads as ''. It can only be written with a warning. There must be
 * no more warnings than there are such values.
 */
async function loadInvalidEnums(
  wire: Wire,
  table: TableShape,
  text: string,
  rows: Buffer,
  enums: readonly number[],
): Promise<RawResult> {
  const result = await wire.run(text);
  const warnings = await wire.rows('SHOW WARNINGS');
  const empty = enums.reduce((sum, position) => sum + countEmpty(project(rows, [position])), 0);
  const other = warnings.find((warning) => warning['Code'] !== String(dataTruncated));
  if (result.warnings <= empty && !other) return result;
  const reason = `a value for ${table.label} does not fit: ${other?.['Message'] ?? warnings[0]?.['Message'] ?? ''}`;
  throw new LockstepError('STATEMENT_FAILED', { reason, statement: insertHead(table).trim() });
}

function countEmpty(lines: Buffer): number {
  let count = 0;
  for (let at = lines.indexOf("('')\n"); at !== -1; at = lines.indexOf("('')\n", at + 1)) count += 1;
  return count;
}

function countLines(rows: Buffer, from: number, to: number): number {
  let count = 0;
  for (let at = rows.indexOf(0x0a, from); at !== -1 && at < to; at = rows.indexOf(0x0a, at + 1)) count += 1;
  return count;
}

function checkSize(table: TableShape, size: number, largestPacket: number): void {
  if (size + 1 <= largestPacket) return;
  const reason = `a row of ${table.label} has ${size} bytes as SQL, and the server's max_allowed_packet is ${largestPacket}; raise it`;
  throw new LockstepError('STATEMENT_FAILED', { reason, statement: insertHead(table).trim() });
}

/** The statement of an error without the rows in it. */
function shortened(error: unknown): unknown {
  if (!(error instanceof LockstepError) || error.code !== 'STATEMENT_FAILED') return error;
  const { statement = '', ...details } = error.details;
  const head = statement.split(' VALUES ')[0] ?? '';
  return new LockstepError(
    'STATEMENT_FAILED',
    { reason: '', ...details, statement: `${head} VALUES ...` },
    { cause: error.cause },
  );
}
