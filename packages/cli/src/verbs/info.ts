import { info as readInfo } from '@lockstep/core';
import { listBackups, openStorage } from '@lockstep/core';
import type { Info, ListedBackup } from '@lockstep/core';
import { bytes } from '../numbers.ts';
import { table } from '../table.ts';
import { moment } from '../time.ts';
import type { Verb } from '../verb.ts';
import { backupLines as listedLines } from './backups.ts';

export const info: Verb = {
  define: (command) =>
    command.description('show product, release, phase, history, pending migrations, servers, backups'),
  run: async (context) => {
    const found = await readInfo(await context.open(), context.product);
    const backups = (await listBackups(openStorage(context.backups))).slice(0, 5);
    return { json: { ...found, backups }, lines: [...lines(found), '', ...backupLines(backups)] };
  },
};

function lines(found: Info): string[] {
  const { release, phase, detail, shape } = found;
  const why = Object.entries(detail).map(([key, value]) => `${key} ${value}`);
  const none = found.history.length === 0 ? 'empty' : 'not taken over from Flyway yet';
  const drift = { true: ', differs from its release', false: ', as its release has it', null: '' }[`${shape.drifted}`];
  return [
    `Product   ${found.product}, code ${release.code}, database ${release.database ?? none}`,
    `Database  ${found.engine} at ${found.location}`,
    `Phase     ${phase}${why.length > 0 ? ` (${why.join(', ')})` : ''}`,
    `Shape     ${shape.fingerprint.slice(0, 16)}${drift ?? ''}`,
    '',
    found.pending.length === 0 ? 'Nothing is pending.' : 'Pending:',
    ...found.pending.map(({ version, description }) => `  ${version}  ${description}`),
    '',
    ...(found.history.length === 0 ? ['No migration has run.'] : historyLines(found)),
    ...stepLines(found),
    ...(found.notes.length === 0 ? [] : ['', ...found.notes]),
    ...(found.leases.length === 0 ? [] : ['', 'Servers:']),
    ...found.leases.map(({ kind, release: own, host, process, address, renewedAt }) => {
      const where = kind === 'backup' ? 'at work' : (address ?? 'not listening yet');
      return `  ${kind} of ${own ?? '?'} on ${host}, process ${process}, ${where}, seen ${renewedAt}`;
    }),
    ...scheduleLines(found.schedule),
  ];
}

/** The migration that is not finished, and what operators decided about those that had stopped. */
function stepLines({ phase, progress, decisions }: Info): string[] {
  const isAtIt = phase === 'migrating' || phase === 'failed';
  const begun = progress.filter(({ statement }) => statement > 0 || isAtIt);
  return [
    ...(begun.length === 0 || !isAtIt ? [] : ['', 'Begun:']),
    ...(isAtIt ? begun : []).map(({ migration, statement, status, line, at }) => {
      const what = statement === 0 ? 'as a whole' : `statement ${statement} (line ${line ?? '?'})`;
      return `  ${migration}  ${what}: ${status}, since ${moment(at)} UTC`;
    }),
    ...(decisions.length === 0 ? [] : ['', 'Decided:']),
    ...decisions.map(({ migration, statement, decision, by, at, error }) => {
      const what = statement === 0 ? '' : ` statement ${statement}`;
      return `  ${migration}${what}: ${decision}, ${moment(at)} UTC by ${by} (${error})`;
    }),
  ];
}

/** What came of the backups that servers take on a schedule. Nothing if there were none. */
function scheduleLines(schedule: Info['schedule']): string[] {
  const { done, failed } = schedule ?? { done: null, failed: null };
  if (!done && !failed) return [];
  const isNews = failed && failed.seenAt > (done?.seenAt ?? '');
  return [
    '',
    'Scheduled backups:',
    ...(done ? [`  done    ${moment(done.seenAt)} UTC by ${done.host}: ${done.file}, ${bytes(done.bytes)}`] : []),
    ...(failed
      ? [`  ${isNews ? 'FAILED' : 'failed'}  ${moment(failed.seenAt)} UTC by ${failed.host}: ${failed.reason}`]
      : []),
  ];
}

function historyLines(found: Info): string[] {
  return table(
    ['rank', 'version', 'description', 'installed on', 'ms', 'state'],
    found.history.map((row) => [
      String(row.rank),
      row.version ?? '',
      row.description,
      row.installedOn,
      String(row.executionTime),
      row.state,
    ]),
  );
}

function backupLines(backups: readonly ListedBackup[]): string[] {
  if (backups.length === 0) return ['No backups.'];
  return ['Last backups:', ...listedLines(backups).map((line) => (line === '' ? '' : `  ${line}`))];
}
