import { LockstepError } from '../../errors.ts';
import { findCluster } from './cluster.ts';
import { connect } from './connect.ts';
import { readVersion, supportedServers } from './flavour.ts';
import { MysqlDatabase } from './mysql-database.ts';
import { readUrl } from './url.ts';

/**
 * Opens the database of a `mysql://` or `mariadb://` URL. Which family it is, the server says. Parameters of the URL are
 * mysql2's (see `readUrl`); it must name a database.
 *
 * Throws URL_INVALID, SERVER_UNREACHABLE, TLS_FAILED, TLS_NEEDED, LOGIN_REFUSED, DATABASE_MISSING, PRIVILEGE_MISSING,
 * ENGINE_UNSUPPORTED.
 *
 * @example
 * const database = await openMysql('mysql://app@db.example.com/shop?ssl={"rejectUnauthorized":true}');
 */
export async function openMysql(url: string): Promise<MysqlDatabase> {
  const target = readUrl(url);
  const wire = await connect(target, 'open');
  try {
    const [row] = await wire.rows(`SELECT VERSION() AS version, @@version_comment AS comment, DATABASE() AS name,
      @@collation_database AS collation, @@max_allowed_packet AS packet, @@local_infile AS files`);
    const server = readVersion(row?.['version'] ?? '', row?.['comment'] ?? '');
    const unsupported = (found: string, needed: string): LockstepError =>
      new LockstepError('ENGINE_UNSUPPORTED', { location: target.location, found, needed });
    if ('unsupported' in server) throw unsupported(server.unsupported, supportedServers);
    return new MysqlDatabase(target, {
      ...server,
      database: row?.['name'] ?? target.database,
      collation: row?.['collation'] ?? '',
      largestPacket: Number(row?.['packet']),
      localFiles: row?.['files'] === '1',
      cluster: await findCluster(wire),
    });
  } finally {
    await wire.end();
  }
}
