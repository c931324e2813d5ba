import type { Row } from '../../database.ts';
import type { Flavour } from '../flavour.ts';
import { quote } from '../quote.ts';
import { guard } from './guarded.ts';
import type { Settings } from './guarded.ts';
import type { Parts } from './parts.ts';
import { addObject, groupBy, label } from './parts.ts';

/** The foreign keys of a table. `settings` are what a change of the table needs. */
export function describeForeignKeys(
  table: string,
  rows: readonly Row[],
  settings: Settings,
  flavour: Flavour,
  database: string,
  parts: Parts,
): void {
  for (const [name, columns] of groupBy(rows, 'name')) {
    const first = columns[0] ?? {};
    const named = label(table, name);
    if (first['target_schema'] !== database) {
      parts.unsupported.push({ kind: 'foreign key into another database', name: named });
      continue;
    }
    const own = columns.map((row) => row['column'] ?? '');
    const target = columns.map((row) => row['target_column'] ?? '');
    const targetTable = first['target_table'] ?? '';
    const [onDelete, onUpdate] = [first['delete_rule'] ?? '', first['update_rule'] ?? ''];
    addObject(parts, 'foreign key', named, { columns: own, table: targetTable, target, onDelete, onUpdate });
    const list = (names: readonly string[]): string => names.map(quote).join(', ');
    const rule = (event: string, what: string): string => (what === flavour.defaultRule ? '' : ` ON ${event} ${what}`);
    const create = `ALTER TABLE ${quote(table)} ADD CONSTRAINT ${quote(name)} FOREIGN KEY (${list(own)}) REFERENCES ${quote(targetTable)} (${list(target)})${rule('DELETE', onDelete)}${rule('UPDATE', onUpdate)}`;
    parts.after.push({
      kind: 'foreign key',
      name: named,
      table: label(table),
      reference: {
        from: { schema: '', name: table },
        columns: own,
        to: { schema: '', name: targetTable },
        toColumns: target,
        validated: true,
      },
      create: guard(create, { foreign_key_checks: '0', ...nonStandard(first, flavour), ...settings }),
      drop: guard(`ALTER TABLE ${quote(table)} DROP FOREIGN KEY ${quote(name)}`, settings),
    });
  }
}

/** MySQL refuses new foreign keys to columns that are not unique, and keeps old ones. */
function nonStandard(row: Row, flavour: Flavour): Settings {
  const standard = flavour.family === 'mariadb' || row['target_key'] !== null;
  return standard ? {} : { restrict_fk_on_non_standard_key: '0' };
}
