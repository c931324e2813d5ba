import { LockstepError } from '../errors.ts';
import { raw, sql } from '../database/sql.ts';
import type { Sql } from '../database/sql.ts';
import type { TableResult } from '../backup/archive/table-of-contents.ts';
import type { Home, Place } from './tables.ts';
import { clock, ownTable, presentTables } from './tables.ts';
import { parseTexts } from './texts.ts';

export type Phase = 'ready' | 'migrating' | 'restoring' | 'swapping' | 'failed';

const phases: readonly Phase[] = ['ready', 'migrating', 'restoring', 'swapping', 'failed'];

/** The one row of `lockstep_state`. */
export interface State {
  readonly product: string;
  /** The release of the database, such as `1.2.0` or `1.2.0+1`; null before the first migration is done. */
  readonly release: string | null;
  /** Random, new after each restore. */
  readonly databaseId: string;
  /** Raised by every upgrade and restore; a server that started with another one may not write. */
  readonly epoch: bigint;
  readonly phase: Phase;
  /** What the phase is about: holder, step, backup. */
  readonly detail: Readonly<Record<string, string>>;
  /** What the migrations themselves put there: the tables that are not empty in a fresh database. */
  readonly seed: readonly Pick<TableResult, 'name' | 'rows' | 'digest'>[];
  readonly changedAt: string;
}

/** The state, or undefined where Lockstep has not been yet. With `lock`, the row is locked against other changes. */
export async function readState(home: Home, lock: 'none' | 'share' | 'update' = 'none'): Promise<State | undefined> {
  if (!(await presentTables(home)).has('lockstep_state')) return undefined;
  const suffix = { none: '', share: ` ${home.dialect.shareLock}`, update: ' FOR UPDATE' }[lock];
  const [row] = await home.session
    .query(sql`SELECT product, release_name, database_id, epoch, phase, detail, seed, changed_at
    FROM ${ownTable(home, 'lockstep_state')} WHERE id = 1${raw(suffix)}`);
  if (!row) return undefined;
  return {
    product: row['product'] ?? '',
    release: row['release_name'] ?? null,
    databaseId: row['database_id'] ?? '',
    epoch: BigInt(row['epoch'] ?? '0'),
    phase: phaseOf(row['phase'] ?? ''),
    detail: parseTexts(row['detail'] ?? '{}'),
    seed: seedOf(row['seed'] ?? '[]'),
    changedAt: row['changed_at'] ?? '',
  };
}

/** Throws OTHER_PRODUCT where the database belongs to another product than this one. */
export function refuseOtherProduct(state: State, product: string): void {
  if (state.product !== product) throw new LockstepError('OTHER_PRODUCT', { found: state.product, needed: product });
}

/** Writes the first row. */
export async function insertState(home: Home, product: string, phase: Phase, detail: State['detail']): Promise<void> {
  await home.session.run(stateRow(home, product, phase, detail));
}

/** The statement that writes it. */
export function stateRow(home: Place, product: string, phase: Phase, detail: State['detail']): Sql {
  return sql`INSERT INTO ${ownTable(home, 'lockstep_state')}
    (id, product, release_name, database_id, key_fingerprint, epoch, phase, detail, seed, changed_at)
    VALUES (1, ${product}, NULL, ${raw(home.dialect.randomUuid)}, NULL, 1, ${phase}, ${JSON.stringify(detail)}, '[]',
      ${clock(home)})`;
}

export interface StateChange {
  readonly phase: Phase;
  readonly detail?: State['detail'];
  readonly release?: string | null;
  readonly seed?: State['seed'];
  readonly raiseEpoch?: boolean;
}

/** Changes the phase and what is given beside it. */
export async function changeState(home: Home, change: StateChange): Promise<void> {
  const changed = await home.session.run(stateUpdate(home, change));
  if (changed !== 1) throw new LockstepError('INTERNAL', { reason: `${changed} rows in lockstep_state` });
}

/** The statement that does it. */
export function stateUpdate(home: Place, change: StateChange): Sql {
  const release = change.release === undefined ? sql`` : sql`, release_name = ${change.release}`;
  const seed = change.seed === undefined ? sql`` : sql`, seed = ${JSON.stringify(change.seed)}`;
  const epoch = change.raiseEpoch ? sql`, epoch = epoch + 1` : sql``;
  return sql`UPDATE ${ownTable(home, 'lockstep_state')}
    SET phase = ${change.phase}, detail = ${JSON.stringify(change.detail ?? {})}, changed_at = ${clock(home)}
    ${release}${seed}${epoch} WHERE id = 1`;
}

function phaseOf(text: string): Phase {
  const found = phases.find((phase) => phase === text);
  if (!found) throw new LockstepError('INTERNAL', { reason: `lockstep_state has the phase "${text}"` });
  return found;
}

function seedOf(text: string): State['seed'] {
  const json: unknown = JSON.parse(text);
  if (!Array.isArray(json)) return [];
  return json.map((entry: unknown) => {
    const fields = new Map(typeof entry === 'object' && entry !== null ? Object.entries(entry) : []);
    return { name: String(fields.get('name')), rows: Number(fields.get('rows')), digest: String(fields.get('digest')) };
  });
}
