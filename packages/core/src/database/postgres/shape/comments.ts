import { literal } from '../quote.ts';
import type { Catalogue } from './catalogue.ts';
import { columnTarget } from './columns.ts';
import type { Parts } from './parts.ts';
import { text } from './row.ts';
import type { Scope } from './scope.ts';

/**
 * All comments of the database but those of built-in objects. The schema `public` has one from the start.
 * Those of extensions come with the extension.
 */
export function commentsQuery(_scope: Scope): string {
  return `SELECT c.relname || ':' || d.objoid AS address, d.objsubid AS column, d.description AS comment
    FROM pg_description d JOIN pg_class c ON c.oid = d.classoid
    WHERE (d.objoid >= 16384 OR d.classoid = 'pg_namespace'::regclass AND d.objoid = (
        SELECT n.oid FROM pg_namespace n WHERE n.nspname = 'public' AND d.description <> 'standard public schema'))
      AND d.classoid <> 'pg_extension'::regclass
    ORDER BY d.classoid, d.objoid, d.objsubid`;
}

/** What is dropped for a while loses its comment, so the comment goes and comes with it. */
export function describeComments(catalogue: Catalogue, parts: Parts): void {
  for (const row of catalogue.comments) {
    const column = text(row, 'column');
    const [kind = '', oid = ''] = text(row, 'address').split(':');
    const target = column === '0' ? parts.targetOf(`${kind}:${oid}`) : columnTarget(catalogue, oid, column);
    if (target === undefined) continue;
    const comment = text(row, 'comment');
    parts.object('comment', target.label, { comment });
    parts.step({
      address: `${kind}:${oid}:${column} comment`,
      stage: 'comment',
      kind: 'comment',
      name: target.label,
      create: `COMMENT ON ${target.sql} IS ${literal(comment)}`,
      ...(target.droppable === true ? { drop: `COMMENT ON ${target.sql} IS NULL` } : {}),
    });
  }
}
