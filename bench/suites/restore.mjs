import { join } from 'node:path';
import { folder, lockstep, shell } from '../command.mjs';
import { measure, peersOf } from '../peers.mjs';
import { inTurns, resultOf } from '../rounds.mjs';
import { makeSource } from '../source.mjs';

/** The time of a restore into an empty database: ours with the check of the file and reading everything back. */
export async function restoreSuite(engine, task) {
  const peers = await peersOf(engine, 'restore');
  const { options, url } = await makeSource(engine, task);
  const { stdout } = await lockstep([...options(url), '--json', 'backup', '--to', join(folder, 'backups')]);
  const { file } = JSON.parse(stdout).backup;
  for (const peer of peers) await shell(peer.backup('source'));
  await engine.drop('source');

  const entries = {
    lockstep: () =>
      intoEmpty(engine, async (target) => {
        await shell('sync');
        return lockstep([...options(target), 'restore', file]);
      }),
  };
  for (const peer of peers) {
    entries[peer.restoreName] = () => intoEmpty(engine, () => measure(peer.restore('target')));
  }
  return resultOf(await inTurns(task.pairs, entries));
}

async function intoEmpty(engine, work) {
  const url = await engine.create('target');
  const measured = await work(url);
  await engine.drop('target');
  return measured;
}
