import { parse } from 'libpg-query';
import type { Node } from 'libpg-query';
import { LockstepError } from '../../../errors.ts';
import type { StatementAnalysis } from '../../../plan/analysis.ts';
import type { KnownTables } from '../../../plan/known-tables.ts';
import { effectsOf } from './locks.ts';
import { remember } from './remember.ts';
import { touchesOf, unknownOf } from './statement-locks.ts';

/** Says what a statement does, and brings what is known of the tables up to date. */
export async function analyse(text: string, known: KnownTables): Promise<StatementAnalysis> {
  const [statement, ...rest] = (await parse(text)).stmts ?? [];
  const tree = statement?.stmt;
  if (tree === undefined || rest.length > 0)
    throw new LockstepError('INTERNAL', { reason: `not one statement: ${text}` });
  const effects = effectsOf(touchesOf(tree, known));
  const unknown = unknownOf(tree, known);
  remember(tree, known);
  return { what: whatOf(tree), effects, unknown, findings: [] };
}

/** `AlterTableStmt` in words. */
function whatOf(tree: Node): string {
  const [name = ''] = Object.keys(tree);
  return name
    .replace(/Stmt$/, '')
    .replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ')
    .toUpperCase();
}
