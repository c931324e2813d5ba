import type { Fact } from '../../../shape/shape.ts';
import type { Row } from '../../database.ts';
import type { Catalogue } from './catalogue.ts';
import { display, sqlName, typeName } from './name.ts';
import type { Parts } from './parts.ts';
import { flag, strings, text } from './row.ts';
import { notOfExtension } from './scope.ts';
import type { Scope } from './scope.ts';
import { listOf, part, statement } from './tree.ts';
import { usesOf } from './uses.ts';

/** Functions and procedures; aggregates are not carried. */
export function routinesQuery(scope: Scope): string {
  return `SELECT p.oid, p.proname AS name, n.nspname AS schema, p.prokind AS kind, oidvectortypes(p.proargtypes) AS arguments,
      pg_get_functiondef(p.oid) AS definition, p.prosqlbody IS NOT NULL AS atomic, p.provolatile AS volatility,
      pg_get_function_identity_arguments(p.oid) AS signature, pg_get_function_result(p.oid) AS result,
      to_json(array_append(coalesce(p.proallargtypes, p.proargtypes::oid[]), p.prorettype)::text[]) AS types
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE n.nspname = ANY (${scope.schemas}) AND p.prokind <> 'a' AND ${notOfExtension('pg_proc', 'p.oid')}
    ORDER BY n.nspname COLLATE "C", p.proname COLLATE "C", p.oid`;
}

export function describeRoutines(catalogue: Catalogue, parts: Parts): void {
  for (const row of catalogue.routines) describe(row, catalogue, parts);
}

function describe(row: Row, catalogue: Catalogue, parts: Parts): void {
  const kind = text(row, 'kind') === 'p' ? 'procedure' : 'function';
  const name = routineName(row);
  const address = `pg_proc:${text(row, 'oid')}`;
  const definition = text(row, 'definition');
  const sql = `${sqlName(row)}(${text(row, 'arguments')})`;
  const facts = { ...routineFacts(definition, kind, flag(row, 'atomic')), ...usesOf(catalogue, address) };
  parts.object(kind, name, facts, definition);
  parts.target(address, { label: `${kind} ${name}`, sql: `${kind.toUpperCase()} ${sql}` });
  parts.step({
    address,
    stage: 'definition',
    kind,
    name,
    create: definition,
    stub: { create: stub(row, kind), needs: strings(row, 'types').map((oid) => `pg_type:${oid}`) },
  });
}

/** `public.price(integer, text)`: the types of the arguments are part of a routine's identity. */
export function routineName(row: Row): string {
  return `${display(text(row, 'schema'), text(row, 'name'))}(${typeName(text(row, 'arguments'))})`;
}

/** The parts of CREATE FUNCTION. The body of a string is a fact as it stands, to the last space. */
function routineFacts(definition: string, kind: string, atomic: boolean): Record<string, Fact> {
  const tree = part(statement(definition), 'CreateFunctionStmt');
  const options: Record<string, Fact[]> = {};
  for (const option of listOf(part(tree, 'options')).map((each) => part(each, 'DefElem'))) {
    const name = part(option, 'defname');
    // SET may stand there more than once.
    if (typeof name === 'string') options[name] = [...(options[name] ?? []), part(option, 'arg')];
  }
  return {
    kind,
    parameters: part(tree, 'parameters'),
    returns: part(tree, 'returnType'),
    ...options,
    ...(atomic ? { body: part(tree, 'sql_body') } : {}),
  };
}

const volatilities: Readonly<Record<string, string>> = { i: 'IMMUTABLE', s: 'STABLE', v: 'VOLATILE' };

/** The same signature with a body that needs nothing. check_function_bodies is off, so the body is never looked at. */
function stub(row: Row, kind: 'function' | 'procedure'): string {
  const head = `${sqlName(row)}(${text(row, 'signature')})`;
  if (kind === 'procedure') return `CREATE PROCEDURE ${head} LANGUAGE sql AS ''`;
  const volatility = volatilities[text(row, 'volatility')] ?? '';
  return `CREATE FUNCTION ${head} RETURNS ${text(row, 'result')} LANGUAGE sql ${volatility} AS ''`;
}
