import { LockstepError } from '../../errors.ts';
import type { Row, Session } from '../database.ts';
import { raw } from '../sql.ts';
import type { Flavour } from './flavour.ts';

/**
 * Where the binary log stands, as far as this user may know. MariaDB remembers it for each snapshot; on MySQL it is
 * asked before and inside of the transaction, and means something only if it is the same.
 */
export async function readPosition(
  session: Session,
  flavour: Flavour,
  when: 'before' | 'inside',
): Promise<Readonly<Record<string, string>>> {
  if (flavour.family === 'mariadb') return when === 'before' ? {} : mariadbPosition(session);
  const [log] = await tolerant(session, 'SHOW BINARY LOG STATUS');
  const [gtid] = await tolerant(session, 'SELECT @@GLOBAL.gtid_executed AS executed');
  return known({
    file: log?.['File'],
    position: log?.['Position'],
    gtidExecuted: gtid?.['executed']?.replace(/\s/g, ''),
  });
}

async function mariadbPosition(session: Session): Promise<Record<string, string>> {
  const rows = await session.query(raw(`SHOW SESSION STATUS LIKE 'binlog_snapshot_%'`));
  const value = (name: string): string | null | undefined =>
    rows.find((row) => row['Variable_name']?.toLowerCase() === `binlog_snapshot_${name}`)?.['Value'];
  if (!value('file')) return {};
  return known({ file: value('file'), position: value('position'), gtid: value('gtid_pos') });
}

/** Without REPLICATION CLIENT the server does not tell. */
async function tolerant(session: Session, text: string): Promise<Row[]> {
  try {
    return await session.query(raw(text));
  } catch (error) {
    if (error instanceof LockstepError && error.code === 'PRIVILEGE_MISSING') return [];
    throw error;
  }
}

function known(values: Readonly<Record<string, string | null | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).flatMap(([name, value]) => (value ? [[name, value]] : [])));
}
