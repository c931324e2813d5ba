import { describe, expect, it } from 'vitest';
import { checksum } from '#core/release/checksum.js';
import { decode } from '#core/release/decode.js';

const script = ['CREATE TABLE a (id int);', 'INSERT INTO a VALUES (1);'];

describe("Flyway's checksum", () => {
  it.each([
    ['empty', '', 0],
    ['a line end', '\n', 0],
    ['LF', `${script.join('\n')}\n`, -279898995],
    ['CRLF', `${script.join('\r\n')}\r\n`, -279898995],
    ['CR', `${script.join('\r')}\r`, -279898995],
    ['a byte order mark', `\uFEFF${script.join('\n')}\n`, -279898995],
    ['no last line end', script.join('\n'), -279898995],
    ['blank lines', script.join('\n\n\n'), -279898995],
    ['no line end at all', script.join(''), -279898995],
    ['a blank at the end', `${script.join(' \n')}\n`, -1984249930],
    ['letters and emoji', "-- Grüße €\nSELECT '日本語 😀';\n", -1277950883],
    ['U+2028', "SELECT 'a\u2028b';\n", -484150241],
    ['U+0085', "SELECT 'a\u0085b';\n", -1153608134],
    ['a form feed', 'SELECT 1;\f\nSELECT 2;\n', -467102767],
    ['a mark inside', 'SELECT 1;\n\uFEFFSELECT 2;\n', -737986772],
    ['two marks', '\uFEFF\uFEFFSELECT 1;\n', -1606921097],
  ])('%s', (_, text, expected) => {
    expect(checksum(decode(Buffer.from(text), 'UTF-8'))).toBe(expected);
  });

  it('refuses what is not UTF-8', () => {
    expect(() => decode(Buffer.from([0x41, 0xff]), 'UTF-8')).toThrow(TypeError);
  });
});
