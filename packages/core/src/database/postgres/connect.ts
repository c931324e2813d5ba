import { Client } from 'pg';
import type { ClientConfig, CustomTypesConfig } from 'pg';
import { LockstepError, reasonOf } from '../../errors.ts';
import { Intake } from '../intake.ts';
import { serverReason, sqlStateOf } from './failure.ts';
import { passwordFromFile } from './password-file.ts';

/** Told what the server says beside results. `severity` is NOTICE, WARNING, INFO ... */
export type OnNotice = (severity: string, text: string) => void;

/**
 * Opens a connection. All values come as text, exactly as the server wrote them.
 * Throws SERVER_UNREACHABLE, TLS_FAILED, LOGIN_REFUSED, DATABASE_MISSING, PRIVILEGE_MISSING.
 */
export async function connect(config: ClientConfig, location: string, onNotice: OnNotice): Promise<Client> {
  const password = config.password || process.env['PGPASSWORD'] || (() => passwordFromFile(client));
  const client: Client = new Client({ ...config, password, types: rawText, stream: () => new Intake().socket });
  client.on('notice', (notice) => onNotice(notice.severity ?? 'NOTICE', notice.message ?? ''));
  // An idle connection that breaks tells it by this event only; without a listener the process would end.
  // The next use of the connection fails with the reason.
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch (error) {
    client.connection.stream.destroy();
    throw connectFailure(error, location);
  }
  return client;
}

/** Postgres's own text of each value: no numbers, dates or buffers are made of it. */
const rawText: CustomTypesConfig = { getTypeParser: () => (text: string) => text };

function connectFailure(error: unknown, location: string): LockstepError {
  const sqlState = sqlStateOf(error) ?? '';
  const reason = connectReason(error);
  const details = { location, reason, sqlState };
  if (sqlState.startsWith('28') || reason.startsWith('SASL'))
    return new LockstepError('LOGIN_REFUSED', details, { cause: error });
  if (sqlState === '3D000') return new LockstepError('DATABASE_MISSING', details, { cause: error });
  if (sqlState === '42501') {
    return new LockstepError('PRIVILEGE_MISSING', { ...details, doing: 'connect to the database' }, { cause: error });
  }
  const code = isTlsFailure(error) ? 'TLS_FAILED' : 'SERVER_UNREACHABLE';
  return new LockstepError(code, details, { cause: error });
}

/** Node's and OpenSSL's codes of a certificate that is not trusted, and what the driver says where there is no TLS. */
function isTlsFailure(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? String(error.code) : '';
  return /CERT|^UNABLE_TO_|^ERR_(SSL|TLS)_/.test(code) || /\bSSL\b/.test(error.message);
}

function connectReason(error: unknown): string {
  // Node tries every address of a host name, and puts the failures together.
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join('; ');
  const reason = serverReason(error);
  if (reason.includes('client password must be a')) return 'SASL: a password is needed, and none was given';
  if (reason === 'timeout expired') return 'no answer in time';
  if (reason.startsWith('unsupported startup parameter')) {
    return `${reason}; that is a pooler: take the setting out of the URL, or connect to the server itself`;
  }
  return reason;
}
