import type { State } from '../state/state.ts';
import type { Decision } from './resolve.ts';

/** The name of the step that compares a database with its backup at the end of an upgrade. */
export const comparison = 'comparison';

/** What the next run has to know. What an upgrade was at keeps its backup, and a comparison to be tried again needs it. */
export function detailAfter(detail: State['detail'], key: string, decision: Decision): Record<string, string> {
  const { backup, from, migration, seeded } = detail;
  const resolved = `${key} ${decision}`;
  // What was cut off, and has not failed, is still what it was.
  if (migration === undefined) return { ...detail, resolved };
  const isComparison = key === comparison;
  const saved = backup !== undefined && from !== undefined && !(isComparison && decision === 'applied');
  return {
    resolved,
    ...(seeded === undefined ? {} : { seeded }),
    ...(saved ? { backup, from } : {}),
    ...(saved && isComparison ? { upgrade: 'migrate' } : {}),
  };
}
