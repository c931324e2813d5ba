import { createHash } from 'node:crypto';
import type { ScriptStatement } from '../database/database.ts';
import type { Migration } from '../release/migration-file.ts';
import type { Home } from '../state/tables.ts';
import { standsAlone } from './group-statements.ts';
import { textToRun } from './text-to-run.ts';

/** A statement of a migration, as its progress is recorded. */
export interface NumberedStatement extends ScriptStatement {
  /** 1-based place in the script. */
  readonly number: number;
  /** SHA-256 of the text: a half-run file that is edited afterwards is found out by it. */
  readonly checksum: string;
}

/** The statements of a SQL migration that began at `time`, if it has begun; none of another one. Throws MIGRATION_UNREADABLE. */
export async function numberStatements(home: Home, migration: Migration, time?: string): Promise<NumberedStatement[]> {
  if (migration.language !== 'sql') return [];
  const statements = await home.dialect.split(await textToRun(home, migration, time), migration.script);
  return statements.map((statement, index) => ({
    ...standsAlone(statement, migration.separately),
    number: index + 1,
    checksum: createHash('sha256').update(statement.text).digest('hex'),
  }));
}

/** How much of a statement people see. */
const shownLength = 1000;

/** A statement for people and for the records: without the passwords of users, and not too long. */
export function shownText(text: string): string {
  const open = text.replaceAll(
    /(\b(?:identified\s+(?:with\s+\S+\s+)?(?:by|as)(?:\s+password)?|password(?:\s+for\s+\S+)?)\s*[=(]?\s*)('(?:[^'\\]|''|\\.)*'?|"(?:[^"\\]|""|\\.)*"?|\$\$.*?\$\$)/gis,
    `$1'***'`,
  );
  return open.length > shownLength ? `${open.slice(0, shownLength)} ...` : open;
}
