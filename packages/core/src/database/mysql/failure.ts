import { LockstepError, reasonOf } from '../../errors.ts';

/** What an error of the driver was about. */
export interface FailureContext {
  readonly location: string;
  /** The statement, as it was sent. */
  readonly statement: string;
}

/** An error packet of the server, as the driver passes it on. */
export interface ServerError {
  readonly number: number;
  readonly sqlState: string;
  readonly message: string;
}

/** Access denied to a database, a table, a column, a routine, a privilege; and functions under binary logging. */
const privilegeErrors = new Set([1044, 1045, 1142, 1143, 1227, 1370, 1419]);
/** The server ends the connection: shut down, killed, idle too long, the network broke. */
const lostErrors = new Set([1053, 1077, 1079, 1152, 1158, 1159, 1160, 1161, 1184, 1927, 3169, 4031]);
/** A lock was not to be had in time. The statement was rolled back, and the transaction goes on. */
export const lockWaitTimeout = 1205;
/** The server has rolled the whole transaction back. */
export const deadlock = 1213;
/** The disk or a tablespace is full, also that of temporary files, of which the server says only that writing failed. */
const fullErrors = new Set([1021, 1114, 1878]);
/** The system's own number of the same, in messages about files. */
const noSpace = /\b(?:errno:? 28|OS error 28|Errcode: 28)\b/i;

/**
 * Turns whatever the driver threw into an error of Lockstep: CONNECTION_LOST, PRIVILEGE_MISSING, SERVER_FULL or
 * STATEMENT_FAILED. All but the first carry the server's error number and SQLSTATE as the details `number` and `sqlState`.
 */
export function failureOf(error: unknown, context: FailureContext): LockstepError {
  if (error instanceof LockstepError) return error;
  const server = serverErrorOf(error);
  const reason = reasonOf(error).replace(/\s+/g, ' ').replace(/\.$/, '');
  if (!server || lostErrors.has(server.number)) {
    return new LockstepError('CONNECTION_LOST', { location: context.location, reason }, { cause: error });
  }
  const statement = shorten(context.statement);
  const details = { reason, statement, sqlState: server.sqlState, number: server.number };
  if (privilegeErrors.has(server.number)) {
    return new LockstepError('PRIVILEGE_MISSING', { ...details, doing: statement }, { cause: error });
  }
  const isFull = fullErrors.has(server.number) || noSpace.test(server.message);
  return new LockstepError(isFull ? 'SERVER_FULL' : 'STATEMENT_FAILED', details, { cause: error });
}

/** The server's part in an error, or undefined if it came from the network or the driver. */
export function serverErrorOf(error: unknown): ServerError | undefined {
  if (!(error instanceof Error) || !('errno' in error) || !('sqlState' in error)) return undefined;
  const { errno, sqlState } = error;
  if (typeof errno !== 'number' || typeof sqlState !== 'string') return undefined;
  return { number: errno, sqlState, message: error.message };
}

/** The server's number of an error that `failureOf` has made, or 0. */
export function errorNumber(error: unknown): number {
  return error instanceof LockstepError ? Number(error.details['number'] ?? 0) : 0;
}

/** One line without passwords. */
function shorten(statement: string): string {
  const line = statement
    .slice(0, 2000)
    .replace(
      /(IDENTIFIED\s+(?:WITH\s+\S+\s+)?(?:BY|AS)\s+(?:PASSWORD\s+)?|PASSWORD\s*\(?=?\s*)(['"]).*?\2/gis,
      "$1'***'",
    )
    .replace(/\s+/g, ' ')
    .trim();
  return line.length > 300 ? `${line.slice(0, 300)} ...` : line;
}
