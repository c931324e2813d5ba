import type { Socket } from 'node:net';
import { createConnection } from 'mysql2';
import type { Connection } from 'mysql2';
import { LockstepError, reasonOf } from '../../errors.ts';
import { Intake } from '../intake.ts';
import { serverErrorOf } from './failure.ts';
import type { Target } from './url.ts';
import { Wire } from './wire.ts';

/**
 * Opens a connection. `purpose` is shown to people who look at the server's list of connections.
 * Throws SERVER_UNREACHABLE, TLS_FAILED, TLS_NEEDED, LOGIN_REFUSED, DATABASE_MISSING, PRIVILEGE_MISSING.
 */
export async function connect(target: Target, purpose: string): Promise<Wire> {
  const connection = open(target, purpose);
  try {
    await new Promise<void>((resolve, reject) => {
      connection.connect((error) => (error ? reject(error) : resolve()));
    });
  } catch (error) {
    connection.destroy();
    throw connectFailure(error, target);
  }
  // An idle connection that breaks tells it by this event only; without a listener the process would end.
  // The next use of the connection fails with the reason.
  connection.on('error', () => undefined);
  return new Wire(connection, target.location);
}

function open(target: Target, purpose: string): Connection {
  try {
    return createConnection({
      keepAliveInitialDelay: 30_000,
      ...target.options,
      stream: plainStream,
      connectAttributes: { program_name: `lockstep: ${purpose}` },
      multipleStatements: false,
      disableEval: true,
      // Our own text is always UTF-8; the driver would follow a SET NAMES. IGNORE_SPACE would become a part of sql_mode.
      // LOCAL_FILES is for LOAD DATA from memory: no file is ever opened, whatever the server asks for (see send.ts).
      flags: ['-SESSION_TRACK', '-IGNORE_SPACE', 'LOCAL_FILES', '-CLIENT_QUERY_ATTRIBUTES', '-ODBC'],
    });
  } catch (error) {
    // The driver looks at the options only now: an unknown profile for `ssl`, for example.
    throw new LockstepError('URL_INVALID', { location: target.location, reason: reasonOf(error) }, { cause: error });
  }
}

/** What the driver would connect by itself, but for the memory that it reads into; see `Intake`. */
function plainStream({ config }: { readonly config: StreamConfig }): Socket {
  const { socket } = new Intake();
  const { socketPath, host = 'localhost', port = 3306, keepAliveInitialDelay = 30_000 } = config;
  if (socketPath === undefined || socketPath === '') socket.connect({ host, port: Number(port) });
  else socket.connect({ path: socketPath });
  socket.once('connect', () => socket.setKeepAlive(true, keepAliveInitialDelay));
  socket.setNoDelay(true);
  return socket;
}

interface StreamConfig {
  readonly host?: string;
  readonly port?: number | string;
  readonly socketPath?: string;
  readonly keepAliveInitialDelay?: number;
}

/** Wrong password, or one of several other reasons. */
const accessDenied = 1045;
/** The same, no login by this plugin, host not allowed, account locked, password expired. */
const loginErrors = new Set([accessDenied, 1130, 1251, 1524, 1698, 1820, 1862, 3118, 4150, 4151]);
/** "Connections using insecure transport are prohibited". */
const tlsNeeded = 3159;

function connectFailure(error: unknown, target: Target): LockstepError {
  const { location, database, options } = target;
  const number = serverErrorOf(error)?.number ?? 0;
  // MariaDB says no more to whom comes without TLS, nor does MySQL where it is the account that demands it.
  const doubt = number === accessDenied && !options.ssl ? '; or TLS is demanded, for which the URL does not ask' : '';
  const details = { location, number, reason: `${connectReason(error)}${doubt}` };
  if (number === 1049) return new LockstepError('DATABASE_MISSING', details, { cause: error });
  if (number === 1044) {
    // The server says the same of a database that the user may not see and of one that is not there.
    const doing = `open the database ${database}, if it exists`;
    return new LockstepError('PRIVILEGE_MISSING', { ...details, doing }, { cause: error });
  }
  if (number === tlsNeeded) return new LockstepError('TLS_NEEDED', details, { cause: error });
  if (isTlsFailure(error)) return new LockstepError('TLS_FAILED', details, { cause: error });
  const refused = loginErrors.has(number) || hasCode(error, /^AUTH_SWITCH/);
  return new LockstepError(refused ? 'LOGIN_REFUSED' : 'SERVER_UNREACHABLE', details, { cause: error });
}

/** The server has no TLS, or its certificate is not trusted. The driver calls a connection that breaks then the same. */
function isTlsFailure(error: unknown): boolean {
  if (hasCode(error, /^HANDSHAKE_NO_SSL_SUPPORT$/)) return true;
  return hasCode(error, /^HANDSHAKE_SSL_ERROR$/) && !/disconnected|ECONN|EPIPE|ETIMEDOUT/.test(reasonOf(error));
}

function connectReason(error: unknown): string {
  // Node tries every address of a host name, and puts the failures together.
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join('; ');
  if (hasCode(error, /^ETIMEDOUT$/)) return 'no answer in time';
  return reasonOf(error).replace(/\s+/g, ' ').replace(/\.$/, '');
}

function hasCode(error: unknown, pattern: RegExp): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && pattern.test(error.code);
}
