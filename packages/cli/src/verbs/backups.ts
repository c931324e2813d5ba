import { checkBackups, listBackups, LockstepError, openStorage } from '@lockstep/core';
import type { BackupCheck, ListedBackup } from '@lockstep/core';
import { seconds } from '../duration.ts';
import { identityOptions } from '../keys.ts';
import { bytes, duration } from '../numbers.ts';
import { table } from '../table.ts';
import { moment } from '../time.ts';
import type { Outcome, Verb } from '../verb.ts';
import { textFlag } from '../verb.ts';

export const backups: Verb = {
  define: (command) =>
    identityOptions(
      command
        .description('list the backups, or check them for monitoring')
        .option('--to <place>', 'where they are')
        .option('--check', 'end with 4 unless the newest backup is sound')
        .option('--max-age <time>', 'with --check: how old it may be, such as 26h')
        .option('--proven', 'with --check: it has to be proven'),
    ),
  run: async (context, _args, flags) => {
    const maxAge = seconds(textFlag(flags, 'maxAge'), '--max-age');
    const proven = flags['proven'] === true;
    if (flags['check'] !== true && (maxAge !== undefined || proven)) {
      throw new LockstepError('USAGE', { reason: '--max-age and --proven belong to --check' });
    }
    const place = textFlag(flags, 'to') ?? context.backups;
    const found = await listBackups(openStorage(place), await context.identities());
    if (flags['check'] !== true) {
      return { json: { backups: found }, lines: found.length === 0 ? [`No backups in ${place}.`] : backupLines(found) };
    }
    const product = context.product.name;
    return checked(checkBackups(found, { product, maxAge, proven, now: new Date() }));
  },
};

/** Backups as a table, with what is wrong with those that are of no use below it. */
export function backupLines(found: readonly ListedBackup[]): string[] {
  const rows = found.map((one) => [
    moment(one.takenAt),
    one.release,
    one.engine,
    bytes(one.bytes),
    state(one),
    one.file,
  ]);
  const damaged = found.flatMap(({ damage, file }) => (damage === null ? [] : [`${file}: ${damage}`]));
  return [
    ...table(['taken at (UTC)', 'release', 'from', 'size', 'proven', 'file'], rows),
    ...(damaged.length === 0 ? [] : ['', 'Of no use:', ...damaged.map((line) => `  ${line}`)]),
  ];
}

function state({ proven, damage }: ListedBackup): string {
  if (damage !== null) return 'OF NO USE';
  return proven ? `${proven.at.slice(0, 10)} ${proven.by}` : 'no';
}

function checked(check: BackupCheck): Outcome {
  const { problems, newest, age, product } = check;
  const json = { check: { product, problems, newest, age } };
  if (problems.length > 0) {
    return { json, lines: [`WRONG: ${problems.map(({ message }) => message).join('; ')}`], exit: 4 };
  }
  const proof = newest?.proven ? `, proven by ${newest.proven.by} on ${moment(newest.proven.at)}` : '';
  return { json, lines: [`OK: ${newest?.file ?? ''} is ${duration((age ?? 0) * 1000)} old${proof}`] };
}
