import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { LockstepError, errorTable, redact } from '@lockstep/core';

describe('errors', () => {
  it('are described in docs/ERRORS.md, word for word', async () => {
    // The page's maker is a script without types.
    const script: unknown = await import(new URL('../../../scripts/errors-doc.mjs', import.meta.url).href);
    const page = await readFile(new URL('../../../docs/ERRORS.md', import.meta.url), 'utf8');
    expect(script).toHaveProperty('errorsPage');
    const make: unknown = Reflect.get(Object(script), 'errorsPage');
    expect(typeof make === 'function' ? make() : undefined).toBe(page);
  });

  it('fill in their details', () => {
    const error = new LockstepError('LOCK_TIMEOUT', { seconds: 5, holder: 'somebody' });
    expect(error.message).toBe('Gave up after waiting 5 s for somebody.');
    expect(error.exit).toBe(6);
  });

  it('miss no detail in silence', () => {
    expect(() => new LockstepError('LOCK_TIMEOUT', { seconds: 5 })).toThrow('holder');
  });

  it('say what was found and what to do', () => {
    for (const { message, next } of Object.values(errorTable)) {
      expect(message.length).toBeGreaterThan(5);
      expect(next.length).toBeGreaterThan(5);
    }
  });

  it.each([
    ['postgres://anna:s3cret@db/shop', 'postgres://anna:***@db/shop'],
    ['a postgres://a:b@c and mysql://u:p%40@h:1/x', 'a postgres://a:***@c and mysql://u:***@h:1/x'],
    ['postgres://db/x?user=a&password=hush&y=1', 'postgres://db/x?user=a&password=***&y=1'],
  ])('show no password: %s', (text, expected) => {
    expect(redact(text)).toBe(expected);
    expect(new LockstepError('USAGE', { reason: text }).message).toBe(expected);
  });
});
