import { MessageReader, message, readAll, rowValues } from '#core/database/pglite/messages.js';
import { readStartup } from '#core/database/pglite/startup.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const letter = fc.constantFrom('Q', 'P', 'B', 'E', 'D', 'S', 'X', 'd', 'c', 'f');
const body = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));

describe('MessageReader', () => {
  it('gives the messages back however the bytes are cut', () => {
    const sent = fc.array(fc.tuple(letter, body), { maxLength: 20 });
    fc.assert(
      fc.property(sent, fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }), (messages, sizes) => {
        const bytes = Buffer.concat(messages.map(([type, content]) => message(type, content)));
        const reader = new MessageReader();
        reader.started();
        const found: [string, Buffer][] = [];
        for (let at = 0, cut = 0; at < bytes.length; cut += 1) {
          const size = sizes[cut % sizes.length] ?? 1;
          reader.push(bytes.subarray(at, at + size));
          at += size;
          for (let next = reader.next(); next !== undefined; next = reader.next()) found.push([next.type, next.body]);
        }
        expect(found).toEqual(messages);
      }),
    );
  });

  it('refuses lengths that cannot be', () => {
    for (const length of [0, 3, 0x7fffffff, 0xffffffff]) {
      const head = Buffer.from('Q\0\0\0\0');
      head.writeUInt32BE(length, 1);
      expect(() => readAll(head)).toThrow(RangeError);
    }
  });
});

describe('rowValues', () => {
  it('reads texts and NULL', () => {
    const row = Buffer.from([0, 3, 0, 0, 0, 2, 0xc3, 0xa4, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]);
    expect(rowValues(row)).toEqual(['ä', null, '']);
  });
});

describe('readStartup', () => {
  const packet = (...parameters: string[]): Buffer =>
    Buffer.from(['\0\x03\0\0', ...parameters.map((text) => `${text}\0`), '\0'].join(''));

  it('reads the parameters', () => {
    const read = readStartup(
      packet('user', 'anna', 'application_name', 'a b', 'options', '-c a=1 -cb=2 --c-d=x\\ y', '_pq_.x', '1'),
    );
    expect(read).toEqual({
      minor: 0,
      user: 'anna',
      database: 'anna',
      settings: new Map([
        ['a', '1'],
        ['b', '2'],
        ['c_d', 'x y'],
        ['application_name', 'a b'],
      ]),
      extensions: ['_pq_.x'],
    });
  });

  it('refuses what it does not understand', () => {
    for (const bytes of [Buffer.alloc(3), Buffer.from('\0\x02\0\0'), packet('user', 'a', 'options', '-x 1')]) {
      expect(() => readStartup(bytes)).toThrow(RangeError);
    }
  });

  it('never throws anything but RangeError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const packetOf = (): unknown => readStartup(Buffer.concat([Buffer.from([0, 3, 0, 0]), Buffer.from(bytes)]));
        try {
          packetOf();
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
    );
  });
});
