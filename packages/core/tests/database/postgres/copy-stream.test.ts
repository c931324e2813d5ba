import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { CopyStream } from '#core/database/postgres/copy-stream.js';

const message = (type: string, body: Buffer): Buffer => {
  const head = Buffer.alloc(5);
  head.write(type, 0, 'latin1');
  head.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
};

test('rows and messages come apart, wherever the chunks are cut', () => {
  const bodies = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
  const messages = fc.array(fc.tuple(fc.constantFrom('d', 'd', 'd', 'N', 'S'), bodies), { maxLength: 30 });
  const cuts = fc.array(fc.nat({ max: 12_000 }), { maxLength: 60 });
  fc.assert(
    fc.property(messages, bodies, cuts, (sent, behind, places) => {
      const end = Buffer.concat([message('c', Buffer.alloc(0)), message('C', Buffer.from('COPY 1\0'))]);
      const ready = message('Z', Buffer.from('T'));
      const all = Buffer.concat([...sent.map(([type, body]) => message(type, body)), end, ready, behind]);
      const rows: Buffer[] = [];
      const others: Buffer[] = [];
      let taker: ((chunk: Buffer) => void) | undefined;
      const intake = {
        divert: (next: typeof taker) => void (taker = next),
        deliver: (chunk: Buffer) => void others.push(Buffer.from(chunk)),
      };
      new CopyStream(intake, (chunk) => void rows.push(Buffer.from(chunk))).begin();
      const bounds = [0, ...places.filter((place) => place < all.length).toSorted((a, b) => a - b), all.length];
      for (const [index, from] of bounds.slice(0, -1).entries()) {
        const chunk = Buffer.from(all.subarray(from, bounds[index + 1]));
        (taker ?? intake.deliver)(chunk);
        chunk.fill(0xee); // its memory is used again
      }
      expect(taker).toBeUndefined();
      const expected = sent.flatMap(([type, body]) => (type === 'd' ? [body] : []));
      expect(Buffer.concat(rows).equals(Buffer.concat(expected))).toBe(true);
      const rest = sent.flatMap(([type, body]) => (type === 'd' ? [] : [message(type, body)]));
      expect(Buffer.concat(others).equals(Buffer.concat([...rest, end, ready, behind]))).toBe(true);
    }),
    { numRuns: 1000 },
  );
});
