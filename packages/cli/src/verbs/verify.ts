import {
  decrypted,
  dialectOf,
  isEncrypted,
  LockstepError,
  openArchive,
  proveBackup,
  recordProof,
  storageOf,
  summaryOf,
  verifyArchive,
  verifyCipherText,
} from '@lockstep/core';
import type { Archive, Source } from '@lockstep/core';
import type { Context } from '../context.ts';
import { identityOptions } from '../keys.ts';
import { openNamedBackup } from '../named-backup.ts';
import { sidecarLines, sidecarOf } from '../sidecar.ts';
import type { Flags, Outcome, Verb } from '../verb.ts';
import { textFlag } from '../verb.ts';
import { summaryLines } from './backup.ts';

export const verify: Verb = {
  define: (command) =>
    identityOptions(
      command
        .description('check every byte of a backup, or prove it by restoring it')
        .argument('<file>', 'the backup')
        .option('--restore', 'restore it into a scratch database, compare every table, record the proof beside it')
        .option('--scratch-url <url>', 'with --restore: a database on the server where the scratch database is made')
        .option('--shape <source>', 'with --restore: "embedded" makes the shape by the DDL in the file'),
    ),
  run: async (context, [file = ''], flags) => {
    const restoring = flags['restore'] === true;
    const shape = textFlag(flags, 'shape');
    if (!restoring && (shape !== undefined || flags['scratchUrl'] !== undefined)) {
      throw new LockstepError('USAGE', { reason: '--scratch-url and --shape belong to --restore' });
    }
    if (shape !== undefined && shape !== 'embedded') {
      throw new LockstepError('USAGE', { reason: `--shape takes "embedded", not "${shape}"` });
    }
    const identities = await context.identities();
    const source = await openNamedBackup(file, context.backups);
    try {
      const isKeyMissing = identities.length === 0 && (await isEncrypted(source));
      if (isKeyMissing && !restoring) return await withoutKey(context, source, file);
      const archive = await openArchive(await decrypted(source, identities));
      if (restoring) return await prove(context, archive, file !== '-', flags);
      await verifyArchive(archive, dialectOf(archive.manifest.engine.family), context.run);
      const summary = summaryOf(archive.name, archive.contents, archive.size);
      const lines = [...summaryLines(summary), 'Every byte is as it was written.'];
      return { json: { backup: summary, checked: 'everything' }, lines };
    } catch (error) {
      if (!(error instanceof LockstepError) || (error.code !== 'FILE_DAMAGED' && error.code !== 'FILE_FOREIGN'))
        throw error;
      const { code, message, details, next } = error;
      // A file that is found damaged is the answer here, not a refusal.
      return { json: { error: { code, message, details, next } }, lines: [`${code}: ${message}`], exit: 4 };
    } finally {
      await source.close();
    }
  },
};

async function withoutKey(context: Context, source: Source, file: string): Promise<Outcome> {
  const sidecar = await sidecarOf(source, file, context.backups);
  await verifyCipherText(source, sidecar, context.run);
  const lines = [
    ...sidecarLines(source.name, sidecar),
    'The encrypted bytes are those that its sidecar speaks of. No more was checked: that takes its key (--identity).',
  ];
  return { json: { backup: { file: source.name, ...sidecar }, checked: 'encrypted bytes' }, lines };
}

async function prove(context: Context, archive: Archive, isStored: boolean, flags: Flags): Promise<Outcome> {
  const server = await context.open({ url: textFlag(flags, 'scratchUrl') });
  const embedded = flags['shape'] === 'embedded';
  const proof = await proveBackup(server, context.product, archive, { ...context.run, embedded });
  if (isStored) {
    const { storage, name } = storageOf(archive.name);
    await recordProof(storage, name, proof);
  }
  const summary = summaryOf(archive.name, archive.contents, archive.size);
  const json = { backup: summary, proof };
  const kept = isStored
    ? 'The proof is recorded beside the file.'
    : 'The proof is not recorded: the file came from stdin.';
  if (proof.result === 'failed') return { json, lines: [`FAILED: ${proof.reason ?? ''}`, kept], exit: 4 };
  const done = `Restored on ${proof.engine} and compared: every table is equal. ${kept}`;
  return { json, lines: [...summaryLines(summary), done] };
}
