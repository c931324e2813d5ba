import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSchedule } from '#catalog/index.js';

const zones = ['UTC', 'Europe/Vienna', 'America/Santiago', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu'];

function times(cron: string, timeZone: string, from: string, count: number): string[] {
  const schedule = createSchedule({ cron, timeZone });
  const found: string[] = [];
  for (let at = new Date(from); found.length < count; found.push(at.toISOString())) at = schedule.next(at);
  return found.map((time) => time.replace(':00.000Z', 'Z'));
}

describe('a schedule', () => {
  it('takes a time that is skipped in spring when the clock has been put forward', () => {
    // In Vienna, 02:00 became 03:00 on 29 March 2026, at 01:00 in UTC.
    expect(times('30 2 * * *', 'Europe/Vienna', '2026-03-28T00:00:00Z', 3)).toEqual([
      '2026-03-28T01:30Z',
      '2026-03-29T01:00Z',
      '2026-03-30T00:30Z',
    ]);
  });

  it('takes a time that comes twice in autumn the first time', () => {
    // In Vienna, 03:00 became 02:00 on 25 October 2026, at 01:00 in UTC.
    expect(times('30 2 * * *', 'Europe/Vienna', '2026-10-24T00:00:00Z', 3)).toEqual([
      '2026-10-24T00:30Z',
      '2026-10-25T00:30Z',
      '2026-10-26T01:30Z',
    ]);
  });

  it('goes on every hour through both', () => {
    expect(times('0 * * * *', 'Europe/Vienna', '2026-03-28T23:30:00Z', 4)).toEqual([
      '2026-03-29T00:00Z',
      '2026-03-29T01:00Z',
      '2026-03-29T02:00Z',
      '2026-03-29T03:00Z',
    ]);
    expect(times('0 * * * *', 'Europe/Vienna', '2026-10-24T23:30:00Z', 4)).toEqual([
      '2026-10-25T00:00Z',
      '2026-10-25T01:00Z',
      '2026-10-25T02:00Z',
      '2026-10-25T03:00Z',
    ]);
  });

  it('knows zones whose midnight is skipped, and whose summer is half an hour', () => {
    expect(times('0 0 * * *', 'America/Santiago', '2026-09-05T12:00:00Z', 2)).toEqual([
      '2026-09-06T04:00Z',
      '2026-09-07T03:00Z',
    ]);
    expect(times('15 2 * * *', 'Australia/Lord_Howe', '2026-10-03T00:00:00Z', 2)).toEqual([
      '2026-10-03T15:30Z',
      '2026-10-04T15:15Z',
    ]);
  });

  it('is due once a day, whatever the zone and the time of day', () => {
    const anyTime = fc.record({
      zone: fc.constantFrom(...zones),
      hour: fc.integer({ min: 0, max: 23 }),
      minute: fc.integer({ min: 0, max: 59 }),
      year: fc.integer({ min: 2020, max: 2040 }),
    });
    fc.assert(
      fc.property(anyTime, ({ zone, hour, minute, year }) => {
        const schedule = createSchedule({ cron: `${minute} ${hour} * * *`, timeZone: zone });
        const days = new Set<string>();
        let at = new Date(Date.UTC(year, 0, 1, 12));
        for (let count = 0; count < 365; count += 1) {
          const next = schedule.next(at);
          // A day has 23 to 25 hours, and a skipped time is at most an hour late.
          const hours = (next.getTime() - at.getTime()) / 3_600_000;
          expect(hours).toBeGreaterThan(count === 0 ? 0 : 21.9);
          expect(hours).toBeLessThan(26.1);
          days.add(next.toLocaleDateString('sv-SE', { timeZone: zone }));
          at = next;
        }
        expect(days.size).toBe(365);
      }),
      { numRuns: 25 },
    );
  });

  it('finds backwards what it finds forwards', () => {
    const expressions = ['30 2 * * *', '0 * * * *', '*/15 * * * *', '0 0 1 * *', '15 3 * * 1', '0 12 29 2 *'];
    const moments = fc.oneof(
      fc.date({ min: new Date('2024-01-01'), max: new Date('2034-01-01'), noInvalidDate: true }),
      // Around the changes of the clock.
      fc.integer({ min: -180, max: 180 }).map((minute) => new Date(Date.UTC(2026, 2, 29, 1, minute))),
      fc.integer({ min: -180, max: 180 }).map((minute) => new Date(Date.UTC(2026, 9, 25, 1, minute))),
    );
    fc.assert(
      fc.property(fc.constantFrom(...expressions), fc.constantFrom(...zones), moments, (cron, timeZone, now) => {
        const schedule = createSchedule({ cron, timeZone });
        const last = schedule.last(now);
        const next = schedule.next(now);
        expect(last.getTime()).toBeLessThanOrEqual(now.getTime());
        expect(next.getTime()).toBeGreaterThan(now.getTime());
        expect(schedule.next(last)).toEqual(next);
        expect(schedule.last(next)).toEqual(next);
        expect(schedule.last(new Date(next.getTime() - 1))).toEqual(last);
      }),
      { numRuns: 300 },
    );
  });

  it('refuses a time zone that does not exist', () => {
    const error = expect.objectContaining({ code: 'TIME_ZONE_UNKNOWN' });
    expect(() => createSchedule({ cron: '0 0 * * *', timeZone: 'Europe/Atlantis' })).toThrow(error);
  });

  it.each([
    ['61 * * * *', 'UTC'],
    ['nightly', 'UTC'],
    ['* * * *', 'UTC'],
    ['* * * * * *', 'UTC'],
    ['0 0 30 2 *', 'UTC'],
  ])('refuses "%s" in %s', (cron, timeZone) => {
    expect(() => createSchedule({ cron, timeZone })).toThrow(expect.objectContaining({ code: 'SCHEDULE_INVALID' }));
  });
});
