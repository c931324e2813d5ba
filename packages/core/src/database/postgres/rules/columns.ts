import type { ColumnDef, Constraint, Node, RangeVar } from 'libpg-query';
import type { KnownTables } from '../../../plan/known-tables.ts';
import { typeText } from './nodes.ts';
import { isVolatile } from './volatile.ts';

export interface ColumnFacts {
  readonly type: string;
  readonly notNull: boolean;
  readonly isUnique: boolean;
  readonly isPrimary: boolean;
  readonly isChecked: boolean;
  readonly isIdentity: boolean;
  readonly isSerial: boolean;
  readonly isStored: boolean;
  readonly isVirtual: boolean;
  /** The expression of its DEFAULT. */
  readonly default: Node | undefined;
  /** Its rows get a value, by a default or otherwise. */
  readonly hasDefault: boolean;
  /** Each row gets a value of its own when the column is added: the table is written anew. */
  readonly isComputed: boolean;
  readonly references: RangeVar | undefined;
}

const serials = new Set(['serial', 'serial2', 'serial4', 'serial8', 'bigserial', 'smallserial']);

/** What the definition of a column says. */
export function columnFacts(column: ColumnDef, known: KnownTables): ColumnFacts {
  const constraints = (column.constraints ?? []).flatMap((node) => ('Constraint' in node ? [node.Constraint] : []));
  const one = (contype: Constraint['contype']): Constraint | undefined =>
    constraints.find((constraint) => constraint.contype === contype);
  const type = typeText(column.typeName);
  const isSerial = serials.has(type);
  const isIdentity = one('CONSTR_IDENTITY') !== undefined;
  const generated = one('CONSTR_GENERATED');
  const isVirtual = generated?.generated_kind === 'v';
  const expression = one('CONSTR_DEFAULT')?.raw_expr;
  const isNull = expression !== undefined && 'A_Const' in expression && expression.A_Const.isnull === true;
  const isConstrained = known.domains.get(type)?.constrained ?? false;
  const isPrimary = one('CONSTR_PRIMARY') !== undefined;
  return {
    type,
    notNull: isPrimary || isIdentity || isSerial || one('CONSTR_NOTNULL') !== undefined,
    isUnique: isPrimary || one('CONSTR_UNIQUE') !== undefined,
    isPrimary,
    isChecked: one('CONSTR_CHECK') !== undefined,
    isIdentity,
    isSerial,
    isStored: generated !== undefined && !isVirtual,
    isVirtual,
    default: expression,
    hasDefault: isSerial || isIdentity || (expression !== undefined && !isNull),
    isComputed:
      isSerial ||
      isIdentity ||
      (generated !== undefined && !isVirtual) ||
      isConstrained ||
      (expression !== undefined && isVolatile(expression, known)),
    references: one('CONSTR_FOREIGN')?.pktable,
  };
}
