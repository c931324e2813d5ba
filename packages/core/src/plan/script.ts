import type { ScriptStatement } from '../database/database.ts';
import type { ScriptFacts } from './analysis.ts';

/** What is known of a script before its first statement. */
export function newScript(statements: readonly ScriptStatement[]): ScriptFacts {
  return {
    statements: statements.length,
    alone: statements.filter(({ transactional }) => !transactional).length,
    added: new Set(),
    settings: new Map(),
  };
}
