import { createSchedule, serve as runServe } from '@lockstep/catalog';
import type { BackupSchedule } from '@lockstep/catalog';
import { LockstepError, openStorage, reasonOf } from '@lockstep/core';
import type { Keys } from '@lockstep/core';
import type { Context } from '../context.ts';
import { wholeNumber } from '../numbers.ts';
import { keyOptions } from '../keys.ts';
import type { Verb } from '../verb.ts';
import { textFlag } from '../verb.ts';

export const serve: Verb = {
  define: (command) =>
    keyOptions(
      command
        .description('run the catalog: bring the database to this release, wait or refuse, then serve')
        .option('--port <port>', 'where to listen; 0 takes a free port', '8585')
        .option('--host <address>', 'the address to listen on; there is no login, so keep it private', '127.0.0.1')
        .option('--backup-to <place>', 'where the backup before an upgrade goes: a folder or s3://BUCKET/PREFIX')
        .option('--wait <seconds>', 'how long to wait for another that migrates'),
    ),
  run: async (context, _args, flags) => {
    const keys = await context.keys();
    const backups = scheduleOf(context, keys);
    const database = await context.open({ serves: true });
    const address = textFlag(flags, 'host') ?? '127.0.0.1';
    await runServe(database, context.product, {
      ...context.run,
      keys,
      port: wholeNumber(textFlag(flags, 'port'), '--port') ?? 8585,
      host: address,
      storage: openStorage(textFlag(flags, 'backupTo') ?? context.backups),
      backups,
      waitSeconds: wholeNumber(textFlag(flags, 'wait'), '--wait'),
      report: (error) => process.stderr.write(`${reasonOf(error)}\n`),
    });
    return { json: { served: address }, lines: ['Ended.'] };
  },
};

/** Seconds between a scheduled backup that failed and the next one. */
const retrySeconds = 600;

function scheduleOf({ schedule, keep }: Context, keys: Keys): BackupSchedule | undefined {
  if (!schedule) return undefined;
  if (schedule.prove && keys.recipients.length > 0 && keys.identities.length === 0) {
    throw new LockstepError('USAGE', {
      reason:
        '"prove" needs the key that opens the encrypted backups (--identity); leave it out, or prove them elsewhere',
    });
  }
  return { schedule: createSchedule(schedule), prove: schedule.prove, keep, retrySeconds };
}
