import type { ScriptStatement } from '../database.ts';
import { LockstepError } from '../../errors.ts';
import { parseWithRows } from './copy-script.ts';
import { countLines, placeOf, skipBlank } from './script-text.ts';
import { kindOf, lastsWithConnection, leavesNoTrace, refusalOf } from './statement-kind.ts';
import { targetsOf } from './statement-targets.ts';

/**
 * Splits a script by Postgres's own grammar. A statement keeps the comments before it, and its line is that of its
 * first word. Comments after the last statement are left out. Throws MIGRATION_UNREADABLE with line and column.
 */
export async function split(script: string, file: string): Promise<ScriptStatement[]> {
  const bytes = Buffer.from(script.replace(/^\uFEFF/, ''));
  const fail = (offset: number, reason: string): LockstepError =>
    new LockstepError('MIGRATION_UNREADABLE', { file, ...placeOf(bytes, offset), reason });
  const nul = bytes.indexOf(0);
  if (nul !== -1) throw fail(nul, 'it holds the character NUL');

  const statements: ScriptStatement[] = [];
  let end = 0;
  let line = 1;
  let counted = 0;
  for await (const { tree, first, after, last, hasRows } of parseWithRows(bytes, fail)) {
    const refusal = refusalOf(tree, hasRows);
    if (refusal !== undefined) throw fail(first, refusal);
    line += countLines(bytes.subarray(counted, first));
    counted = first;
    const text = bytes
      .subarray(hasRows ? first : startOf(bytes, end, first), after)
      .toString()
      .trim();
    end = after;
    const connection = lastsWithConnection(tree) ? { connection: true } : {};
    const targets = targetsOf(tree);
    const looked = targets.length === 0 ? {} : { targets };
    const traceless = leavesNoTrace(tree) ? { traceless: true } : {};
    statements.push({ text, line, ...kindOf(tree, last), ...connection, ...traceless, ...looked });
  }
  return statements;
}

/** Where the comments before a statement begin: after the last delimiter. Between two statements there may be several. */
function startOf(bytes: Buffer, from: number, first: number): number {
  let start = from;
  for (let at = skipBlank(bytes, from); at < first; at = skipBlank(bytes, start)) start = at + 1;
  return start;
}
