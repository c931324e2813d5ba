import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { sideBySide } from '#core/restore/side-by-side.js';

const never = async (): Promise<void> => {
  throw new Error('it was stopped');
};

describe('work side by side', () => {
  it('takes what has become possible first, and waits for it while others are at work', async () => {
    const taken: string[] = [];
    const work = async (worker: number, item: string): Promise<string[]> => {
      taken.push(item);
      for (let turn = 0; turn < worker * 5; turn += 1) await setImmediate();
      return item.length < 3 ? [`${item}1`, `${item}2`] : [];
    };
    await sideBySide([1, 2, 3], ['a', 'b'], work, never);
    expect(taken.toSorted()).toEqual('a a1 a11 a12 a2 a21 a22 b b1 b11 b12 b2 b21 b22'.split(' '));
    const alone: string[] = [];
    const inOrder = async (_: number, item: string): Promise<string[]> => {
      alone.push(item);
      return item.length < 2 ? [`${item}1`, `${item}2`] : [];
    };
    await sideBySide([1], ['a', 'b'], inOrder, never);
    expect(alone).toEqual('a a1 a2 b b1 b2'.split(' '));
  });

  it('begins nothing more after a failure, also where workers wait, and throws the first error', async () => {
    let stopped = 0;
    const taken: string[] = [];
    const work = async (_: number, item: string): Promise<string[]> => {
      taken.push(item);
      await setImmediate();
      if (item === 'b') throw new Error('b failed');
      return [`${item}1`];
    };
    const stop = async (): Promise<void> => void (stopped += 1);
    await expect(sideBySide([1, 2, 3, 4], ['b'], work, stop)).rejects.toThrow('b failed');
    expect(taken).toEqual(['b']);
    expect(stopped).toBe(1);
  });
});
