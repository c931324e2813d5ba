import { randomBytes } from 'node:crypto';
import type { Database, Lock, Scratch } from '../database.ts';
import { LockstepError } from '../../errors.ts';
import { errorNumber } from './failure.ts';
import { tryNamedLock } from './lock.ts';
import { literal, quote } from './quote.ts';
import type { Wire } from './wire.ts';

/** What a scratch database is made with. */
export interface ScratchParts {
  /** A new connection to the database that the scratch is like. Whoever asks for it ends it. */
  connect(purpose: string): Promise<Wire>;
  open(database: string): Promise<Database>;
}

const prefix = 'lockstep_scratch_';
/** Twenty digits: those who make such a name hold a lock of the same name. */
const form = /^lockstep_scratch_[0-9a-f]{20}$/;

/**
 * Creates an empty database with the character set and collation of the current one. Left over ones, whose process
 * died, are dropped first. As long as the process lives, it holds the named lock that is called like the database.
 */
export async function createScratch(parts: ScratchParts): Promise<Scratch> {
  const name = prefix + randomBytes(10).toString('hex');
  const lock = await hold(parts, name);
  if (!lock) throw new LockstepError('INTERNAL', { reason: `the lock of the new name ${name} is taken` });
  try {
    await withWire(parts, async (wire) => {
      await dropLeftOver(parts, wire);
      const [row] = await wire.rows('SELECT @@character_set_database AS charset, @@collation_database AS collation');
      await wire.run(`CREATE DATABASE ${quote(name)} CHARACTER SET ${row?.['charset']} COLLATE ${row?.['collation']}`);
    });
    const database = await parts.open(name);
    let dropped = false;
    const drop = async (): Promise<void> => {
      if (dropped) return;
      dropped = true;
      try {
        await database.close();
        await withWire(parts, (wire) => wire.run(`DROP DATABASE IF EXISTS ${quote(name)}`));
      } finally {
        await lock.release();
      }
    };
    return { database, drop };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** Drops the scratch databases that nobody holds and that this user may drop. */
async function dropLeftOver(parts: ScratchParts, wire: Wire): Promise<void> {
  const rows = await wire.rows(
    `SELECT SCHEMA_NAME AS name FROM information_schema.SCHEMATA WHERE SCHEMA_NAME LIKE ${literal(`${prefix}%`)}`,
  );
  for (const name of rows.flatMap((row) => row['name'] ?? [])) {
    if (!form.test(name)) continue;
    const lock = await hold(parts, name);
    if (!lock) continue;
    try {
      await wire.run(`DROP DATABASE IF EXISTS ${quote(name)}`);
    } catch (error) {
      // 1044: it belongs to somebody else.
      if (errorNumber(error) !== 1044) throw error;
    } finally {
      await lock.release();
    }
  }
}

/** Takes the lock of a scratch database on a connection of its own; undefined while another has it. */
async function hold(parts: ScratchParts, name: string): Promise<Lock | undefined> {
  const attempt = await tryNamedLock(await parts.connect(`scratch of process ${process.pid}`), name);
  return attempt.held ? attempt.lock : undefined;
}

async function withWire<T>(parts: ScratchParts, work: (wire: Wire) => Promise<T>): Promise<T> {
  const wire = await parts.connect('scratch');
  try {
    return await work(wire);
  } finally {
    await wire.end();
  }
}
