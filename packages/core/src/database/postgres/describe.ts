import { LockstepError } from '../../errors.ts';
import type { Shape } from '../../shape/shape.ts';
import { literal } from './quote.ts';
import { readCatalogue } from './shape/catalogue.ts';
import type { Catalogue, Query } from './shape/catalogue.ts';
import { describeComments } from './shape/comments.ts';
import { describeConstraints } from './shape/constraints.ts';
import { describeExtensions, registerMembers } from './shape/extensions.ts';
import { describeGrants } from './shape/grants.ts';
import { describeIndexes } from './shape/indexes.ts';
import { Parts } from './shape/parts.ts';
import { describePolicies } from './shape/policies.ts';
import { describeRoutines } from './shape/routines.ts';
import { describeSchemas } from './shape/schemas.ts';
import { scopeOf } from './shape/scope.ts';
import type { Scope } from './shape/scope.ts';
import { describeSequences } from './shape/sequences.ts';
import { orderStatements } from './shape/statements.ts';
import { describeTables } from './shape/tables.ts';
import { loadParser } from './shape/tree.ts';
import { describeTriggers } from './shape/triggers.ts';
import { describeTypes } from './shape/types.ts';
import { describeUnsupported } from './shape/unsupported.ts';
import { describeViews } from './shape/views.ts';

/**
 * Describes everything in the schemas that Lockstep does not own, in a fixed number of queries.
 *
 * @param query runs one statement on a connection with the fixed settings of a session; every value comes as text.
 *   The search path is emptied while the catalogues are read, and put back.
 */
export async function describe(query: Query, schemas: readonly string[]): Promise<Shape> {
  // The grammar is compiled while the server answers.
  const [catalogue] = await Promise.all([readUnqualified(query, schemas), loadParser()]);
  const parts = new Parts();
  // What is made by an extension has to be known to all others. Tables come before their constraints.
  registerMembers(catalogue, parts);
  describeSchemas(catalogue, parts);
  describeTypes(catalogue, parts);
  describeSequences(catalogue, parts);
  describeRoutines(catalogue, parts);
  describeTables(catalogue, parts);
  describeConstraints(catalogue, parts);
  describeIndexes(catalogue, parts);
  describeViews(catalogue, parts);
  describeTriggers(catalogue, parts);
  describePolicies(catalogue, parts);
  describeExtensions(catalogue, parts);
  describeComments(catalogue, parts);
  describeGrants(catalogue, parts);
  describeUnsupported(catalogue, parts);
  const { before, after, loops } = orderStatements(catalogue, parts);
  return { objects: parts.objects, tables: parts.tables, before, after, unsupported: [...parts.unsupported, ...loops] };
}

/** With an empty search path the server writes every name with its schema. */
async function readUnqualified(query: Query, schemas: readonly string[]): Promise<Catalogue> {
  const [row] = await query(`SELECT pg_catalog.current_setting('search_path') AS path,
    pg_catalog.current_setting('quote_all_identifiers') AS quote,
    pg_catalog.current_setting('server_version_num') AS version, pg_catalog.set_config('search_path', '', false)`);
  const [path, quote, version] = [row?.['path'] ?? '', row?.['quote'] ?? 'off', Number(row?.['version'])];
  if (!Number.isInteger(version)) {
    throw new LockstepError('INTERNAL', { reason: 'the server does not tell its version' });
  }
  const restore = `SELECT pg_catalog.set_config('search_path', ${literal(path)}, false),
    pg_catalog.set_config('quote_all_identifiers', ${literal(quote)}, false)`;
  let catalogue: Catalogue;
  try {
    catalogue = await readQuoted(query, scopeOf(version, schemas));
  } catch (error) {
    // In a transaction that has failed the settings go back by themselves, and the statement is refused.
    await query(restore).catch(() => []);
    throw error;
  }
  await query(restore);
  return catalogue;
}

/** `SYSTEM_USER` is a word of SQL since Postgres 16; before, it may be a name, and is written without quotes. */
const laterWord = /\bsystem_user\b/i;
const knowsLaterWord = 160_000;

/** Has every name quoted where a later version would read a name as something else. */
async function readQuoted(query: Query, scope: Scope): Promise<Catalogue> {
  const catalogue = await readCatalogue(query, scope);
  if (scope.version >= knowsLaterWord || !mentionsLaterWord(catalogue)) return catalogue;
  await query(`SELECT pg_catalog.set_config('quote_all_identifiers', 'on', false)`);
  return readCatalogue(query, scope);
}

function mentionsLaterWord(catalogue: Catalogue): boolean {
  const { relations, columns, constraints, indexes, routines, triggers, policies } = catalogue;
  const rows = [relations, columns, constraints, indexes, routines, triggers, policies].flat();
  return rows.some((row) => Object.values(row).some((value) => value !== null && laterWord.test(value)));
}
