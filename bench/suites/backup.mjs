import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { folder, lockstep, shell } from '../command.mjs';
import { measure, peersOf } from '../peers.mjs';
import { inTurns, resultOf } from '../rounds.mjs';
import { makeSource } from '../source.mjs';

/** The time of a backup: ours with digests, checks and fsync; the floor is the server reading its tables for nobody. */
export async function backupSuite(engine, task) {
  const peers = await peersOf(engine, 'backup');
  const { options, url } = await makeSource(engine, task);
  const floor = floorOf(engine);
  const place = join(folder, 'backups');
  const entries = {
    lockstep: async () => {
      await shell('sync');
      const measured = await lockstep([...options(url), 'backup', '--to', place]);
      rmSync(place, { recursive: true });
      return measured;
    },
  };
  for (const peer of peers) {
    entries[peer.name] = async () => {
      const measured = await measure(peer.backup('source'));
      rmSync(peer.file, { recursive: true });
      return measured;
    };
  }
  if (floor) {
    // Once for nothing: the first reader of fresh rows has work that no other has.
    await shell(floor);
    entries.floor = () => measure(floor);
  }
  mkdirSync(place, { recursive: true });
  return resultOf(await inTurns(task.pairs, entries));
}

function floorOf(engine) {
  if (engine.embedded) return undefined;
  if (engine.family === 'postgres') {
    const copies = ['document', 'entry'].map((table) => `-c "COPY ${table} TO '/dev/null'"`);
    return engine.client('psql', '-Xq', ...copies, 'source');
  }
  const client = engine.family === 'mysql' ? 'mysql' : 'mariadb';
  const statements = '"SELECT * FROM document; SELECT * FROM entry"';
  return engine.client(client, '--quick -BN --raw', `-e ${statements}`, 'source > /dev/null');
}
