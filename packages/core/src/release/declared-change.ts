import { LockstepError } from '../errors.ts';

/** A table or column whose existing data a migration changes or drops. */
export interface DeclaredChange {
  readonly what: 'changes' | 'drops';
  /** As written: a table's name, or its label with the schema. */
  readonly table: string;
  /** Undefined: the table as a whole, rows included. */
  readonly column: string | undefined;
}

/**
 * Reads the declarations in a migration's first comments:
 * `-- lockstep: changes shop.owner, shop.name` or `// lockstep: drops old_table`.
 * A name with dots or blanks is put in double quotes: `"my.table"."a column"`.
 */
export function declaredChanges(text: string, file: string): DeclaredChange[] {
  const found: DeclaredChange[] = [];
  for (const [index, line] of text.split(/\r\n|\n|\r/).entries()) {
    if (line.trim() === '') continue;
    if (!/^\s*(--|\/\/|#|\/\*|\*)/.test(line)) break;
    const match = /^\s*(?:--|\/\/|#|\/\*|\*)\s*lockstep:\s*(\S+)\s*(.*?)\s*(?:\*\/)?\s*$/.exec(line);
    if (!match) continue;
    const [, verb = '', list = ''] = match;
    // For `lint`, which reads it beside each statement.
    if (verb === 'allow') continue;
    if (verb !== 'changes' && verb !== 'drops') {
      throw new LockstepError('MIGRATION_UNREADABLE', {
        file,
        line: index + 1,
        column: 1,
        reason: `"lockstep: ${verb}" is not known; there are "lockstep: changes" and "lockstep: drops"`,
      });
    }
    found.push(...list.split(',').map((name) => declared(verb, name.trim(), file, index + 1)));
  }
  return found;
}

function declared(what: 'changes' | 'drops', name: string, file: string, line: number): DeclaredChange {
  const parts = nameParts(name);
  const [first, second, third] = parts;
  if (first === undefined || parts.length > 3) {
    throw new LockstepError('MIGRATION_UNREADABLE', { file, line, column: 1, reason: `"${name}" names no column` });
  }
  if (third !== undefined) return { what, table: `${first}.${second}`, column: third };
  return { what, table: first, column: second };
}

/** The parts of a name with dots between them. One that holds a dot or a blank is in double quotes. */
export function nameParts(name: string): string[] {
  return [...name.matchAll(/"((?:[^"]|"")+)"|([^".\s]+)/g)].map(
    (match) => match[1]?.replaceAll('""', '"') ?? match[2] ?? '',
  );
}

/** The declaration covers this table; with `column`, that column of it. */
export function isDeclared(
  changes: readonly DeclaredChange[],
  table: { readonly schema: string; readonly name: string; readonly label: string },
  column?: string,
): boolean {
  return changes.some((change) => {
    if (change.table !== table.name && change.table !== table.label) return false;
    return change.column === undefined || change.column === column;
  });
}
