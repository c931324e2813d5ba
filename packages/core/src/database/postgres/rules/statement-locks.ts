import type { DropStmt, Node } from 'libpg-query';
import type { KnownTables } from '../../../plan/known-tables.ts';
import { alterTable } from './alter-table.ts';
import { columnFacts } from './columns.ts';
import type { LockMode, Touch } from './locks.ts';
import { lockModes } from './locks.ts';
import { found, functionsCalled, labelOf, labelOfPath, names, tablesRead } from './nodes.ts';

/** The tables that a statement locks, beside those that it makes itself, and what it does with their rows. */
export function touchesOf(statement: Node, known: KnownTables): Touch[] {
  if ('AlterTableStmt' in statement) return alterTable(statement.AlterTableStmt, known);
  return definitions(statement, known) ?? rows(statement, known) ?? maintenance(statement, known) ?? [];
}

/** What cannot be known of a statement before it runs. */
export function unknownOf(statement: Node, known: KnownTables): string | undefined {
  if ('DoStmt' in statement) return 'a block of code: what it locks depends on what it does';
  if ('CallStmt' in statement) return 'a procedure: what it locks depends on what it does';
  if ('CreateExtensionStmt' in statement || 'AlterExtensionStmt' in statement) {
    return 'an extension: what it locks depends on its own script';
  }
  if (!('SelectStmt' in statement)) return undefined;
  const called = functionsCalled(statement).filter((name) => known.volatile.has(name));
  return called.length === 0 ? undefined : `calls ${called.join(', ')}, which may lock more`;
}

function read(query: unknown, known: KnownTables): Touch[] {
  return tablesRead(query, known).map((table) => ({ table, lock: 'ACCESS SHARE', work: 'nothing' }));
}

function on(table: string, lock: LockMode, work: Touch['work'] = 'nothing'): Touch[] {
  return [{ table, lock, work }];
}

function definitions(statement: Node, known: KnownTables): Touch[] | undefined {
  if ('CreateStmt' in statement) return createTable(statement.CreateStmt, known);
  if ('CreateTableAsStmt' in statement) return read(statement.CreateTableAsStmt.query, known);
  if ('ViewStmt' in statement) {
    const { view, query, replace } = statement.ViewStmt;
    const label = labelOf(view, known);
    return [...(replace === true && known.get(label) ? on(label, 'ACCESS EXCLUSIVE') : []), ...read(query, known)];
  }
  if ('IndexStmt' in statement) {
    const { relation, concurrent } = statement.IndexStmt;
    const lock = concurrent === true ? 'SHARE UPDATE EXCLUSIVE' : 'SHARE';
    const label = labelOf(relation, known);
    const tables = relation?.inh === true && known.get(label)?.kind === 'partitioned' ? known.family(label) : [label];
    return tables.flatMap((table) =>
      on(table, lock, known.get(table)?.kind === 'partitioned' ? 'nothing' : 'builds an index'),
    );
  }
  if ('DropStmt' in statement) return drop(statement.DropStmt, known);
  if ('RenameStmt' in statement) {
    const { relation, renameType = '', relationType = '' } = statement.RenameStmt;
    if (relation === undefined || renameType === 'OBJECT_INDEX' || renameType === 'OBJECT_SEQUENCE') return [];
    const isType = relationType === 'OBJECT_TYPE' || renameType === 'OBJECT_TYPE';
    const label = labelOf(relation, known);
    const tables = renameType === 'OBJECT_COLUMN' && relation.inh === true ? known.family(label) : [label];
    return isType ? [] : tables.flatMap((table) => on(table, 'ACCESS EXCLUSIVE'));
  }
  if ('AlterObjectSchemaStmt' in statement) {
    const { relation, objectType } = statement.AlterObjectSchemaStmt;
    return relation && objectType !== 'OBJECT_SEQUENCE' ? on(labelOf(relation, known), 'ACCESS EXCLUSIVE') : [];
  }
  if ('AlterDomainStmt' in statement) return alterDomain(statement, known);
  return attachments(statement, known);
}

