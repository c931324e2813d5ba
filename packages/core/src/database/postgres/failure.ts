import { DatabaseError } from 'pg';
import { LockstepError, reasonOf } from '../../errors.ts';

/** What an error of the driver was about. */
export interface FailureContext {
  readonly location: string;
  /** The statement, as it was sent. */
  readonly statement: string;
}

/**
 * Turns whatever the driver threw into an error of Lockstep: CONNECTION_LOST, REPLICA_CONFLICT, PRIVILEGE_MISSING,
 * SERVER_FULL or STATEMENT_FAILED. The last three carry the server's SQLSTATE as the detail `sqlState`.
 */
export function failureOf(error: unknown, context: FailureContext): LockstepError {
  if (error instanceof LockstepError) return error;
  if (isRecoveryConflict(error)) {
    const details = { location: context.location, reason: serverReason(error) };
    return new LockstepError('REPLICA_CONFLICT', details, { cause: error });
  }
  if (isLostConnection(error)) {
    return new LockstepError(
      'CONNECTION_LOST',
      { location: context.location, reason: reasonOf(error) },
      { cause: error },
    );
  }
  const sqlState = sqlStateOf(error) ?? '';
  const statement = shorten(context.statement);
  if (sqlState === '42501') {
    return new LockstepError(
      'PRIVILEGE_MISSING',
      { doing: statement, reason: serverReason(error), sqlState },
      { cause: error },
    );
  }
  if (hasNoRoom(error)) {
    return new LockstepError('SERVER_FULL', { reason: serverReason(error), sqlState }, { cause: error });
  }
  const position = error instanceof DatabaseError ? (error.position ?? '') : '';
  return new LockstepError(
    'STATEMENT_FAILED',
    { reason: serverReason(error), statement, sqlState, position },
    { cause: error },
  );
}

/** The five characters that name a server's error, if the error came from a server. */
export function sqlStateOf(error: unknown): string | undefined {
  if (error instanceof DatabaseError) return error.code;
  return error instanceof LockstepError ? error.details['sqlState'] : undefined;
}

/**
 * Everything that did not come from the server as an error of a statement ends the connection: broken sockets, time
 * limits of the driver. So do the server's own FATAL errors: shut down, terminated, too long idle.
 */
export function isLostConnection(error: unknown): boolean {
  if (!(error instanceof DatabaseError)) return true;
  return error.severity === 'FATAL' || error.severity === 'PANIC' || /^(08|57P)/.test(error.code ?? '');
}

/**
 * A replica cancels a statement, or ends a connection, that is in the way of what it has to replay. The server has one
 * place that says so, and the code is that of any conflict between transactions.
 */
function isRecoveryConflict(error: unknown): boolean {
  return error instanceof DatabaseError && error.code === '40001' && /Interrupt/.test(error.routine ?? '');
}

/** 53100: the disk is full. 53200: out of memory. A quota and a limit of the size of files have no code of their own. */
function hasNoRoom(error: unknown): boolean {
  if (!(error instanceof DatabaseError)) return false;
  return error.code === '53100' || error.code === '53200' || /^md(zero)?extend$/.test(error.routine ?? '');
}

/** The server's message with its detail and hint, in one line. */
export function serverReason(error: unknown): string {
  if (!(error instanceof DatabaseError)) return reasonOf(error);
  const parts = [error.message, error.detail, error.hint].filter((part) => part !== undefined && part !== '');
  return reasonOf(new Error(parts.join('; ').replace(/\s+/g, ' '))).replace(/\.$/, '');
}

/** A statement in one line that is not too long, without the passwords of roles. */
function shorten(statement: string): string {
  const open = statement.replace(/\b(password\s+)(?:E?'(?:[^'\\]|''|\\.)*'?|\$\$.*?\$\$)/gi, `$1'***'`);
  const line = open.replace(/\s+/g, ' ').trim();
  return line.length > 300 ? `${line.slice(0, 300)} ...` : line;
}
