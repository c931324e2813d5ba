import type { StatementAnalysis, ScriptFacts } from '../../../plan/analysis.ts';
import type { KnownTables } from '../../../plan/known-tables.ts';
import type { Flavour } from '../flavour.ts';

export async function analyse(
  _text: string,
  _known: KnownTables,
  _script: ScriptFacts,
  _family: Flavour['family'],
): Promise<StatementAnalysis> {
  return { what: '', effects: [], unknown: undefined, findings: [] };
}