/** Triggers, rules, policies and other things that hang on a table. */
function attachments(statement: Node, known: KnownTables): Touch[] | undefined {
  if ('CreateTrigStmt' in statement) {
    const { relation, constrrel } = statement.CreateTrigStmt;
    return [
      ...on(labelOf(relation, known), 'SHARE ROW EXCLUSIVE'),
      ...(constrrel ? on(labelOf(constrrel, known), 'ACCESS SHARE') : []),
    ];
  }
  if ('RuleStmt' in statement) return on(labelOf(statement.RuleStmt.relation, known), 'ACCESS EXCLUSIVE');
  if ('CreatePolicyStmt' in statement) return on(labelOf(statement.CreatePolicyStmt.table, known), 'ACCESS EXCLUSIVE');
  if ('AlterPolicyStmt' in statement) return on(labelOf(statement.AlterPolicyStmt.table, known), 'ACCESS EXCLUSIVE');
  if ('CreateStatsStmt' in statement) {
    return tablesRead(statement.CreateStatsStmt.relations, known).flatMap((table) =>
      on(table, 'SHARE UPDATE EXCLUSIVE'),
    );
  }
  if ('CommentStmt' in statement) {
    const { objtype, object } = statement.CommentStmt;
    const path = object && 'List' in object ? names(object.List.items) : [];
    if (objtype === 'OBJECT_TABLE') return on(labelOfPath(path, known), 'SHARE UPDATE EXCLUSIVE');
    if (objtype === 'OBJECT_COLUMN') return on(labelOfPath(path.slice(0, -1), known), 'SHARE UPDATE EXCLUSIVE');
    return [];
  }
  if ('CreatePublicationStmt' in statement || 'AlterPublicationStmt' in statement) {
    return found(statement, 'pubtable').flatMap((table) => {
      const relation = typeof table === 'object' && table !== null && 'relation' in table ? table.relation : undefined;
      return tablesRead({ RangeVar: relation }, known).flatMap((label) => on(label, 'SHARE UPDATE EXCLUSIVE'));
    });
  }
  return undefined;
}

function createTable(statement: Extract<Node, { CreateStmt: unknown }>['CreateStmt'], known: KnownTables): Touch[] {
  const { inhRelations = [], partbound, tableElts = [] } = statement;
  const parents = inhRelations.flatMap((node) => ('RangeVar' in node ? [labelOf(node.RangeVar, known)] : []));
  const referenced = tableElts.flatMap((node) => {
    if ('Constraint' in node) return node.Constraint.pktable ? [node.Constraint.pktable] : [];
    const references = 'ColumnDef' in node ? columnFacts(node.ColumnDef, known).references : undefined;
    return references ? [references] : [];
  });
  const own = labelOf(statement.relation, known);
  const isPartition = partbound !== undefined;
  const defaults = isPartition
    ? parents.flatMap((parent) => known.childrenOf(parent).filter(({ isDefaultPartition }) => isDefaultPartition))
    : [];
  return [
    ...parents.flatMap((table) => on(table, isPartition ? 'ACCESS EXCLUSIVE' : 'SHARE UPDATE EXCLUSIVE')),
    // Its rows might belong to the new partition.
    ...defaults.flatMap(({ label }) => on(label, 'ACCESS EXCLUSIVE', 'scans')),
    ...referenced
      .map((relation) => labelOf(relation, known))
      .filter((table) => table !== own)
      .flatMap((table) => on(table, 'SHARE ROW EXCLUSIVE')),
    ...found(tableElts, 'TableLikeClause').flatMap((like) => {
      const relation = typeof like === 'object' && like !== null && 'relation' in like ? like.relation : undefined;
      return read({ RangeVar: relation }, known);
    }),
  ];
}

