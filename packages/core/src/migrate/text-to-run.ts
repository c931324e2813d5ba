import { raw, sql } from '../database/sql.ts';
import type { Migration, Script } from '../release/migration-file.ts';
import { replacePlaceholders } from '../release/placeholders.ts';
import type { Step } from '../state/step.ts';
import type { Home } from '../state/tables.ts';
import { clock } from '../state/tables.ts';

/**
 * The text of a script as it runs on a database: with what only that database knows put in. A migration that goes on
 * after a crash gets the time at which it began, so that its statements are the same again.
 */
export async function textToRun(home: Home, script: Script, time?: string): Promise<string> {
  const { template } = script;
  if (!template) return script.text;
  const { dialect, session } = home;
  const [row] = await session.query(sql`SELECT ${raw(dialect.currentUser)} AS username,
    ${raw(dialect.currentDatabase)} AS name, ${clock(home)} AS now`);
  const values = new Map([
    ['flyway:user', row?.['username'] ?? ''],
    ['flyway:database', row?.['name'] ?? ''],
    ['flyway:defaultschema', home.schema === '' ? (row?.['name'] ?? '') : home.schema],
    ['flyway:timestamp', time ?? seconds(row?.['now'])],
  ]);
  return replacePlaceholders(template.text, template.placeholders, script.script, values).text;
}

/** When a migration began, by what was written down of it, for those that say it in their text. */
export function begunAt(steps: readonly Step[]): string | undefined {
  return steps.find(({ statement }) => statement === 0)?.facts['timestamp'];
}

/** The time that the placeholders of a migration get, to be written down before its first statement. */
export async function timeFact(
  home: Home,
  migration: Migration,
  known: readonly Step[],
): Promise<Readonly<Record<string, string>>> {
  if (!migration.template?.text.toLowerCase().includes('flyway:timestamp')) return {};
  const before = begunAt(known);
  if (before !== undefined) return { timestamp: before };
  const [row] = await home.session.query(sql`SELECT ${clock(home)} AS now`);
  return { timestamp: seconds(row?.['now']) };
}

/** `yyyy-MM-dd HH:mm:ss` in UTC. */
function seconds(clockText: string | null | undefined): string {
  return (clockText ?? '').slice(0, 19).replace('T', ' ');
}
