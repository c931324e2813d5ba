import { expect, it } from 'vitest';
import { checkBackups } from '@lockstep/core';
import { listed, proven } from './listed.ts';

const now = new Date('2026-11-25T12:00:00Z');
const day = 86_400;

it.each([
  ['nothing at all', [], {}, ['none']],
  ['one', [listed('2026-11-25T11:00:00Z')], { maxAge: day }, []],
  ['one of another product', [listed('2026-11-25T11:00:00Z', { product: 'other' })], {}, ['none']],
  ['one that is too old', [listed('2026-11-24T11:00:00Z')], { maxAge: day }, ['too old']],
  ['one of any age', [listed('2020-11-24T11:00:00Z')], {}, []],
  ['a damaged one only', [listed('2026-11-25T11:00:00Z', { damage: 'cut' })], {}, ['newest damaged', 'none']],
  [
    'a damaged one after a sound one',
    [listed('2026-11-25T10:00:00Z'), listed('2026-11-25T11:00:00Z', { damage: 'cut' })],
    { maxAge: day },
    ['newest damaged'],
  ],
  [
    'a damaged one before a sound one',
    [listed('2026-11-25T10:00:00Z', { damage: 'cut' }), listed('2026-11-25T11:00:00Z')],
    { maxAge: day },
    [],
  ],
  ['one that is not proven', [listed('2026-11-25T11:00:00Z')], { maxAge: day, proven: true }, ['not proven']],
  [
    'a proven one under one that is not',
    [listed('2026-11-25T11:00:00Z'), listed('2026-11-25T10:00:00Z', { proven })],
    { maxAge: day, proven: true },
    [],
  ],
  [
    'a proven one that is too old under a young one',
    [listed('2026-11-25T11:00:00Z'), listed('2026-11-24T10:00:00Z', { proven })],
    { maxAge: day, proven: true },
    ['too old'],
  ],
  ['one of tomorrow', [listed('2026-11-26T11:00:00Z')], { maxAge: day }, ['from the future']],
  ['one of a clock that is a little ahead', [listed('2026-11-25T12:00:10Z')], { maxAge: day }, []],
])('checks %s', (_, backups, options, problems) => {
  const check = checkBackups(backups, { product: 'shop', now, ...options });
  expect(check.problems.map(({ kind }) => kind)).toEqual(problems);
});