/** What a DROP takes along, and the table that an index, trigger, rule or policy belongs to. */
function drop(statement: DropStmt, known: KnownTables): Touch[] {
  const { objects = [], removeType = '', concurrent, behavior } = statement;
  const paths = objects.map((node) => ('List' in node ? names(node.List.items) : names([node])));
  if (removeType === 'OBJECT_INDEX') {
    return paths.flatMap((path) => {
      const table = known.withIndex(path.at(-1) ?? '', path.at(-2))?.label;
      return table === undefined ? [] : on(table, concurrent === true ? 'SHARE UPDATE EXCLUSIVE' : 'ACCESS EXCLUSIVE');
    });
  }
  if (['OBJECT_TRIGGER', 'OBJECT_RULE', 'OBJECT_POLICY'].includes(removeType)) {
    return paths.flatMap((path) => on(labelOfPath(path.slice(0, -1), known), 'ACCESS EXCLUSIVE'));
  }
  if (removeType === 'OBJECT_SCHEMA') {
    const gone = known.all().filter(({ schema }) => paths.some((path) => path.at(-1) === schema));
    return gone.flatMap(({ label }) => on(label, 'ACCESS EXCLUSIVE'));
  }
  if (['OBJECT_TYPE', 'OBJECT_DOMAIN'].includes(removeType) && behavior === 'DROP_CASCADE') {
    const types = new Set(objects.map((node) => ('TypeName' in node ? (names(node.TypeName.names).at(-1) ?? '') : '')));
    const users = known.all().filter(({ columns }) => columns.some(({ type }) => types.has(type.replace(/^_/, ''))));
    return users.flatMap(({ label }) => on(label, 'ACCESS EXCLUSIVE'));
  }
  if (!['OBJECT_TABLE', 'OBJECT_VIEW', 'OBJECT_MATVIEW'].includes(removeType)) return [];
  const all = paths.map((path) => labelOfPath(path, known));
  const named = statement.missing_ok === true ? all.filter((label) => known.get(label)) : all;
  return named.flatMap((label) => dropTable(label, behavior === 'DROP_CASCADE', known));
}

function dropTable(label: string, cascade: boolean, known: KnownTables): Touch[] {
  const gone = known.get(label)?.kind === 'partitioned' ? known.family(label) : [label];
  return gone.flatMap((one) => {
    const table = known.get(one);
    const referenced = (table?.constraints ?? []).flatMap(({ references }) => references ?? []);
    const partitioned = (table?.parents ?? []).filter((parent) => known.get(parent)?.kind === 'partitioned');
    const siblings = partitioned.flatMap((parent) => {
      const defaults = known.childrenOf(parent).filter(({ isDefaultPartition }) => isDefaultPartition);
      return [parent, ...defaults.map((child) => child.label)];
    });
    const referencing = cascade ? [...known.referencing(one).map((other) => other.label), ...known.viewsOf(one)] : [];
    return [one, ...referenced, ...siblings, ...referencing].flatMap((other) => on(other, 'ACCESS EXCLUSIVE'));
  });
}

function alterDomain(statement: Extract<Node, { AlterDomainStmt: unknown }>, known: KnownTables): Touch[] {
  const { typeName, subtype, def } = statement.AlterDomainStmt;
  const isUnchecked = def !== undefined && 'Constraint' in def && def.Constraint.skip_validation === true;
  // C adds a constraint, O sets NOT NULL, V validates: the rows of every table that uses it are looked at.
  if (!['C', 'O', 'V'].includes(subtype ?? '') || isUnchecked) return [];
  const name = names(typeName).at(-1) ?? '';
  const users = known.all().filter(({ columns }) => columns.some(({ type }) => type === name || type === `_${name}`));
  return users.flatMap(({ label }) => on(label, 'SHARE', 'scans'));
}

