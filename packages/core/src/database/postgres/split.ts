import type { parse as libraryParse, RawStmt } from 'libpg-query';
import { LockstepError, reasonOf } from '../../errors.ts';
import type { ScriptStatement } from '../database.ts';
import { countLines, placeOf, skipBlank } from './script-text.ts';
import { kindOf, lastsWithConnection, refusalOf } from './statement-kind.ts';

/** Fails at a place of the script, given in bytes. */
type Fail = (offset: number, reason: string) => LockstepError;

/**
 * Splits a script by Postgres's own grammar. A statement keeps the comments before it, and its line is that of its
 * first word. Comments after the last statement are left out. Throws MIGRATION_UNREADABLE with line and column.
 */
export async function split(script: string, file: string): Promise<ScriptStatement[]> {
  const text = script.replace(/^\uFEFF/, '');
  const bytes = Buffer.from(text);
  const fail: Fail = (offset, reason) =>
    new LockstepError('MIGRATION_UNREADABLE', { file, ...placeOf(bytes, offset), reason });
  const nul = bytes.indexOf(0);
  if (nul !== -1) throw fail(nul, 'it holds the character NUL');
  if (skipBlank(bytes, 0) === bytes.length) return [];
  return cut(bytes, await parse(text, fail), fail);
}

function cut(bytes: Buffer, parsed: readonly RawStmt[], fail: Fail): ScriptStatement[] {
  let end = 0;
  let line = 1;
  let counted = 0;
  return parsed.flatMap(({ stmt, stmt_location: first = 0, stmt_len: length = 0 }, index) => {
    if (stmt === undefined) return [];
    const refusal = refusalOf(stmt);
    if (refusal !== undefined) throw fail(first, refusal);
    const start = startOf(bytes, end, first);
    end = length === 0 ? bytes.length : first + length;
    line += countLines(bytes.subarray(counted, first));
    counted = first;
    const text = bytes.subarray(start, end).toString().trim();
    return [
      {
        text,
        line,
        ...kindOf(stmt, index === parsed.length - 1),
        ...(lastsWithConnection(stmt) ? { connection: true } : {}),
      },
    ];
  });
}

/** Where the comments before a statement begin: after the last delimiter. Between two statements there may be several. */
function startOf(bytes: Buffer, from: number, first: number): number {
  let start = from;
  for (let at = skipBlank(bytes, from); at < first; at = skipBlank(bytes, start)) start = at + 1;
  return start;
}

async function parse(text: string, fail: Fail): Promise<readonly RawStmt[]> {
  // Loaded when it is needed: the grammar has two megabytes.
  const grammar = await import('libpg-query');
  try {
    return (await grammar.parse(text)).stmts ?? [];
  } catch (error) {
    const position = grammar.hasSqlDetails(error) ? (error.sqlDetails?.cursorPosition ?? 0) : 0;
    const before = Array.from(text).slice(0, position).join('');
    await refuseCopyData(before, grammar.parse, fail);
    throw fail(Buffer.byteLength(before), reasonOf(error));
  }
}

/** Data after COPY FROM stdin is no SQL, so it looks like a syntax error. The COPY is what has to be named. */
async function refuseCopyData(before: string, parser: typeof libraryParse, fail: Fail): Promise<void> {
  const copy = [...before.matchAll(/\bcopy\b[^;]*\bstdin\b[^;]*;/gi)].at(-1);
  if (copy === undefined) return;
  const last = await parser(before.slice(0, copy.index + copy[0].length)).then(
    (result) => result.stmts?.at(-1),
    () => undefined,
  );
  const refusal = last?.stmt === undefined ? undefined : refusalOf(last.stmt);
  if (refusal !== undefined) throw fail(last?.stmt_location ?? 0, refusal);
}
