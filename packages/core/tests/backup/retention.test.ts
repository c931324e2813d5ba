import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planRetention } from '@lockstep/core';
import type { KeepRules, ListedBackup } from '@lockstep/core';
import { listed, proven } from './listed.ts';

const zones = [
  'UTC',
  'Europe/Vienna',
  'America/Santiago',
  'Australia/Lord_Howe',
  'Pacific/Kiritimati',
  'Pacific/Pago_Pago',
];

/** Times of about fourteen months, many of them close together. */
const time = fc
  .oneof(fc.integer({ min: 0, max: 420 * 24 }), fc.integer({ min: 0, max: 72 }))
  .chain((hour) => fc.integer({ min: 0, max: 3599 }).map((second) => new Date(Date.UTC(2026, 0, 1, hour, 0, second))));

const backup = fc
  .record({ time, proven: fc.boolean(), damaged: fc.integer({ min: 0, max: 9 }), number: fc.nat(999) })
  .map(({ time: at, proven: isProven, damaged, number }) =>
    listed(at.toISOString(), {
      file: `${at.toISOString()}-${number}`,
      proven: isProven ? proven : null,
      damage: damaged === 0 ? 'cut' : null,
    }),
  );

const backups = fc.uniqueArray(backup, { maxLength: 60, selector: ({ file }) => file });
const count = fc.integer({ min: 0, max: 8 });
const rules = fc
  .record({ last: count, daily: count, weekly: count, monthly: count, timeZone: fc.constantFrom(...zones) })
  .filter(({ last, daily, weekly, monthly }) => last + daily + weekly + monthly > 0);

const kept = (of: readonly ListedBackup[], keep: KeepRules): ListedBackup[] =>
  planRetention(of, keep).keep.map((one) => one.backup);
const files = (of: readonly ListedBackup[]): string[] => of.map(({ file }) => file).toSorted();
const sound = (of: readonly ListedBackup[]): ListedBackup[] => of.filter(({ damage }) => damage === null);
const isProven = (one: ListedBackup): boolean => one.proven !== null && one.damage === null;
const newest = (of: readonly ListedBackup[]): string =>
  of
    .map(({ takenAt }) => takenAt)
    .toSorted()
    .at(-1) ?? '';

/** The local day by another way than the code under test goes. */
function dayIn(timeZone: string, iso: string): string {
  return new Date(iso).toLocaleDateString('sv-SE', { timeZone });
}

function weekOf(day: string): number {
  // The first of January 1970 was a Thursday.
  return Math.floor((Date.parse(day) / 86_400_000 + 3) / 7);
}

function periods(of: readonly ListedBackup[], timeZone: string): readonly Set<string | number>[] {
  const days = of.map(({ takenAt }) => dayIn(timeZone, takenAt));
  return [new Set(files(of)), new Set(days), new Set(days.map(weekOf)), new Set(days.map((day) => day.slice(0, 7)))];
}

