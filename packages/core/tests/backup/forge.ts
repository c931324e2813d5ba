// Files that are wrong in what they say, with every checksum right: what somebody could send who knows the format.
import { createHash } from 'node:crypto';
import type { Json } from '#core/backup/archive/canonical-json.js';
import { canonicalJson } from '#core/backup/archive/canonical-json.js';
import { packContents } from '#core/backup/archive/contents-frame.js';
import { FileRoot } from '#core/backup/archive/file-root.js';
import { footerSize, packFooter } from '#core/backup/archive/footer.js';
import { packManifest } from '#core/backup/archive/manifest-frame.js';
import { skippableFrame, skippableMagic } from '#core/backup/archive/skippable.js';
import type { FrameEntry, TableOfContents } from '#core/backup/archive/table-of-contents.js';
import { packStored } from '#core/backup/archive/stored-frame.js';
import { contentRoot } from '#core/backup/content-root.js';
import { sampleManifest } from './sample.ts';

export interface ForgedFrame {
  readonly bytes: Buffer;
  readonly entry: Partial<FrameEntry>;
}

/** A file of these frames, between a good `head` and a good `tail` frame of raw blocks. */
export async function forgeFrames(
  frames: readonly ForgedFrame[],
  changes: Partial<TableOfContents> = {},
): Promise<Buffer> {
  const head = await rawFrame('-- lockstep head 1\n', { kind: 'head' });
  const tail = await rawFrame(`-- lockstep tail ${frames.length + 2}\n`, { kind: 'tail' });
  const all = [head, ...frames, tail];
  const manifest = sampleManifest();
  const manifestFrame = packManifest(manifest);
  const fileRoot = new FileRoot(manifestFrame);
  let offset = manifestFrame.length;
  const entries: FrameEntry[] = all.map(({ bytes, entry }) => {
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const whole = {
      kind: 'shape',
      table: null,
      rows: 0,
      offset,
      size: bytes.length,
      rawSize: 0,
      sha256,
      ...entry,
    } as const;
    offset += bytes.length;
    fileRoot.add(whole.sha256);
    return whole;
  });
  const root = contentRoot({
    fingerprint: manifest.fingerprint,
    release: manifest.release,
    tables: changes.tables ?? [],
  });
  const contents = {
    manifest,
    tables: [],
    counters: [],
    frames: entries,
    contentRoot: root,
    fileRoot: fileRoot.hex(),
    ...changes,
  };
  return assemble([manifestFrame, ...all.map(({ bytes }) => bytes)], Buffer.concat(packContents(contents)));
}

/** A good frame of raw blocks. */
export async function rawFrame(content: string | Buffer, entry: Partial<FrameEntry>): Promise<ForgedFrame> {
  const bytes = Buffer.concat(await packStored([Buffer.from(content)]));
  return { bytes, entry: { rawSize: Buffer.byteLength(content), ...entry } };
}

/** A file whose table of contents has exactly these lines. */
export function forgeContents(
  lines: readonly string[],
  before: readonly Buffer[] = [packManifest(sampleManifest())],
): Buffer {
  const payload = Buffer.from(lines.map((line) => `${line}\n`).join(''));
  return assemble(before, skippableFrame(skippableMagic.contents, payload));
}

/** Puts the right footer behind what is given. */
export function assemble(before: readonly Buffer[], contentsFrame: Buffer): Buffer {
  const contentsOffset = before.reduce((sum, part) => sum + part.length, 0);
  const footer = packFooter({
    contentsOffset,
    contentsSize: contentsFrame.length,
    contentsSha256: createHash('sha256').update(contentsFrame).digest('hex'),
    fileSize: contentsOffset + contentsFrame.length + footerSize,
  });
  return Buffer.concat([...before, contentsFrame, footer]);
}

/** A zstd frame of these blocks. Its checksum is 0 if the descriptor has the flag. */
export function zstdFrame({ descriptor = 0x84, window = 0x38, contentSize = 0, blocks }: ZstdParts): Buffer {
  const header = Buffer.alloc(10);
  header.writeUInt32LE(0xfd2fb528, 0);
  header.writeUInt8(descriptor, 4);
  header.writeUInt8(window, 5);
  header.writeUInt32LE(contentSize, 6);
  const checksum = Buffer.alloc((descriptor & 4) === 0 ? 0 : 4);
  return Buffer.concat([header, ...blocks, checksum]);
}

interface ZstdParts {
  readonly descriptor?: number;
  readonly window?: number;
  readonly contentSize?: number;
  readonly blocks: readonly Buffer[];
}

export const blockTypes = ['raw', 'repeated', 'compressed', 'reserved'] as const;

export function block(type: (typeof blockTypes)[number], size: number, bytes: Buffer, last = true): Buffer {
  const head = Buffer.alloc(3);
  head.writeUIntLE((size << 3) | (blockTypes.indexOf(type) << 1) | Number(last), 0, 3);
  return Buffer.concat([head, bytes]);
}

/** The second line of a table of contents. */
export function summary(changes: Readonly<Record<string, Json>> = {}): string {
  const zeros = '00'.repeat(32);
  const counts = { tables: 0, counters: 0, frames: 0 };
  return canonicalJson({ manifest: sampleManifest(), ...counts, contentRoot: zeros, fileRoot: zeros, ...changes });
}
