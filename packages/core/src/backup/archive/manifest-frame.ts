import { LockstepError } from '../../errors.ts';
import { canonicalJson } from './canonical-json.ts';
import { damaged } from './damage.ts';
import { formatVersion, maxManifest } from './limits.ts';
import type { Manifest } from './manifest.ts';
import { parseManifest } from './manifest.ts';
import { payloadLength, skippableFrame, skippableHead, skippableMagic } from './skippable.ts';

// The payload is two lines: a title that anyone can recognise, and the manifest's canonical JSON.

const title = /^lockstep archive (\d{1,9})\n/;

/** So many bytes at the beginning of a file are enough for `beginsLikeArchive`. */
export const openingSize = 64;

/** The whole frame of a manifest. Whether it is too large for one is asked of `isTooLarge`. */
export function packManifest(manifest: Manifest): Buffer {
  const payload = Buffer.from(`lockstep archive ${formatVersion}\n${canonicalJson(manifest)}\n`);
  return skippableFrame(skippableMagic.manifest, payload);
}

/** True if this frame is larger than readers accept. */
export function isTooLarge(manifestFrame: Buffer): boolean {
  return manifestFrame.length > skippableHead + maxManifest;
}

/** True if a file that begins with these bytes was begun by Lockstep. */
export function beginsLikeArchive(opening: Buffer): boolean {
  return manifestFrameSize(opening) !== undefined && title.test(titleOf(opening));
}

/** The length of the manifest's frame, head included, by the first bytes of a file. */
export function manifestFrameSize(opening: Buffer): number | undefined {
  const length = payloadLength(opening, skippableMagic.manifest);
  return length === undefined ? undefined : skippableHead + length;
}

/** The format that the opening names. Throws FORMAT_NEWER if this code does not know it. */
export function checkFormat(opening: Buffer, file: string): void {
  const found = Number(title.exec(titleOf(opening))?.[1] ?? '0');
  if (found > formatVersion) throw new LockstepError('FORMAT_NEWER', { file, found, needed: formatVersion });
  if (found !== formatVersion) throw damaged(file, 'it does not begin with a manifest');
}

/** Reads the whole frame of a manifest. */
export function unpackManifest(frame: Buffer, file: string): Manifest {
  checkFormat(frame, file);
  const payload = frame.subarray(skippableHead).toString('utf8');
  const expected = new RegExp(`^lockstep archive ${formatVersion}\\n(.*)\\n$`).exec(payload)?.[1];
  if (expected === undefined) throw damaged(file, 'the manifest is not one line');
  const manifest = parseManifest(expected, file);
  // Bytes that are no UTF-8 would otherwise be read as a replacement for them.
  if (!packManifest(manifest).equals(frame)) throw damaged(file, 'the manifest is not in canonical form');
  return manifest;
}

function titleOf(opening: Buffer): string {
  return opening.toString('latin1', skippableHead, openingSize);
}
