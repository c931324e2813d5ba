// Run by zstd.test.ts on every release of Node, with its own codec and with the one in WebAssembly: packs and unpacks frames, and damages them.
// Prints what it found as JSON.
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { Archive } from '#core/backup/archive/archive.js';
import { openArchive } from '#core/backup/archive/reader.js';
import { nativeCodec } from '#core/backup/archive/zstd-native.js';
import { wasmCodec } from '#core/backup/archive/zstd-wasm.js';
import { openCodec } from '#core/backup/archive/zstd.js';
import { openFile } from '#core/storage/file-source.js';

const [, , which, sample, packed] = process.argv;
const codec = { builtin: openCodec, native: nativeCodec, wasm: wasmCodec }[which]();
try {
  const given = await openArchive(await openFile(sample), codec);
  await given.verifyAll();
  await given.close();

  // Frames of every kind of content: repetitive, random, tiny, several megabytes.
  const label = Buffer.from('-- lockstep head 1\n');
  const text = Buffer.from(JSON.stringify({ id: 1, name: 'name', list: [1, 2, 3] }));
  const random = Buffer.concat(
    Array.from({ length: 3000 }, (_, index) => createHash('sha256').update(`${index}`).digest()),
  );
  const contents = [
    Buffer.alloc(0),
    text,
    Buffer.concat(Array.from({ length: 20_000 }, () => text)),
    random,
    Buffer.alloc(5_000_000, 'a'),
  ].map((content) => Buffer.concat([label, content]));
  const frames = await Promise.all(contents.map((content) => packFrame(content)));
  await writeFile(packed, Buffer.concat(frames));

  const read = (frame, content) =>
    new Archive(sourceOf(frame), { frames: [entryOf(frame, content)] }, codec).readFrame(0);
  const same = await Promise.all(
    frames.map(async (frame, index) =>
      (await read(frame, contents[index])).equals(contents[index].subarray(label.length)),
    ),
  );

  // One bit of each byte of a small frame and its edges of a large one. What is not refused has to be unharmed.
  const wrong = [];
  let refused = 0;
  for (const number of [1, 2]) {
    const frame = frames[number];
    for (let at = 0; at < frame.length; at += at < 300 || at > frame.length - 30 ? 1 : 997) {
      const damaged = Buffer.from(frame);
      damaged[at] ^= 1 << (at % 8);
      try {
        const sql = await read(damaged, contents[number]);
        if (!sql.equals(contents[number].subarray(label.length)))
          wrong.push(`frame ${number}, byte ${at}: other content`);
      } catch (error) {
        if (error.code === 'FILE_DAMAGED') refused++;
        else wrong.push(`frame ${number}, byte ${at}: ${String(error)}`);
      }
    }
  }
  const sha256 = createHash('sha256').update(Buffer.concat(contents)).digest('hex');
  process.stdout.write(JSON.stringify({ codec: codec.name, same, wrong, refused, sha256 }));
} finally {
  await codec.close();
}

async function packFrame(content) {
  return Buffer.concat(await codec.compress([content.subarray(0, 5), content.subarray(5)]));
}

function entryOf(frame, content) {
  const sha256 = createHash('sha256').update(frame).digest('hex');
  return { kind: 'head', table: null, rows: 0, offset: 0, size: frame.length, rawSize: content.length, sha256 };
}

function sourceOf(bytes) {
  return { name: 'frame', size: bytes.length, read: async () => Buffer.from(bytes), close: async () => {} };
}
