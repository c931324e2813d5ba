import { randomBytes } from 'node:crypto';
import type { Database, Scratch } from '../database.ts';
import { quote } from './quote.ts';
import type { Wire } from './wire.ts';

/** What a scratch database is made with. */
export interface ScratchParts {
  /** A connection to the database that the scratch is like. It is ended here. */
  readonly wire: Wire;
  open(database: string): Promise<Database>;
  /** A connection for dropping it. */
  reconnect(): Promise<Wire>;
}

/** Creates an empty database with the character set and collation of the current one. */
export async function createScratch(parts: ScratchParts): Promise<Scratch> {
  const name = `lockstep_scratch_${randomBytes(8).toString('hex')}`;
  try {
    const [row] = await parts.wire.rows(
      'SELECT @@character_set_database AS charset, @@collation_database AS collation',
    );
    await parts.wire.run(
      `CREATE DATABASE ${quote(name)} CHARACTER SET ${row?.['charset']} COLLATE ${row?.['collation']}`,
    );
  } finally {
    await parts.wire.end();
  }
  const database = await parts.open(name);
  let dropped = false;
  return {
    database,
    async drop() {
      if (dropped) return;
      dropped = true;
      await database.close();
      const wire = await parts.reconnect();
      try {
        await wire.run(`DROP DATABASE IF EXISTS ${quote(name)}`);
      } finally {
        await wire.end();
      }
    },
  };
}
