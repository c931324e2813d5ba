import type { Node } from 'libpg-query';
import type { KnownTables } from '../../../plan/known-tables.ts';
import { functionsCalled } from './nodes.ts';

/** Functions of Postgres that give another result for each row. From pg_proc, provolatile `v`. */
const volatile = new Set(
  `random random_normal gen_random_uuid uuidv4 uuidv7 uuid_generate_v1 uuid_generate_v1mc uuid_generate_v4
  clock_timestamp timeofday nextval setval currval lastval gen_random_bytes setseed pg_sleep`.split(/\s+/),
);

/** Those that people use in a default, and that give the same result within a statement. */
const stable = new Set(
  `now transaction_timestamp statement_timestamp current_database current_schema current_setting current_user txid_current
  pg_current_xact_id to_char to_date to_timestamp to_number date_trunc date_part age make_date make_time make_timestamp
  make_timestamptz make_interval lower upper initcap trim btrim ltrim rtrim concat concat_ws format replace left right
  substring substr length char_length md5 sha256 encode decode abs round floor ceil power mod greatest least coalesce
  jsonb_build_object jsonb_build_array json_build_object json_build_array to_json to_jsonb array_append array_cat
  string_to_array array_to_string int4range int8range numrange tsrange tstzrange daterange timezone extract position
  inet_client_addr repeat reverse lpad rpad chr ascii hashtext pg_backend_pid`.split(/\s+/),
);

/** A default that has to be worked out for each row. A function that is not known counts as one that is volatile. */
export function isVolatile(expression: Node, known: KnownTables): boolean {
  return functionsCalled(expression).some((name) => {
    if (known.volatile.has(name) || volatile.has(name)) return true;
    return !known.stable.has(name) && !stable.has(name);
  });
}
