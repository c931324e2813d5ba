import { createHash } from 'node:crypto';
import type { Effects, Observation, ScriptStatement, Session, Target } from '../database.ts';
import { LockstepError } from '../../errors.ts';
import { identifier, raw, sql } from '../sql.ts';
import type { Sql } from '../sql.ts';
import { errorNumber } from './failure.ts';
import { quote } from './quote.ts';

/** Whether a definition has taken effect, by what SHOW CREATE says. */
export const mysqlEffects: Effects = { clear: async () => [], observe, mend };

async function observe(session: Session, statement: ScriptStatement): Promise<Observation> {
  const things: Record<string, string> = {};
  for (const target of statement.targets ?? []) {
    things[labelOf(target)] = await stateOf(session, target);
  }
  return { things, leftovers: [] };
}

/**
 * MariaDB drops the tables of a list one after the other, and so does MySQL with those of other engines than InnoDB: a
 * crash in between leaves the rest.
 */
async function mend(session: Session, statement: ScriptStatement, before: Observation): Promise<readonly string[]> {
  const targets = statement.targets ?? [];
  if (!targets.every(({ goes }) => goes)) return [];
  const rest: Target[] = [];
  for (const target of targets) if ((await stateOf(session, target)) !== 'none') rest.push(target);
  const known = targets.every((target) => !['none', '?', undefined].includes(before.things[labelOf(target)]));
  if (!known || rest.length === 0 || rest.length === targets.length) return [];
  const names = rest.map(({ schema, name }) => (schema === '' ? quote(name) : `${quote(schema)}.${quote(name)}`));
  await session.execute(`DROP ${rest[0]?.kind ?? ''} IF EXISTS ${names.join(', ')}`);
  return [`Dropped ${rest.map(labelOf).join(', ')}: the statement had dropped the others.`];
}

/** There is no such table, database, routine, trigger, event. */
const missing = new Set([1049, 1146, 1305, 1360, 1539, 4091]);

async function stateOf(session: Session, target: Target): Promise<string> {
  try {
    const rows = await session.query(question(target));
    if (rows.length === 0) return 'none';
    // Where AUTO_INCREMENT stands is no part of a definition.
    const text = JSON.stringify(rows).replaceAll(/ AUTO_INCREMENT=\d+/g, '');
    return createHash('sha256').update(text).digest('hex').slice(0, 32);
  } catch (error) {
    if (missing.has(errorNumber(error))) return 'none';
    if (error instanceof LockstepError && error.code === 'PRIVILEGE_MISSING') return '?';
    throw error;
  }
}

function question({ kind, schema, name }: Target): Sql {
  if (kind === 'DATABASE') return sql`SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ${name}`;
  // For a view and a sequence it is the same question.
  const what = ['VIEW', 'SEQUENCE'].includes(kind) ? 'TABLE' : kind;
  return sql`SHOW CREATE ${raw(what)} ${identifier(schema, name)}`;
}

function labelOf({ kind, schema, name }: Target): string {
  return `${kind.toLowerCase()} ${schema === '' ? '' : `${schema}.`}${name}`;
}
