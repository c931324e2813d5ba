import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { folder } from '../command.mjs';
import { measure, measureLockstep } from '../measure.mjs';
import { ratio, resultOf } from '../result.mjs';
import { inTurns } from '../rounds.mjs';

/** How long four concurrent writers wait for their commits while a backup is taken, and while none is. */
export async function writersSuite({ engine, task, source, peers }) {
  const document = source.tables.find(({ name }) => name === 'document');
  if (!document) throw new Error('Writers need the set mix.');
  const place = join(folder, 'backups');
  const during = (work) => () => whileWriting(source.url, document.rows, work);
  const entries = {
    lockstep: during(async () => {
      mkdirSync(place, { recursive: true });
      const measured = await measureLockstep(engine, [...source.options(source.url), 'backup', '--to', place]);
      rmSync(place, { recursive: true });
      return measured;
    }),
  };
  for (const peer of peers) {
    entries[peer.name] = during(async () => {
      const measured = await measure(engine, peer.backup('source'));
      rmSync(peer.file, { recursive: true });
      return measured;
    });
  }
  entries.undisturbed = during(() => measure(engine, 'sleep 5'));
  const { undisturbed, ...measured } = await inTurns(task.pairs, entries);
  const result = resultOf(measured);
  const longest = Math.min(...Object.values(result.peers).map(({ waits }) => waits.maxMs));
  return { ours: result.ours, peers: result.peers, undisturbed, waitRatio: ratio(result.ours.waits.maxMs, longest) };
}

/** Measures some work with the writers beside it. They have warmed up, and end after it. */
async function whileWriting(url, rows, work) {
  const child = fork(join(import.meta.dirname, '../load/writers.mjs'), [url, `${rows}`]);
  const ended = once(child, 'exit');
  const failed = ended.then(() => {
    throw new Error('The writers have ended.');
  });
  await Promise.race([once(child, 'message'), failed]);
  await sleep(500);
  child.send('begin');
  const measured = await Promise.race([work(), failed]);
  child.send('end');
  const [waits] = await Promise.race([once(child, 'message'), failed]);
  await ended;
  return { ...measured, waits };
}
