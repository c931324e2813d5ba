import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { folder, shell } from '../command.mjs';
import { floorOf } from '../floor.mjs';
import { measure, measureLockstep, sizeOf } from '../measure.mjs';
import { resultOf } from '../result.mjs';
import { inTurns } from '../rounds.mjs';

/** The time of a backup: ours with digests, checks and fsync; the floor is the server reading its tables for nobody. */
export async function backupSuite({ engine, task, source, peers }) {
  const floor = floorOf(engine, source.tables);
  const place = join(folder, 'backups');
  mkdirSync(place, { recursive: true });
  const entries = {
    lockstep: async () => {
      const measured = await measureLockstep(engine, [...source.options(source.url), 'backup', '--to', place]);
      const bytes = await sizeOf(place);
      rmSync(place, { recursive: true });
      return { ...measured, bytes };
    },
  };
  for (const peer of peers) {
    entries[peer.name] = async () => {
      const measured = await measure(engine, peer.backup('source'));
      const bytes = await sizeOf(peer.file);
      rmSync(peer.file, { recursive: true });
      return { ...measured, bytes };
    };
  }
  if (floor) {
    // Once for nothing: the first reader of fresh rows has work that no other has.
    await shell(floor);
    entries.floor = () => measure(engine, floor);
  }
  return resultOf(await inTurns(task.pairs, entries));
}
