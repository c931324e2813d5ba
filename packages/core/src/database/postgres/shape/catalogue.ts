import type { Row } from '../../database.ts';
import { columnsQuery } from './columns.ts';
import { commentsQuery } from './comments.ts';
import { childChecks, constraintsQuery } from './constraints.ts';
import { dependenciesQuery, membersQuery } from './dependencies.ts';
import { extensionsQuery } from './extensions.ts';
import { grantsQuery } from './grants.ts';
import { indexFamilies } from './index-family.ts';
import type { IndexFamilies } from './index-family.ts';
import { indexesQuery } from './indexes.ts';
import { inheritanceQuery, relationsQuery } from './relations.ts';
import { display, typeName } from './name.ts';
import { policiesQuery } from './policies.ts';
import { routinesQuery } from './routines.ts';
import { flag, groupBy, optional, text } from './row.ts';
import { schemasQuery } from './schemas.ts';
import type { Scope } from './scope.ts';
import { sequencesQuery } from './sequences.ts';
import { triggersQuery } from './triggers.ts';
import { typesQuery } from './types.ts';
import { unsupportedQuery } from './unsupported.ts';

/** Runs one query; every value comes as text. */
export type Query = (text: string) => Promise<Row[]>;

const queries = {
  schemas: schemasQuery,
  extensions: extensionsQuery,
  members: membersQuery,
  types: typesQuery,
  relations: relationsQuery,
  columns: columnsQuery,
  inheritance: inheritanceQuery,
  sequences: sequencesQuery,
  constraints: constraintsQuery,
  indexes: indexesQuery,
  routines: routinesQuery,
  triggers: triggersQuery,
  policies: policiesQuery,
  comments: commentsQuery,
  grants: grantsQuery,
  dependencies: dependenciesQuery,
  unsupported: unsupportedQuery,
} satisfies Record<string, (scope: Scope) => string>;

type Rows = Readonly<Record<keyof typeof queries, readonly Row[]>>;

/** Everything that the catalogues say about the schemas, and the ways through it. */
export interface Catalogue extends Rows {
  readonly relationOf: ReadonlyMap<string, Row>;
  /** Columns by the relation's oid, in their order. */
  readonly columnsOf: ReadonlyMap<string, readonly Row[]>;
  /** What a table inherits from, or is a partition of. */
  readonly parentsOf: ReadonlyMap<string, readonly Row[]>;
  /** Addresses of children's own checks, by the parent's oid and the check's name. */
  readonly childChecks: ReadonlyMap<string, readonly string[]>;
  /** Constraints by the relation's oid. */
  readonly constraintsOf: ReadonlyMap<string, readonly Row[]>;
  readonly families: IndexFamilies;
  /** Indexes by their oid. */
  readonly indexOf: ReadonlyMap<string, Row>;
  /** Sequences of identity columns by `relation:column`. */
  readonly identityOf: ReadonlyMap<string, Row>;
  /** Addresses of sequences that belong to a column. */
  readonly ownedSequences: ReadonlySet<string>;
  /** What an object needs, by address. */
  readonly neededBy: ReadonlyMap<string, readonly Reference[]>;
}

export interface Reference {
  readonly address: string;
  /** The column, '0' for the whole. */
  readonly column: string;
  /** The name of a function, with the types of its arguments. */
  readonly routine: string | null;
}

/** The same number of queries for any database. */
export async function readCatalogue(query: Query, scope: Scope): Promise<Catalogue> {
  const rows: Record<string, readonly Row[]> = {};
  for (const [name, textOf] of Object.entries(queries)) rows[name] = await query(textOf(scope));
  const of = (name: keyof typeof queries): readonly Row[] => rows[name] ?? [];
  const dependencies = groupBy(of('dependencies'), (row) => text(row, 'address'));
  const relationOf = new Map(of('relations').map((row) => [text(row, 'oid'), row]));
  const inheritance = groupBy(of('inheritance'), (row) => text(row, 'child'));
  const parentsOf = new Map(
    [...inheritance].map(([child, links]) => [
      child,
      links.map((row) => relationOf.get(text(row, 'parent'))).filter((parent) => parent !== undefined),
    ]),
  );
  return {
    schemas: of('schemas'),
    extensions: of('extensions'),
    members: of('members'),
    types: of('types'),
    relations: of('relations'),
    columns: of('columns'),
    inheritance: of('inheritance'),
    sequences: of('sequences'),
    constraints: of('constraints'),
    indexes: of('indexes'),
    routines: of('routines'),
    triggers: of('triggers'),
    policies: of('policies'),
    comments: of('comments'),
    grants: of('grants'),
    dependencies: of('dependencies'),
    unsupported: of('unsupported'),
    relationOf,
    parentsOf,
    childChecks: childChecks(of('constraints'), parentsOf),
    columnsOf: groupBy(of('columns'), (row) => text(row, 'relation')),
    constraintsOf: groupBy(of('constraints'), (row) => text(row, 'relation')),
    families: indexFamilies(of('indexes'), of('constraints')),
    indexOf: new Map(of('indexes').map((row) => [text(row, 'oid'), row])),
    identityOf: new Map(
      of('sequences')
        .filter((row) => flag(row, 'identity'))
        .map((row) => [`${text(row, 'owner_relation')}:${text(row, 'owner_column')}`, row]),
    ),
    ownedSequences: new Set(
      of('sequences')
        .filter((row) => optional(row, 'owner_relation') !== null)
        .map((row) => `pg_class:${text(row, 'oid')}`),
    ),
    neededBy: new Map(
      [...dependencies].map(([address, needs]) => [
        address,
        needs.map((row) => ({ address: text(row, 'needs'), column: text(row, 'column'), routine: routineOf(row) })),
      ]),
    ),
  };
}

function routineOf(row: Row): string | null {
  const name = optional(row, 'routine');
  return name === null ? null : `${display(text(row, 'schema'), name)}(${typeName(text(row, 'arguments'))})`;
}
