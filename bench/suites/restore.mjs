import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { folder, lockstep, shell } from '../command.mjs';
import { measure, measureLockstep } from '../measure.mjs';
import { ratio, resultOf } from '../result.mjs';
import { inTurns } from '../rounds.mjs';

/** Phases of ours that no peer has: the check of the file, and reading back. */
const proof = ['restore:check', 'restore:compare'];

/** The time of a restore into an empty database: ours with the check of the file and reading everything back. */
export async function restoreSuite({ engine, task, source, peers }) {
  const place = join(folder, 'backups');
  const { stdout } = await lockstep([...source.options(source.url), '--json', 'backup', '--to', place]);
  const { file } = JSON.parse(stdout).backup;
  for (const peer of peers) await shell(peer.backup('source'));
  const rows = await countsOf(engine, 'source', source.tables);
  await source.drop();

  const ours = async (localInfile) => {
    await engine.localInfile?.(localInfile);
    return intoEmpty(engine, (url) => measureLockstep(engine, [...source.options(url), 'restore', file]));
  };
  const entries = { lockstep: () => ours(true) };
  if (engine.localInfile) entries['lockstep, local_infile off'] = () => ours(false);
  for (const peer of peers) {
    entries[peer.restoreName] = () =>
      intoEmpty(engine, async () => {
        const measured = await measure(engine, peer.restore('target'));
        if (peer.beside) rmSync(peer.beside, { recursive: true });
        const loaded = await countsOf(engine, 'target', source.tables);
        if (loaded !== rows) throw new Error(`${peer.restoreName} does not load all rows.`);
        return measured;
      });
  }
  const result = resultOf(await inTurns(task.pairs, entries));
  rmSync(place, { recursive: true });
  for (const { file: made } of peers) rmSync(made, { recursive: true });
  return { ...result, ratioWithoutProof: withoutProof(result) };
}

function withoutProof({ ours, peers }) {
  if (!ours.phases) return null;
  const seconds = proof.reduce((rest, phase) => rest - (ours.phases[phase] ?? 0), ours.seconds);
  return ratio(seconds, Math.min(...Object.values(peers).map((peer) => peer.seconds)));
}

async function intoEmpty(engine, work) {
  const url = await engine.create('target');
  const measured = await work(url);
  await engine.drop('target');
  return measured;
}

async function countsOf(engine, database, tables) {
  if (engine.embedded) return '';
  return engine.sql(
    database,
    tables.map(({ name }) => `SELECT count(*) FROM ${name}`),
  );
}
