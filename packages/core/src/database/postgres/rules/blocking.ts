import { provesNotNull } from './alter-table.ts';
import { columnFacts } from './columns.ts';
import type { PostgresRule } from './find.ts';
import { columnsIn, commandsOf, constraintAdded, constraintsAdded, effectsWith } from './find.ts';
import { found, labelOf, names } from './nodes.ts';

/** Statements during which others wait for as long as it takes to go through a table. */
export const blocking: readonly PostgresRule[] = [
  {
    name: 'adding-field-with-default',
    severity: 'error',
    topic: 'blocking',
    problem:
      'The new column has a value of its own in each row, so the table is written anew while reads and writes wait.',
    instead:
      'Add the column without the default, set the default for new rows, and fill the old ones in batches by a TypeScript migration. A default that is a constant is free.',
    find: (place) =>
      columnsIn(place).flatMap(({ table, column, isAdded }) => {
        const facts = columnFacts(column, place.known);
        const isOther = facts.isSerial || facts.isIdentity;
        return isAdded && facts.isComputed && !isOther ? [{ table, subject: `${table}.${column.colname ?? ''}` }] : [];
      }),
  },
  {
    name: 'adding-serial-primary-key-field',
    severity: 'error',
    topic: 'blocking',
    problem: 'A serial or identity column numbers all rows, and a primary key is built, while reads and writes wait.',
    instead:
      'Add a plain column, fill it in batches, build a unique index CONCURRENTLY, and make it the key with ADD CONSTRAINT ... PRIMARY KEY USING INDEX.',
    find: (place) => [
      ...columnsIn(place).flatMap(({ table, column, isAdded }) => {
        const facts = columnFacts(column, place.known);
        const isKey = facts.isSerial || facts.isIdentity || facts.isPrimary;
        return isAdded && isKey ? [{ table, subject: `${table}.${column.colname ?? ''}` }] : [];
      }),
      ...constraintAdded(({ contype, indexname }) => contype === 'CONSTR_PRIMARY' && indexname === undefined)(place),
    ],
  },
  {
    name: 'adding-foreign-key-constraint',
    severity: 'error',
    topic: 'blocking',
    problem: 'Every row is looked up in the other table while writes to both of them wait.',
    instead: 'Add it NOT VALID, and run VALIDATE CONSTRAINT in a migration of its own: that one lets others write.',
    find: (place) => [
      ...constraintAdded(({ contype, skip_validation: late }) => contype === 'CONSTR_FOREIGN' && late !== true)(place),
      ...columnsIn(place).flatMap(({ table, column, isAdded }) => {
        const { references, hasDefault } = columnFacts(column, place.known);
        const isChecked = isAdded && references !== undefined && hasDefault;
        return isChecked ? [{ table, subject: `${table}.${column.colname ?? ''}` }] : [];
      }),
    ],
  },
  {
    name: 'adding-not-nullable-field',
    severity: 'error',
    topic: 'blocking',
    problem: 'SET NOT NULL reads the whole table while reads and writes wait.',
    instead:
      'Add CHECK (column IS NOT NULL) NOT VALID, validate it in a migration of its own, then SET NOT NULL, which believes the check.',
    find: (place) =>
      commandsOf(place).flatMap(({ subtype, name = '', table }) =>
        subtype === 'AT_SetNotNull' && !provesNotNull(table, name, place.known)
          ? [{ table, subject: `${table}.${name}` }]
          : [],
      ),
  },
  {
    name: 'constraint-missing-not-valid',
    severity: 'error',
    topic: 'blocking',
    problem: 'The rows are checked against the new constraint while reads and writes wait.',
    instead: 'Add it NOT VALID, and run VALIDATE CONSTRAINT in a migration of its own.',
    find: (place) => [
      ...constraintAdded(
        ({ contype, skip_validation: late, is_enforced: enforced }) =>
          (contype === 'CONSTR_CHECK' || contype === 'CONSTR_NOTNULL') && late !== true && enforced !== false,
      )(place),
      ...columnsIn(place).flatMap(({ table, column, isAdded }) =>
        isAdded && columnFacts(column, place.known).isChecked
          ? [{ table, subject: `${table}.${column.colname ?? ''}` }]
          : [],
      ),
    ],
  },
  {
    name: 'validating-in-same-transaction',
    severity: 'warning',
    topic: 'blocking',
    problem:
      'The constraint is validated in the transaction that added it, so the strong lock of the one is held during the other.',
    instead: 'Put VALIDATE CONSTRAINT into a migration of its own.',
    find: (place) =>
      commandsOf(place).flatMap(({ subtype, name = '', table }) =>
        subtype === 'AT_ValidateConstraint' && place.script.added.has(`${table} ${name}`)
          ? [{ table, subject: `${table}: ${name}` }]
          : [],
      ),
  },
  {
    name: 'changing-column-type',
    severity: 'error',
    topic: 'blocking',
    problem:
      'The table and its indexes are written anew, or all rows are checked, while reads and writes wait. Servers at work may not expect the new type.',
    instead:
      'Add a column of the new type, keep both filled, move the rows in batches, and drop the old one in a later release.',
    find: (place) =>
      commandsOf(place).flatMap(({ subtype, name = '', table }) => {
        const isHeavy = place.effects.some((effect) => effect.table === table && effect.work !== 'nothing');
        return subtype === 'AT_AlterColumnType' && isHeavy ? [{ table, subject: `${table}.${name}` }] : [];
      }),
  },
  {
    name: 'disallowed-unique-constraint',
    severity: 'error',
    topic: 'blocking',
    problem: 'The index of the unique constraint is built while reads and writes wait.',
    instead: 'Build a unique index CONCURRENTLY, then ADD CONSTRAINT ... UNIQUE USING INDEX.',
    find: (place) => [
      ...constraintAdded(({ contype, indexname }) => contype === 'CONSTR_UNIQUE' && indexname === undefined)(place),
      ...columnsIn(place).flatMap(({ table, column, isAdded }) => {
        const { isUnique, isPrimary } = columnFacts(column, place.known);
        return isAdded && isUnique && !isPrimary ? [{ table, subject: `${table}.${column.colname ?? ''}` }] : [];
      }),
    ],
  },
  {
    name: 'adding-exclusion-constraint',
    severity: 'error',
    topic: 'blocking',
    problem:
      'The index of the exclusion constraint is built while reads and writes wait. It cannot be built otherwise.',
    instead: 'Do it while the table is small, or announce a break.',
    find: constraintAdded(({ contype }) => contype === 'CONSTR_EXCLUSION'),
  },
  {
    name: 'require-concurrent-index-creation',
    severity: 'error',
    topic: 'blocking',
    problem: 'Writes to the table wait until the index is built.',
    instead: 'CREATE INDEX CONCURRENTLY, in a migration of its own.',
    find: ({ statement, known }) => {
      if (!('IndexStmt' in statement) || statement.IndexStmt.concurrent === true) return [];
      const table = labelOf(statement.IndexStmt.relation, known);
      // On a partitioned table it is not to be had: there, each partition gets its own first.
      return [{ table, subject: statement.IndexStmt.idxname ?? table }];
    },
  },
  {
    name: 'require-concurrent-index-deletion',
    severity: 'error',
    topic: 'blocking',
    problem: 'Reads and writes of the table wait for the lock, behind everything that is at work on it.',
    instead: 'DROP INDEX CONCURRENTLY, in a migration of its own.',
    find: ({ statement, known }) => {
      if (!('DropStmt' in statement) || statement.DropStmt.removeType !== 'OBJECT_INDEX') return [];
      if (statement.DropStmt.concurrent === true) return [];
      return (statement.DropStmt.objects ?? []).map((node) => {
        const path = 'List' in node ? names(node.List.items) : [];
        const table = known.withIndex(path.at(-1) ?? '', path.at(-2))?.label;
        return table === undefined ? { subject: path.join('.') } : { subject: path.join('.'), table };
      });
    },
  },
  {
    name: 'require-concurrent-reindex',
    severity: 'error',
    topic: 'blocking',
    problem: 'Writes to the table, and reads that would use the index, wait until it is built again.',
    instead: 'REINDEX ... CONCURRENTLY.',
    find: ({ statement, known }) => {
      if (!('ReindexStmt' in statement)) return [];
      const { params = [], relation, kind, name } = statement.ReindexStmt;
      if (params.some((option) => 'DefElem' in option && option.DefElem.defname === 'concurrently')) return [];
      if (kind === 'REINDEX_OBJECT_TABLE')
        return [{ table: labelOf(relation, known), subject: labelOf(relation, known) }];
      return [{ subject: relation?.relname ?? name ?? '' }];
    },
  },
  {
    name: 'require-concurrent-partition-detach',
    severity: 'warning',
    topic: 'blocking',
    problem: 'Reads and writes of the whole partitioned table wait for the lock.',
    instead: 'DETACH PARTITION ... CONCURRENTLY, in a migration of its own.',
    find: (place) =>
      commandsOf(place).flatMap(({ subtype, def, table }) =>
        subtype === 'AT_DetachPartition' && def && 'PartitionCmd' in def && def.PartitionCmd.concurrent !== true
          ? [{ table, subject: `${table}: ${def.PartitionCmd.name?.relname ?? ''}` }]
          : [],
      ),
  },
  {
    name: 'attaching-partition-with-scan',
    severity: 'warning',
    topic: 'blocking',
    problem:
      'The rows of the partition, and of the default partition, are checked while reads and writes of them wait.',
    instead: 'Give the table a validated CHECK with the bounds of the partition first: then nothing has to be checked.',
    find: (place) =>
      commandsOf(place).flatMap(({ subtype, def, table }) => {
        if (subtype !== 'AT_AttachPartition' || !def || !('PartitionCmd' in def)) return [];
        const partition = labelOf(def.PartitionCmd.name, place.known);
        const isProven = place.known
          .get(partition)
          ?.constraints.some(({ kind, validated }) => kind === 'check' && validated);
        return isProven === true || place.known.get(partition)?.isNew === true
          ? []
          : [{ table, subject: `${table}: ${partition}` }];
      }),
  },
  {
    name: 'require-concurrent-refresh',
    severity: 'warning',
    topic: 'blocking',
    problem: 'Reads of the materialized view wait until it is filled again.',
    instead: 'REFRESH MATERIALIZED VIEW CONCURRENTLY, which needs a unique index on the view.',
    find: ({ statement, known }) => {
      if (!('RefreshMatViewStmt' in statement) || statement.RefreshMatViewStmt.concurrent === true) return [];
      const table = labelOf(statement.RefreshMatViewStmt.relation, known);
      return [{ table, subject: table }];
    },
  },
  {
    name: 'prefer-repack',
    severity: 'error',
    topic: 'blocking',
    problem: 'VACUUM FULL and CLUSTER write the table anew while reads and writes wait.',
    instead: 'Use plain VACUUM, or a tool that rewrites tables online, such as pg_repack or pg_squeeze.',
    find: ({ statement, effects }) =>
      'VacuumStmt' in statement || 'ClusterStmt' in statement
        ? effects.filter(({ work }) => work === 'rewrites').map(({ table }) => ({ table, subject: table }))
        : [],
  },
  {
    name: 'rewriting-table',
    severity: 'error',
    topic: 'blocking',
    problem: 'The table is written anew, or copied, while reads and writes wait.',
    instead: 'Do it while the table is small, or move the rows to a new table in batches.',
    find: (place) =>
      commandsOf(place).some(({ subtype = '' }) =>
        ['AT_SetLogged', 'AT_SetUnLogged', 'AT_SetAccessMethod', 'AT_SetTableSpace', 'AT_SetExpression'].includes(
          subtype,
        ),
      )
        ? effectsWith(({ work }) => work === 'rewrites')(place)
        : [],
  },
  {
    name: 'changing-all-rows',
    severity: 'warning',
    topic: 'blocking',
    problem:
      'All rows are changed by one statement: it runs long, locks every row until the end, and leaves the table twice as large.',
    instead: 'Do it in batches by a TypeScript migration.',
    find: ({ statement, known }) => {
      const change =
        'UpdateStmt' in statement ? statement.UpdateStmt : 'DeleteStmt' in statement ? statement.DeleteStmt : undefined;
      if (!change || change.whereClause !== undefined) return [];
      const table = labelOf(change.relation, known);
      return [{ table, subject: table }];
    },
  },
  {
    name: 'ban-create-domain-with-constraint',
    severity: 'warning',
    topic: 'blocking',
    problem:
      'A constraint of a domain cannot be changed later without checking every table that uses it, while writes wait.',
    instead: 'Use the base type, with a CHECK constraint on the table.',
    find: ({ statement }) => {
      if (!('CreateDomainStmt' in statement)) return [];
      const { domainname, constraints = [] } = statement.CreateDomainStmt;
      const isConstrained = found(constraints, 'Constraint').length > 0;
      return isConstrained ? [{ subject: names(domainname).join('.') }] : [];
    },
  },
  {
    name: 'ban-alter-domain-with-add-constraint',
    severity: 'error',
    topic: 'blocking',
    problem: 'Every table with a column of the domain is checked while writes to it wait.',
    instead: 'Add it NOT VALID and validate it in a migration of its own, or use CHECK constraints on the tables.',
    find: ({ statement }) => {
      if (!('AlterDomainStmt' in statement)) return [];
      const { subtype, def, typeName } = statement.AlterDomainStmt;
      const isLate = def !== undefined && 'Constraint' in def && def.Constraint.skip_validation === true;
      return ['C', 'O'].includes(subtype ?? '') && !isLate ? [{ subject: names(typeName).join('.') }] : [];
    },
  },
  {
    name: 'ban-concurrent-index-creation-in-transaction',
    severity: 'warning',
    topic: 'blocking',
    problem:
      'A statement that cannot be in a transaction stands among others: what comes before it is committed before it runs.',
    instead: 'Put it into a migration of its own, so that each of the two is done as a whole or not at all.',
    find: ({ statement, script }) => {
      if (script.alone === 0 || script.alone === script.statements) return [];
      if ('IndexStmt' in statement && statement.IndexStmt.concurrent === true) {
        return [{ subject: statement.IndexStmt.idxname ?? '' }];
      }
      return 'DropStmt' in statement && statement.DropStmt.concurrent === true
        ? [{ subject: 'DROP INDEX CONCURRENTLY' }]
        : [];
    },
  },
];

/** The constraints that a statement adds, as `validating-in-same-transaction` knows them. */
export function constraintNames(place: Parameters<PostgresRule['find']>[0]): readonly string[] {
  return constraintsAdded(place).map(({ table, conname = '' }) => `${table} ${conname}`);
}
