import type { ScriptStatement } from '../database/database.ts';

/** Neighbours that may share a transaction form a group; every other statement is a group of its own. */
export function groupStatements<Statement extends ScriptStatement>(
  statements: readonly Statement[],
  separately: boolean,
): Statement[][] {
  const groups: Statement[][] = [];
  for (const statement of statements) {
    const current = groups.at(-1);
    if (!separately && statement.transactional && current?.[0]?.transactional) current.push(statement);
    else groups.push([statement]);
  }
  return groups;
}

/** What may commit in its middle stands outside of transactions where its script asks to run without one. */
export function standsAlone<Statement extends ScriptStatement>(statement: Statement, separately: boolean): Statement {
  if (!separately || !statement.mayCommit) return statement;
  return { ...statement, transactional: false, effect: 'unprovable' };
}
