import { sql } from '../../sql.ts';
import type { MysqlSession } from '../session.ts';

/** A column of a primary key. */
export interface KeyColumn {
  readonly name: string;
  /** Only the beginning of the value is in the key. */
  readonly prefix: boolean;
}

/** The columns of each table's primary key, in their order. */
export async function readPrimaryKeys(session: MysqlSession): Promise<ReadonlyMap<string, readonly KeyColumn[]>> {
  const rows = await session.query(sql`SELECT TABLE_NAME AS name, COLUMN_NAME AS part, SUB_PART AS prefix
    FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE() AND INDEX_NAME = 'PRIMARY'
    ORDER BY TABLE_NAME, SEQ_IN_INDEX`);
  const keys = new Map<string, KeyColumn[]>();
  for (const { name, part, prefix } of rows) {
    const column = { name: part ?? '', prefix: (prefix ?? null) !== null };
    keys.set(name ?? '', [...(keys.get(name ?? '') ?? []), column]);
  }
  return keys;
}
