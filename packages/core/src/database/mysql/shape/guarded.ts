import { exactMode } from '../settings.ts';
import { escaped } from '../quote.ts';
import { splitScript } from '../split/split.ts';

/**
 * A definition that depends on settings of the connection (a routine keeps the sql_mode that it was made with) is
 * written as a small script, which the engine's own client understands as well: the settings, the statement (between
 * two lines of DELIMITER if it holds a `;`), and the settings that were there before.
 */
const head = 'SET @lockstep_';

/** Settings for one statement: SQL literals by the names of the session's variables. */
export type Settings = Readonly<Record<string, string>>;

/** For definitions that the server's own sql_mode may refuse: defaults that are no dates. */
export const exactSettings: Settings = { sql_mode: escaped(exactMode) };

/** Writes a statement with the settings it needs. Without settings it stays as it is. */
export function guard(statement: string, settings: Settings): string {
  const names = Object.keys(settings);
  if (names.length === 0) return statement;
  const save = names.map((name) => `@lockstep_${name} = @@${name}`);
  const set = names.map((name) => `${name} = ${settings[name] ?? 'DEFAULT'}`);
  const restore = names.map((name) => `${name} = @lockstep_${name}`);
  return [`SET ${[...save, ...set].join(', ')};`, delimited(statement), `SET ${restore.join(', ')}`].join('\n');
}

function delimited(statement: string): string {
  if (!statement.includes(';')) return `${statement};`;
  let delimiter = ';;';
  while (statement.includes(delimiter)) delimiter += '$';
  // On a line of its own, as the statement may end in a comment.
  return `DELIMITER ${delimiter}\n${statement}\n${delimiter}\nDELIMITER ;`;
}

export interface GuardedStatements {
  readonly before: readonly string[];
  readonly statement: string;
  readonly after: readonly string[];
}

/** Takes apart what `guard` has made. Any other text is one statement. */
export function guardedStatements(text: string): GuardedStatements {
  if (!text.startsWith(head)) return { before: [], statement: text, after: [] };
  const [before, statement, after, ...rest] = splitScript(text, 'a definition').map((part) => part.text);
  if (before === undefined || statement === undefined || after === undefined || rest.length > 0) {
    return { before: [], statement: text, after: [] };
  }
  return { before: [before], statement, after: [after] };
}