function rows(statement: Node, known: KnownTables): Touch[] | undefined {
  const changed =
    'InsertStmt' in statement
      ? statement.InsertStmt
      : 'UpdateStmt' in statement
        ? statement.UpdateStmt
        : 'DeleteStmt' in statement
          ? statement.DeleteStmt
          : 'MergeStmt' in statement
            ? statement.MergeStmt
            : undefined;
  if (changed) {
    const label = labelOf(changed.relation, known);
    const tables = changed.relation?.inh === true && !('InsertStmt' in statement) ? known.family(label) : [label];
    return [...tables.flatMap((table) => on(table, 'ROW EXCLUSIVE')), ...read(changed, known)];
  }
  if ('SelectStmt' in statement) {
    const locks = (statement.SelectStmt.lockingClause ?? []).length > 0;
    return locks ? read(statement, known).map((touch) => ({ ...touch, lock: 'ROW SHARE' })) : read(statement, known);
  }
  if ('CopyStmt' in statement) {
    const { relation, query, is_from: isFrom } = statement.CopyStmt;
    if (relation === undefined) return read(query, known);
    return on(labelOf(relation, known), isFrom === true ? 'ROW EXCLUSIVE' : 'ACCESS SHARE');
  }
  if (!('TruncateStmt' in statement)) return undefined;
  const { relations, behavior } = statement.TruncateStmt;
  const named = tablesRead(relations, known).flatMap((label) => known.family(label));
  const more = behavior === 'DROP_CASCADE' ? referencingAll(named, known) : [];
  return [...named, ...more].flatMap((table) => on(table, 'ACCESS EXCLUSIVE'));
}

/** The tables that refer to these, and those that refer to them in turn. */
function referencingAll(labels: readonly string[], known: KnownTables, seen = new Set(labels)): string[] {
  const next = labels
    .flatMap((label) => known.referencing(label))
    .map(({ label }) => label)
    .filter((label) => !seen.has(label));
  for (const label of next) seen.add(label);
  return next.length === 0 ? [] : [...next, ...referencingAll(next, known, seen)];
}

function maintenance(statement: Node, known: KnownTables): Touch[] | undefined {
  if ('LockStmt' in statement) {
    const lock = lockModes[(statement.LockStmt.mode ?? 8) - 1] ?? 'ACCESS EXCLUSIVE';
    return tablesRead(statement.LockStmt.relations, known)
      .flatMap((label) => known.family(label))
      .flatMap((table) => on(table, lock));
  }
  if ('ReindexStmt' in statement) {
    const { relation, kind, params = [] } = statement.ReindexStmt;
    const concurrent = params.some((option) => 'DefElem' in option && option.DefElem.defname === 'concurrently');
    const lock = concurrent ? 'SHARE UPDATE EXCLUSIVE' : 'SHARE';
    if (kind === 'REINDEX_OBJECT_TABLE') return on(labelOf(relation, known), lock, 'builds an index');
    if (kind !== 'REINDEX_OBJECT_INDEX') {
      return known
        .all()
        .filter(({ kind: what }) => what === 'table')
        .flatMap(({ label }) => on(label, lock, 'builds an index'));
    }
    const table = known.withIndex(relation?.relname ?? '', relation?.schemaname)?.label;
    return table === undefined ? [] : on(table, lock, 'builds an index');
  }
  if ('VacuumStmt' in statement) {
    const { is_vacuumcmd: isVacuum, options = [] } = statement.VacuumStmt;
    const isFull =
      isVacuum === true && options.some((option) => 'DefElem' in option && option.DefElem.defname === 'full');
    const named = found(statement.VacuumStmt.rels, 'VacuumRelation').flatMap((relation) => {
      const range =
        typeof relation === 'object' && relation !== null && 'relation' in relation ? relation.relation : undefined;
      return tablesRead({ RangeVar: range }, known);
    });
    const tables =
      named.length > 0
        ? named
        : known
            .all()
            .filter(({ kind }) => kind === 'table')
            .map(({ label }) => label);
    return tables.flatMap((table) =>
      on(table, isFull ? 'ACCESS EXCLUSIVE' : 'SHARE UPDATE EXCLUSIVE', isFull ? 'rewrites' : 'nothing'),
    );
  }
  if ('ClusterStmt' in statement)
    return on(labelOf(statement.ClusterStmt.relation, known), 'ACCESS EXCLUSIVE', 'rewrites');
  if (!('RefreshMatViewStmt' in statement)) return undefined;
  const { relation, concurrent } = statement.RefreshMatViewStmt;
  const label = labelOf(relation, known);
  const reads = (known.get(label)?.reads ?? []).flatMap((table) => on(table, 'ACCESS SHARE'));
  const own = concurrent === true ? on(label, 'EXCLUSIVE', 'scans') : on(label, 'ACCESS EXCLUSIVE', 'rewrites');
  return [...own, ...reads];
}
