import type { Row } from '../../database.ts';
import { LockstepError } from '../../../errors.ts';
import { escaped, quote } from '../quote.ts';
import type { Wire } from '../wire.ts';
import { modernName } from './columns.ts';
import type { Settings } from './guarded.ts';
import { guard } from './guarded.ts';
import type { Parts } from './parts.ts';
import { addComment, addObject, label } from './parts.ts';
import type { Rows } from './read.ts';

/** What a program remembers of the connection that made it. */
interface Made {
  readonly sqlMode: string;
  readonly charset: string;
  readonly collation: string;
}

function madeWith(row: Row): Made {
  return {
    sqlMode: row['sql_mode'] ?? '',
    charset: modernName(row['charset'] ?? null) ?? '',
    collation: modernName(row['collation'] ?? null) ?? '',
  };
}

/**
 * What counts of it, so that a script makes the same shape with any client. Character set and collation are those of
 * whoever made the program, and only say how literals compare with each other. IGNORE_SPACE says how the text was read;
 * MariaDB's driver for Java always sets it.
 */
function countedMode({ sqlMode }: Made): string {
  return sqlMode
    .split(',')
    .filter((mode) => mode !== 'IGNORE_SPACE')
    .join(',');
}

function settingsOf(made: Made): Settings {
  return {
    sql_mode: escaped(made.sqlMode),
    character_set_client: made.charset,
    collation_connection: made.collation,
  };
}

/**
 * Our own text is UTF-8. A text for another character set means the same only if it is ASCII.
 */
function canCarry(made: Made, text: string, what: string, name: string, parts: Parts): boolean {
  // eslint-disable-next-line no-control-regex -- all of ASCII is meant
  if (made.charset.startsWith('utf8mb') || /^[\x00-\x7f]*$/.test(text)) return true;
  parts.unsupported.push({ kind: `${what} with text in the character set ${made.charset}`, name });
  return false;
}

/** Procedures and functions. The definer is left out, so that the definition loads for any user. */
export async function describeRoutines(wire: Wire, rows: Rows, parts: Parts): Promise<void> {
  for (const row of rows.routines) {
    const name = row['name'] ?? '';
    const type = row['type'] ?? '';
    if (type !== 'PROCEDURE' && type !== 'FUNCTION') {
      parts.unsupported.push({ kind: type.toLowerCase(), name });
      continue;
    }
    const kind = type === 'PROCEDURE' ? 'procedure' : 'function';
    const [shown] = await wire.rows(`SHOW CREATE ${type} ${quote(name)}`);
    const text = shown?.[type === 'PROCEDURE' ? 'Create Procedure' : 'Create Function'] ?? null;
    if (text === null) throw hiddenFrom(`${kind} ${name}`);
    const made = madeWith(row);
    const definition = withoutDefiner(text);
    addObject(parts, kind, label(name), { definition, sqlMode: countedMode(made) });
    addComment(parts, kind, label(name), row['comment'] ?? '');
    if (!canCarry(made, definition, kind, name, parts)) continue;
    parts.after.push({ kind, name: label(name), create: guard(definition, settingsOf(made)) });
  }
}

/** Triggers, in the order in which those of the same event run. */
export function describeTriggers(rows: Rows, parts: Parts): void {
  for (const row of rows.triggers) {
    const name = row['name'] ?? '';
    const table = row['table_name'] ?? '';
    const body = row['body'] ?? '';
    const made = madeWith(row);
    const [timing, event] = [row['timing'] ?? '', row['event'] ?? ''];
    const facts = { timing, event, position: row['position'] ?? '', body, sqlMode: countedMode(made) };
    addObject(parts, 'trigger', label(table, name), facts);
    if (!canCarry(made, name + table + body, 'trigger', name, parts)) continue;
    const create = `CREATE TRIGGER ${quote(name)} ${timing} ${event} ON ${quote(table)} FOR EACH ROW ${body}`;
    parts.after.push({
      kind: 'trigger',
      name: label(table, name),
      table: label(table),
      create: guard(create, settingsOf(made)),
      drop: `DROP TRIGGER ${quote(name)}`,
    });
  }
}

/** Events. They are dropped for a load, because one that runs meanwhile would change the rows. */
export function describeEvents(rows: Rows, parts: Parts): void {
  for (const row of rows.events) {
    const name = row['name'] ?? '';
    const made = madeWith(row);
    const event = readEvent(row);
    addObject(parts, 'event', label(name), { ...event.facts, body: row['body'] ?? '', sqlMode: countedMode(made) });
    addComment(parts, 'event', label(name), row['comment'] ?? '');
    const create = `CREATE EVENT ${quote(name)} ${event.clauses} DO ${row['body'] ?? ''}`;
    if (!canCarry(made, create, 'event', name, parts)) continue;
    parts.after.push({
      kind: 'event',
      name: label(name),
      create: guard(create, { ...settingsOf(made), time_zone: escaped(row['time_zone'] ?? 'SYSTEM') }),
      drop: `DROP EVENT ${quote(name)}`,
    });
  }
}

interface EventSchedule {
  readonly facts: Readonly<Record<string, string | null>>;
  readonly clauses: string;
}

/**
 * A schedule without STARTS begins when the event is made, and the server writes that time down. It is no fact, as it
 * is another on every database. Nor is the time of an event that happens once: it may have been said in hours from now.
 */
function readEvent(row: Row): EventSchedule {
  const said = row['starts'] !== row['created'];
  const starts = said ? (row['starts'] ?? null) : null;
  const ends = row['ends'] ?? null;
  const interval = row['interval_value'] ?? null;
  const status = statusOf(row['status'] ?? '');
  const every = interval === null ? null : `${intervalText(interval)} ${row['interval_field'] ?? ''}`;
  const clauses = [
    every === null ? `ON SCHEDULE AT ${escaped(row['execute_at'] ?? '')}` : `ON SCHEDULE EVERY ${every}`,
    ...(starts === null || every === null ? [] : [`STARTS ${escaped(starts)}`]),
    ...(ends === null ? [] : [`ENDS ${escaped(ends)}`]),
    `ON COMPLETION ${row['on_completion'] ?? 'NOT PRESERVE'}`,
    status,
    ...((row['comment'] ?? '') === '' ? [] : [`COMMENT ${escaped(row['comment'] ?? '')}`]),
  ].join(' ');
  const facts = {
    type: row['type'] ?? '',
    every,
    starts,
    ends,
    status,
    onCompletion: row['on_completion'] ?? '',
    timeZone: row['time_zone'] ?? '',
  };
  return { facts, clauses };
}

function intervalText(value: string): string {
  return /^\d+$/.test(value) ? value : escaped(value);
}

function statusOf(status: string): string {
  if (status === 'ENABLED') return 'ENABLE';
  return status === 'DISABLED' ? 'DISABLE' : 'DISABLE ON SLAVE';
}

function withoutDefiner(text: string): string {
  const name = '(?:`(?:[^`]|``)*`|"(?:[^"]|"")*")';
  return text.replace(new RegExp(`^CREATE DEFINER=${name}(?:@${name})? `), 'CREATE ');
}

function hiddenFrom(what: string): LockstepError {
  const reason = `the server does not show the definition of the ${what}; SHOW_ROUTINE or SELECT on mysql.proc does`;
  return new LockstepError('PRIVILEGE_MISSING', { doing: 'describe the database', reason });
}
