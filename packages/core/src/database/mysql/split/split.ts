import type { Family, ScriptStatement } from '../../database.ts';
import { BlockTracker } from './blocks.ts';
import { classify } from './effect.ts';
import { refuseControl } from './refuse.ts';
import type { Script } from './script.ts';
import { countLines, unreadable } from './script.ts';
import type { Token } from './tokens.ts';
import { tokenize } from './tokens.ts';

/**
 * Splits a script for MySQL or MariaDB into statements. DELIMITER is understood, but stored programs don't need it.
 * A statement's text begins with its first token; comments before it are left out.
 * Throws MIGRATION_UNREADABLE for quotes, comments and blocks without an end, and for statements that a migration may
 * not hold, such as COMMIT.
 */
export function splitScript(text: string, file: string, family: Family): ScriptStatement[] {
  const script: Script = { text, file };
  const statements: ScriptStatement[] = [];
  let line = 1;
  let counted = 0;
  for (const tokens of group(script)) {
    const [first, last] = [tokens[0], tokens.at(-1)];
    if (!first || !last) continue;
    refuseControl(script, tokens);
    line += countLines(text, counted, first.start);
    counted = first.start;
    statements.push({ text: text.slice(first.start, last.end), line, ...classify(tokens, family) });
  }
  return statements;
}

/** The tokens of each statement, without the delimiter. */
function* group(script: Script): Generator<Token[]> {
  const tokens = tokenize(script);
  let statement: Token[] = [];
  let blocks = new BlockTracker();
  for (const [index, token] of tokens.entries()) {
    // A `;` before another DELIMITER comes still ends a statement that cannot hold others.
    const bare = token.kind === 'symbol' && token.text === ';' && !blocks.compound;
    const inBlock = token.kind === 'delimiter' && token.text === ';' && blocks.open !== undefined;
    if ((token.kind === 'delimiter' && !inBlock) || bare) {
      yield statement;
      statement = [];
      blocks = new BlockTracker();
      continue;
    }
    statement.push(token);
    blocks.add(token, tokens[index + 1]);
  }
  if (blocks.open) throw unreadable(script, blocks.open.token.start, `${blocks.open.token.text} has no END`);
  yield statement;
}
