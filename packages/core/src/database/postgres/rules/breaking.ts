import { columnFacts } from './columns.ts';
import type { PostgresRule } from './find.ts';
import { columnsIn, command, commandsOf, constraintAdded, dropped, kind, renamed } from './find.ts';
import { found, labelOf, names, tablesRead } from './nodes.ts';

const later = 'Stop using it in one release, and drop it in a later one.';
const addCopy = 'Add a new one, keep both filled, and drop the old one in a later release.';

/** Statements that break servers of the release before, or lose something for good. */
export const breaking: readonly PostgresRule[] = [
  {
    name: 'adding-required-field',
    severity: 'error',
    topic: 'breaking',
    problem:
      'A column that is NOT NULL without a default cannot be added to a table with rows, and rows that do not name it are refused.',
    instead: 'Give it a default, or let it be NULL, fill it, and make it NOT NULL later.',
    find: (place) =>
      columnsIn(place).flatMap(({ table, column, isAdded }) => {
        const facts = columnFacts(column, place.known);
        const isFilled = facts.hasDefault || facts.isStored || facts.isVirtual;
        return isAdded && facts.notNull && !isFilled ? [{ table, subject: `${table}.${column.colname ?? ''}` }] : [];
      }),
  },
  simple(
    'renaming-column',
    'error',
    'Whoever uses the old name of the column runs into errors.',
    addCopy,
    renamed((type) => type === 'OBJECT_COLUMN'),
  ),
  simple(
    'renaming-table',
    'error',
    'Whoever uses the old name of the table runs into errors.',
    'Leave the name, or make a view with the old one in the same migration.',
    renamed((type) => type === 'OBJECT_TABLE'),
  ),
  simple(
    'renaming-object',
    'warning',
    'Whoever uses the old name runs into errors.',
    'Make a new one, and drop the old one in a later release.',
    renamed((type) => !['OBJECT_COLUMN', 'OBJECT_TABLE', 'OBJECT_INDEX', 'OBJECT_TABCONSTRAINT'].includes(type)),
  ),
  simple(
    'ban-set-schema',
    'warning',
    'Whoever looks for it in the old schema runs into errors.',
    'Make a new one, and drop the old one in a later release.',
    ({ statement, known }) => {
      if (!('AlterObjectSchemaStmt' in statement)) return [];
      const { relation, object } = statement.AlterObjectSchemaStmt;
      const table = labelOf(relation, known);
      return relation ? [{ table, subject: table }] : [{ subject: object ? names([object]).join('.') : '' }];
    },
  ),
  simple('ban-drop-database', 'error', 'All data of the database is gone.', 'Do it by hand.', kind('DropdbStmt')),
  simple('ban-drop-schema', 'warning', 'All that is in the schema is gone.', later, dropped('OBJECT_SCHEMA')),
  simple(
    'ban-drop-table',
    'warning',
    'The data of the table is gone, and whoever uses it runs into errors.',
    later,
    dropped('OBJECT_TABLE'),
  ),
  simple(
    'ban-drop-column',
    'warning',
    'The data of the column is gone, and whoever uses it runs into errors.',
    later,
    command('AT_DropColumn'),
  ),
  simple(
    'ban-drop-view',
    'warning',
    'Whoever uses the view runs into errors.',
    later,
    dropped('OBJECT_VIEW', 'OBJECT_MATVIEW'),
  ),
  simple(
    'ban-drop-function',
    'warning',
    'Whoever calls it runs into errors.',
    later,
    dropped('OBJECT_FUNCTION', 'OBJECT_PROCEDURE', 'OBJECT_ROUTINE', 'OBJECT_AGGREGATE'),
  ),
  simple('ban-drop-type', 'warning', 'Whoever uses the type runs into errors.', later, dropped('OBJECT_TYPE')),
  simple('ban-drop-domain', 'warning', 'Whoever uses the domain runs into errors.', later, dropped('OBJECT_DOMAIN')),
  simple(
    'ban-drop-sequence',
    'warning',
    'Whoever takes numbers from it runs into errors.',
    later,
    dropped('OBJECT_SEQUENCE'),
  ),
  simple(
    'ban-drop-trigger',
    'warning',
    'What it did for servers at work is done no more.',
    later,
    dropped('OBJECT_TRIGGER'),
  ),
  simple(
    'ban-drop-extension',
    'warning',
    'All that uses the extension runs into errors.',
    later,
    dropped('OBJECT_EXTENSION'),
  ),
  simple(
    'ban-drop-policy',
    'off',
    'Rows that the policy let through, or kept back, are not any more.',
    later,
    dropped('OBJECT_POLICY'),
  ),
  simple('ban-drop-index', 'off', 'Queries that use the index become slow.', later, dropped('OBJECT_INDEX')),
  simple(
    'ban-drop-constraint',
    'off',
    'Wrong rows are let in from now on, and older servers do not expect them.',
    later,
    command('AT_DropConstraint'),
  ),
  simple(
    'ban-drop-not-null',
    'warning',
    'Servers that do not expect NULL in the column run into errors.',
    'Teach servers to read NULL in the release before.',
    command('AT_DropNotNull'),
  ),
  simple(
    'ban-truncate-cascade',
    'error',
    'The rows of all tables that refer to this one are gone too.',
    'Name the tables that are meant.',
    ({ statement, known }) =>
      'TruncateStmt' in statement && statement.TruncateStmt.behavior === 'DROP_CASCADE'
        ? tablesRead(statement.TruncateStmt.relations, known).map((table) => ({ table, subject: table }))
        : [],
  ),
  simple(
    'ban-set-default',
    'off',
    'Rows of older servers get another value.',
    'Name the value in the INSERT.',
    (place) =>
      commandsOf(place).flatMap(({ subtype, def, table, name = '' }) =>
        subtype === 'AT_ColumnDefault' && def ? [{ table, subject: `${table}.${name}` }] : [],
      ),
  ),
  simple(
    'ban-drop-default',
    'off',
    'Rows of older servers, which do not name the column, get NULL or are refused.',
    later,
    (place) =>
      commandsOf(place).flatMap(({ subtype, def, table, name = '' }) =>
        subtype === 'AT_ColumnDefault' && !def ? [{ table, subject: `${table}.${name}` }] : [],
      ),
  ),
  simple(
    'ban-drop-generated-expression',
    'warning',
    'The column is not computed any more, and older servers do not fill it.',
    later,
    command('AT_DropExpression'),
  ),
  simple(
    'ban-alter-generated-expression',
    'warning',
    'The column gets other values than older servers expect.',
    addCopy,
    command('AT_SetExpression'),
  ),
  simple(
    'ban-alter-identity',
    'warning',
    'Rows are numbered in another way than servers expect.',
    'Make sure that no server depends on it.',
    command('AT_SetIdentity', 'AT_DropIdentity'),
  ),
  simple(
    'ban-disable-trigger',
    'warning',
    'What the trigger did for servers at work is done no more.',
    'Let it be a condition of the trigger, which a transaction can set for itself.',
    command('AT_DisableTrig', 'AT_DisableTrigAll', 'AT_DisableTrigUser'),
  ),
  simple(
    'ban-replica-identity',
    'warning',
    'Subscribers of logical replication may not find the rows of updates and deletes any more.',
    'Look at the subscribers first.',
    command('AT_ReplicaIdentity'),
  ),
  simple('ban-revoke', 'warning', 'Whoever lives by the privilege runs into errors.', later, ({ statement }) =>
    ('GrantStmt' in statement && statement.GrantStmt.is_grant !== true) ||
    ('GrantRoleStmt' in statement && statement.GrantRoleStmt.is_grant !== true)
      ? [{ subject: 'REVOKE' }]
      : [],
  ),
  simple(
    'ban-alter-row-level-security',
    'off',
    'Rows are seen, or not seen any more.',
    'Look at the policies and at the roles of all servers first.',
    command('AT_EnableRowSecurity', 'AT_DisableRowSecurity', 'AT_ForceRowSecurity', 'AT_NoForceRowSecurity'),
  ),
  simple(
    'ban-create-policy',
    'off',
    'Rows are seen, or not seen any more.',
    'Look at the roles of all servers first.',
    kind('CreatePolicyStmt'),
  ),
  simple(
    'ban-alter-policy-condition',
    'off',
    'Rows are seen, or not seen any more.',
    'Look at the roles of all servers first.',
    ({ statement, known }) =>
      'AlterPolicyStmt' in statement && (statement.AlterPolicyStmt.qual || statement.AlterPolicyStmt.with_check)
        ? [
            {
              table: labelOf(statement.AlterPolicyStmt.table, known),
              subject: statement.AlterPolicyStmt.policy_name ?? '',
            },
          ]
        : [],
  ),
  simple(
    'ban-alter-policy-roles',
    'off',
    'Rows are seen, or not seen any more.',
    'Look at the roles of all servers first.',
    ({ statement, known }) =>
      'AlterPolicyStmt' in statement && statement.AlterPolicyStmt.roles
        ? [
            {
              table: labelOf(statement.AlterPolicyStmt.table, known),
              subject: statement.AlterPolicyStmt.policy_name ?? '',
            },
          ]
        : [],
  ),
  simple(
    'ban-alter-role-options',
    'warning',
    'Roles belong to the server, not to the database of the product.',
    'Let whoever looks after the server do it.',
    (place) => [...kind('AlterRoleStmt')(place), ...kind('AlterRoleSetStmt')(place)],
  ),
  simple(
    'ban-alter-system-options',
    'warning',
    'The setting is that of the server, not of the database of the product.',
    'Let whoever looks after the server do it.',
    kind('AlterSystemStmt'),
  ),
  simple(
    'ban-alter-database-options',
    'warning',
    'It holds for all sessions, and is no part of the shape.',
    'Let whoever looks after the database do it.',
    (place) => [...kind('AlterDatabaseStmt')(place), ...kind('AlterDatabaseSetStmt')(place)],
  ),
  simple(
    'ban-alter-extension',
    'off',
    'What the extension does may change for servers at work.',
    'Read what its new version changes.',
    (place) => [...kind('AlterExtensionStmt')(place), ...kind('AlterExtensionContentsStmt')(place)],
  ),
  simple(
    'ban-alter-function-options',
    'off',
    'The function behaves in another way for servers at work.',
    'Make a new function.',
    kind('AlterFunctionStmt'),
  ),
  simple(
    'ban-alter-view-options',
    'off',
    'The view behaves in another way for servers at work.',
    'Make a new view.',
    ({ statement, known }) =>
      'AlterTableStmt' in statement && statement.AlterTableStmt.objtype === 'OBJECT_VIEW'
        ? [{ subject: labelOf(statement.AlterTableStmt.relation, known) }]
        : [],
  ),
  simple(
    'ban-replace-view-function',
    'off',
    'Servers at work get other results.',
    'Make a new one.',
    ({ statement, known }) => {
      if ('ViewStmt' in statement && statement.ViewStmt.replace === true) {
        const table = labelOf(statement.ViewStmt.view, known);
        return [{ table, subject: table }];
      }
      if (!('CreateFunctionStmt' in statement) || statement.CreateFunctionStmt.replace !== true) return [];
      return [{ subject: names(statement.CreateFunctionStmt.funcname).join('.') }];
    },
  ),
  simple(
    'ban-add-column',
    'off',
    'SELECT * and INSERT without a list of columns behave in another way.',
    'Name the columns in every query.',
    (place) =>
      columnsIn(place).flatMap(({ table, column, isAdded }) =>
        isAdded ? [{ table, subject: `${table}.${column.colname ?? ''}` }] : [],
      ),
  ),
  simple(
    'ban-add-composite-attribute',
    'off',
    'Values of the type have another form than servers at work expect.',
    'Make a new type.',
    (place) =>
      'AlterTableStmt' in place.statement && place.statement.AlterTableStmt.objtype === 'OBJECT_TYPE'
        ? command('AT_AddColumn')(place)
        : [],
  ),
  simple(
    'ban-add-enum-value',
    'off',
    'Servers that do not know the new value run into errors when they read it.',
    'Teach servers the value in the release before.',
    ({ statement }) =>
      'AlterEnumStmt' in statement && statement.AlterEnumStmt.oldVal === undefined
        ? [{ subject: `${names(statement.AlterEnumStmt.typeName).join('.')}: ${statement.AlterEnumStmt.newVal ?? ''}` }]
        : [],
  ),
  simple(
    'ban-alter-sequence-values',
    'off',
    'Numbers may come twice, or not in order.',
    'Make sure that no number is in use.',
    ({ statement }) =>
      'AlterSeqStmt' in statement ? [{ subject: statement.AlterSeqStmt.sequence?.relname ?? '' }] : [],
  ),
  simple(
    'ban-detach-inheritance',
    'off',
    'Queries of the parent do not see these rows any more.',
    later,
    command('AT_DropInherit', 'AT_DetachPartition'),
  ),
  simple(
    'ban-new-write-restriction',
    'off',
    'Rows that older servers write may be refused.',
    'Make servers write rows that are right in the release before.',
    (place) => [
      ...constraintAdded(() => true)(place),
      ...command('AT_SetNotNull')(place),
      ...('IndexStmt' in place.statement && place.statement.IndexStmt.unique === true
        ? [
            {
              table: labelOf(place.statement.IndexStmt.relation, place.known),
              subject: place.statement.IndexStmt.idxname ?? '',
            },
          ]
        : []),
    ],
  ),
  simple(
    'dropping-cascade',
    'warning',
    'CASCADE drops what nobody has named.',
    'Drop each object by its name.',
    ({ statement }) =>
      'DropStmt' in statement && statement.DropStmt.behavior === 'DROP_CASCADE'
        ? [
            {
              subject: found(statement.DropStmt.objects, 'String')
                .map((one) => (typeof one === 'object' && one !== null && 'sval' in one ? String(one.sval) : ''))
                .join('.'),
            },
          ]
        : [],
  ),
];

function simple(
  name: string,
  severity: PostgresRule['severity'],
  problem: string,
  instead: string,
  find: PostgresRule['find'],
): PostgresRule {
  return { name, severity, topic: 'breaking', problem, instead, find };
}
