import { readFileSync, readdirSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

/**
 * The extensions that PGlite brings, each packed as `<name>.tar.gz` beside its code. Given to its constructor, all of
 * their libraries would be compiled at each start. As files, which is what a server has, a library is compiled when it
 * is used; unpacking takes a tenth of a second, so it is left until an extension is asked for.
 */
export function unpackExtensions(write: (path: string, bytes: Buffer) => void): void {
  const folder = new URL('.', import.meta.resolve('@electric-sql/pglite'));
  for (const file of readdirSync(folder)) {
    if (!file.endsWith('.tar.gz') || withoutUse.has(file)) continue;
    for (const [name, bytes] of unpack(gunzipSync(readFileSync(new URL(file, folder)))))
      write(`/pglite/${name}`, bytes);
  }
}

/** Libraries that have to be there when the server starts, or that reach for files and logs of a server. */
const withoutUse = new Set(
  ['auto_explain', 'file_fdw', 'passwordcheck', 'pg_logicalinspect', 'pg_overexplain', 'pg_walinspect'].map(
    (name) => `${name}.tar.gz`,
  ),
);

const block = 512;

/** The files of a tar archive: blocks of 512 bytes, a head (name, size in octal digits, type) before each file. */
function* unpack(archive: Buffer): Generator<[string, Buffer]> {
  for (let at = 0; at + block <= archive.length && archive[at] !== 0;) {
    const name = archive.toString('utf8', at, at + 100).replace(/\0[^]*$/, '');
    const size = Number.parseInt(archive.toString('latin1', at + 124, at + 136), 8);
    const isFile = archive[at + 156] === 0x30 || archive[at + 156] === 0;
    at += block;
    if (isFile) yield [name, archive.subarray(at, at + size)];
    at += Math.ceil(size / block) * block;
  }
}
