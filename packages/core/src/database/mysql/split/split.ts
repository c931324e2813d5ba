import type { ScriptStatement } from '../../database.ts';
import { BlockTracker } from './blocks.ts';
import { classify } from './effect.ts';
import { refuseControl } from './refuse.ts';
import type { Script } from './script.ts';
import { countLines, unreadable } from './script.ts';
import type { Token } from './tokens.ts';
import { tokenize } from './tokens.ts';

/**
 * Splits a script for MySQL or MariaDB into statements. DELIMITER is understood, but stored programs don't need it.
 * A statement's text goes from its first token to the delimiter; comments before it are left out.
 * Throws MIGRATION_UNREADABLE for quotes, comments and blocks without an end, and for statements that a migration may
 * not hold, such as COMMIT.
 */
export function splitScript(text: string, file: string): ScriptStatement[] {
  const script: Script = { text, file };
  const statements: ScriptStatement[] = [];
  let line = 1;
  let counted = 0;
  for (const { tokens, end } of group(script)) {
    const first = tokens[0];
    if (!first) continue;
    refuseControl(script, tokens);
    line += countLines(text, counted, first.start);
    counted = first.start;
    statements.push({ text: text.slice(first.start, end).trimEnd(), line, ...classify(tokens) });
  }
  return statements;
}

interface Group {
  readonly tokens: readonly Token[];
  /** Where the delimiter begins. A comment before it is a part of the statement: triggers keep it. */
  readonly end: number;
}

/** The tokens of each statement, without the delimiter. */
function* group(script: Script): Generator<Group> {
  const tokens = tokenize(script);
  let statement: Token[] = [];
  let blocks = new BlockTracker();
  for (const [index, token] of tokens.entries()) {
    // A `;` before another DELIMITER comes still ends a statement that cannot hold others.
    const bare = token.kind === 'symbol' && token.text === ';' && !blocks.compound;
    const inBlock = token.kind === 'delimiter' && token.text === ';' && blocks.open !== undefined;
    if ((token.kind === 'delimiter' && !inBlock) || bare) {
      yield { tokens: statement, end: token.start };
      statement = [];
      blocks = new BlockTracker();
      continue;
    }
    statement.push(token);
    blocks.add(token, tokens[index + 1]);
  }
  if (blocks.open) throw unreadable(script, blocks.open.token.start, `${blocks.open.token.text} has no END`);
  yield { tokens: statement, end: statement.at(-1)?.end ?? 0 };
}
