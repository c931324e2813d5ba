import { relations } from './scope.ts';
import type { Scope } from './scope.ts';

/** Tables, views, sequences and the rest of pg_class, without indexes. */
export function relationsQuery(scope: Scope): string {
  return `SELECT c.oid, c.nspname AS schema, c.relname AS name, c.relkind AS kind, c.relpersistence AS persistence,
      c.reltype AS row_type, to_json(c.reloptions) AS options,
      (SELECT to_json(t.reloptions) FROM pg_class t WHERE t.oid = c.reltoastrelid) AS toast_options,
      c.relrowsecurity AS row_security, c.relforcerowsecurity AS force_row_security, c.relreplident AS replica_identity,
      c.relispartition AS partition, pg_get_expr(c.relpartbound, c.oid) AS bound,
      CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END AS partition_key,
      CASE WHEN c.reloftype <> 0 THEN format_type(c.reloftype, NULL) END AS of_type, am.amname AS access_method,
      CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END AS query, c.relispopulated AS populated,
      (SELECT 'pg_rewrite:' || r.oid FROM pg_rewrite r WHERE r.ev_class = c.oid AND r.rulename = '_RETURN') AS rule
    FROM ${relations(scope)} c
    LEFT JOIN pg_am am ON am.oid = c.relam
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f', 'c')
    ORDER BY c.nspname COLLATE "C", c.relname COLLATE "C"`;
}

/** Parents of tables by INHERITS, and of partitions, in their order. */
export function inheritanceQuery(scope: Scope): string {
  return `SELECT i.inhrelid AS child, i.inhparent AS parent FROM pg_inherits i
    JOIN ${relations(scope)} c ON c.oid = i.inhrelid
    WHERE c.relkind IN ('r', 'p') ORDER BY i.inhrelid, i.inhseqno`;
}
