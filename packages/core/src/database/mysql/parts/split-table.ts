import type { TablePart, TableShape } from '../../database.ts';
import { sql } from '../../sql.ts';
import type { MysqlSession } from '../session.ts';
import { condition } from './condition.ts';
import { countBounds } from './counted-bounds.ts';
import type { Bound } from './condition.ts';
import type { KeyType } from './key-type.ts';
import { keyTypes } from './key-type.ts';
import type { KeyColumn } from './primary-keys.ts';
import { reckonBounds } from './reckoned-bounds.ts';

/** Bytes on disk of a part. */
const partSize = 32 * 1024 * 1024;
/** Finding bounds takes time, so that there are no more parts than this of a giant table, about. */
const mostParts = 256;

/**
 * Cuts a table of so many bytes into parts by its primary key. The parts are about equal by the server's estimates; that
 * each row is in one part does not depend on them.
 */
export async function splitTable(
  session: MysqlSession,
  table: TableShape,
  key: readonly KeyColumn[],
  bytes: number,
  size: number = partSize,
): Promise<readonly TablePart[]> {
  const types = keyTypes(table, key);
  const count = Math.min(Math.ceil(bytes / size), mostParts);
  if (types.length === 0 || count < 2) return [{ bytes, range: '' }];
  const bounds = await findBounds(session, table, types, types.length === key.length, count);
  const ends = [undefined, ...bounds, undefined];
  return ends.slice(1).map((to, index) => ({
    bytes: Math.ceil(bytes / (bounds.length + 1)),
    range: condition(types, ends[index], to),
  }));
}

async function findBounds(
  session: MysqlSession,
  table: TableShape,
  types: readonly KeyType[],
  isWholeKey: boolean,
  count: number,
): Promise<readonly Bound[]> {
  const [row] = await session.query(sql`SELECT TABLE_ROWS AS n FROM information_schema.TABLES
    WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ${table.name}`);
  const rows = Math.max(Math.ceil(Number(row?.['n'] ?? 0) / count), 1);
  const [first] = types;
  if (first?.line) {
    const { bounds, largest } = await reckonBounds(session, table.name, first, first.line, rows, count * 4);
    // Many rows that share the first column can only be told apart by the others.
    if (largest <= rows * 2 || !isWholeKey || types.length === 1) return bounds;
  }
  return countBounds(session, table.name, types, rows, count * 4);
}