describe('retention', () => {
  const holds = (property: (of: ListedBackup[], keep: Required<KeepRules>) => void): void =>
    fc.assert(
      fc.property(backups, rules, (of, keep) => property(of, { ...keep })),
      { numRuns: 300 },
    );

  it('gives every backup one place', () =>
    holds((of, keep) => {
      const plan = planRetention(of, keep);
      const all = [...plan.keep.map((one) => one.backup), ...plan.remove, ...plan.damaged];
      expect(files(all)).toEqual(files(of));
      expect(plan.damaged.every(({ damage }) => damage !== null)).toBe(true);
    }));

  it('keeps the newest, and the newest proven one', () =>
    holds((of, keep) => {
      const left = kept(of, keep);
      expect(newest(left)).toBe(newest(sound(of)));
      expect(newest(left.filter(isProven))).toBe(newest(of.filter(isProven)));
    }));

  it('keeps no fewer than were asked for, among all and among the proven ones', () =>
    holds((of, keep) => {
      const { last = 0, daily = 0, weekly = 0, monthly = 0, timeZone = 'UTC' } = keep;
      const left = kept(of, keep);
      for (const [had, has] of [
        [sound(of), left],
        [of.filter(isProven), left.filter(isProven)],
      ] as const) {
        const [before, after] = [periods(had, timeZone), periods(has, timeZone)];
        for (const [index, asked] of [last, daily, weekly, monthly].entries()) {
          expect(after[index]?.size ?? 0).toBeGreaterThanOrEqual(Math.min(asked, before[index]?.size ?? 0));
        }
      }
    }));

  it('keeps no more than the rules need', () =>
    holds((of, keep) => {
      const { last = 0, daily = 0, weekly = 0, monthly = 0 } = keep;
      expect(kept(of, keep).length).toBeLessThanOrEqual(2 * Math.max(1, last + daily + weekly + monthly));
    }));

  it('keeps the same proven backups whatever else is there', () =>
    holds((of, keep) => {
      expect(files(kept(of, keep).filter(isProven))).toEqual(files(kept(of.filter(isProven), keep)));
    }));

  it('does not count damaged backups', () =>
    holds((of, keep) => {
      expect(files(kept(of, keep))).toEqual(files(kept(sound(of), keep)));
    }));

  it('finds nothing to remove the second time', () =>
    holds((of, keep) => {
      const left = kept(of, keep);
      expect(planRetention(left, keep).remove).toEqual([]);
    }));

  it('does not depend on the order in which it is told', () =>
    holds((of, keep) => {
      expect(planRetention(of.toReversed(), keep)).toEqual(planRetention(of, keep));
    }));

  it('keeps at least as much with larger numbers', () =>
    fc.assert(
      fc.property(
        backups,
        rules,
        count,
        fc.constantFrom('last', 'daily', 'weekly', 'monthly'),
        (of, keep, more, rule) => {
          const larger = { ...keep, [rule]: keep[rule] + more };
          const left = new Set(files(kept(of, larger)));
          expect(files(kept(of, keep)).every((file) => left.has(file))).toBe(true);
        },
      ),
      { numRuns: 300 },
    ));

  it('never takes back what it gave up when newer backups come', () =>
    fc.assert(
      fc.property(backups, rules, backup, (of, keep, another) => {
        const later = {
          ...another,
          file: 'later',
          takenAt: new Date(Date.parse(newest(of) || '2026-01-01') + 3_600_000).toISOString(),
        };
        const before = new Set(files(kept(of, keep)));
        const after = files(kept([...of, later], keep)).filter((file) => file !== 'later');
        expect(after.filter((file) => !before.has(file))).toEqual([]);
      }),
      { numRuns: 300 },
    ));
});

describe('a day', () => {
  const daily = (timeZone: string, times: readonly string[]): string[] =>
    files(
      kept(
        times.map((at) => listed(at, { file: at })),
        { daily: 9, timeZone },
      ),
    );

  it('ends at midnight of the time zone', () => {
    const times = ['2026-06-10T21:30:00Z', '2026-06-10T22:30:00Z', '2026-06-11T21:30:00Z'];
    expect(daily('UTC', times)).toEqual(['2026-06-10T22:30:00Z', '2026-06-11T21:30:00Z']);
    expect(daily('Europe/Vienna', times)).toEqual(['2026-06-10T21:30:00Z', '2026-06-11T21:30:00Z']);
  });

  it('is 23 hours long in spring and 25 in autumn', () => {
    // Vienna goes from UTC+1 to UTC+2 on 29 March 2026 and back on 25 October.
    const spring = ['2026-03-28T23:00:00Z', '2026-03-29T21:59:59Z', '2026-03-29T22:00:00Z'];
    expect(daily('Europe/Vienna', spring)).toEqual(['2026-03-29T21:59:59Z', '2026-03-29T22:00:00Z']);
    const autumn = ['2026-10-24T22:00:00Z', '2026-10-25T00:30:00Z', '2026-10-25T01:30:00Z', '2026-10-25T22:59:59Z'];
    expect(daily('Europe/Vienna', autumn)).toEqual(['2026-10-25T22:59:59Z']);
  });

  it('belongs to a week from Monday to Sunday, also over the turn of a year', () => {
    const times = ['2026-12-27T12:00:00Z', '2026-12-28T12:00:00Z', '2027-01-03T12:00:00Z', '2027-01-04T12:00:00Z'];
    const left = kept(
      times.map((at) => listed(at, { file: at })),
      { weekly: 9 },
    );
    expect(files(left)).toEqual(['2026-12-27T12:00:00Z', '2027-01-03T12:00:00Z', '2027-01-04T12:00:00Z']);
  });
});

it.each([{}, { last: 0 }, { timeZone: 'UTC' }])('refuses to go by %j', (keep) => {
  expect(() => planRetention([], keep)).toThrow(expect.objectContaining({ code: 'KEEP_RULE_MISSING' }));
});

it('refuses a time zone that does not exist', () => {
  const keep = { daily: 1, timeZone: 'Europe/Atlantis' };
  const error = expect.objectContaining({ code: 'TIME_ZONE_UNKNOWN' });
  expect(() => planRetention([listed('2026-06-10T21:30:00Z')], keep)).toThrow(error);
});
