import { expect, it } from 'vitest';
import type { PutBackTask } from '#core/database/database.js';
import { BuildQueue } from '#core/restore/build-queue.js';

const task = (table: string | undefined, name: string, needsOnlyItsTable = true): PutBackTask => ({
  table,
  statements: [name],
  needsOnlyItsTable,
});
const names = (tasks: readonly PutBackTask[]): (string | undefined)[] => tasks.map(({ statements }) => statements[0]);

it('what needs only its table comes when its loads are done, stage by stage', () => {
  const queue = new BuildQueue(
    [new Set(['a', 'b']), new Set(['a'])],
    [
      [task('a', 'key of a'), task('b', 'key of b'), task('c', 'key of c')],
      [task('a', 'one'), task('a', 'two'), task('b', 'function', false)],
      [task(undefined, 'foreign key', false)],
      [task('a', 'last')],
    ],
  );
  expect(names(queue.done(['a', 'b']))).toEqual(['key of b']);
  expect(names(queue.done(['b']))).toEqual([]);
  expect(names(queue.done(['a']))).toEqual(['key of a']);
  expect(names(queue.done(['a']))).toEqual(['one', 'two']);
  expect(names(queue.done(['a']))).toEqual([]);
  expect(names(queue.done(['a']))).toEqual(['last']);
  expect(queue.rest.map(names)).toEqual([['key of c'], ['function'], ['foreign key'], []]);
});
