import type { Source } from '../../storage/storage.ts';
import { Archive } from './archive.ts';
import { findContradiction } from './check-contents.ts';
import type { Codec } from './codec.ts';
import { contentsTitle } from './contents-frame.ts';
import { damaged } from './damage.ts';
import type { Footer } from './footer.ts';
import { footerSize, isFooter, readFooter } from './footer.ts';
import { foreign } from './foreign.ts';
import { maxManifest } from './limits.ts';
import {
  beginsLikeArchive,
  checkFormat,
  manifestFrameSize,
  openingSize,
  packManifest,
  unpackManifest,
} from './manifest-frame.ts';
import type { Manifest } from './manifest.ts';
import { readContents } from './read-contents.ts';
import { skippableHead } from './skippable.ts';

export type { Archive };

/**
 * Opens an archive: reads footer, table of contents and manifest, and checks each of them and all against each other.
 * The frames are checked as they are read. Throws FILE_FOREIGN, FILE_DAMAGED or FORMAT_NEWER. The archive closes the
 * source; if opening fails, that is left to the caller. A codec that is given is used, and not closed.
 *
 * @example
 * const archive = await openArchive(await openFile('shop-1.4.0-20261122T113025123Z.sql.zst'));
 * console.log(archive.manifest.release);
 */
export async function openArchive(source: Source, codec?: Codec): Promise<Archive> {
  const footer = await findFooter(source);
  const contents = await readContents(source, footer);
  const file = source.name;
  const contradiction = findContradiction(contents);
  if (contradiction) throw damaged(file, contradiction);
  const last = contents.frames.at(-1);
  if (!last || last.offset + last.size !== footer.contentsOffset) {
    throw damaged(file, 'the table of contents does not begin where the last frame ends');
  }
  const manifest = packManifest(contents.manifest);
  if (!(await source.read(0, manifest.length)).equals(manifest)) {
    throw damaged(file, 'the manifest is not the one in the table of contents');
  }
  return new Archive(source, contents, codec);
}

/**
 * Reads only the manifest, which is enough to tell what a backup is of. Nothing else of the file is looked at or
 * checked. Throws FILE_FOREIGN, FILE_DAMAGED or FORMAT_NEWER.
 */
export async function readManifestOnly(source: Source): Promise<Manifest> {
  const opening = await source.read(0, Math.min(openingSize, source.size));
  if (!beginsLikeArchive(opening)) throw foreign(opening, source.name);
  checkFormat(opening, source.name);
  const size = manifestFrameSize(opening) ?? 0;
  if (size > source.size || size > skippableHead + maxManifest) throw damaged(source.name, 'the manifest is cut');
  return unpackManifest(await source.read(0, size), source.name);
}

/** What a file says of itself in its first and last bytes. */
export interface Stamp {
  readonly manifest: Manifest;
  readonly contentRoot: string;
  readonly fileRoot: string;
}

/** How the summary in a table of contents begins, which is canonical JSON. */
const roots = /^\{"contentRoot":"([0-9a-f]{64})","counters":\d+,"fileRoot":"([0-9a-f]{64})",/;

/**
 * Reads manifest, footer and the two roots, a few kilobytes in all: enough to tell what a backup is, that it has its
 * length, and whether a proof is its own. Throws FILE_FOREIGN, FILE_DAMAGED or FORMAT_NEWER.
 */
export async function readStamp(source: Source): Promise<Stamp> {
  const { contentsOffset, contentsSize } = await findFooter(source);
  const manifest = await readManifestOnly(source);
  const title = `${contentsTitle}\n`;
  const opening = await source.read(contentsOffset, Math.min(512, contentsSize));
  const text = opening.toString('latin1', skippableHead);
  const [, contentRoot, fileRoot] = (text.startsWith(title) && roots.exec(text.slice(title.length))) || [];
  if (contentRoot === undefined || fileRoot === undefined) {
    throw damaged(source.name, 'the footer does not point to a table of contents');
  }
  return { manifest, contentRoot, fileRoot };
}

async function findFooter(source: Source): Promise<Footer> {
  const { name: file, size } = source;
  const opening = await source.read(0, Math.min(openingSize, size));
  const closing = await source.read(Math.max(0, size - footerSize), Math.min(footerSize, size));
  if (!beginsLikeArchive(opening) && !isFooter(closing)) throw foreign(opening, file);
  const footer = readFooter(closing, file);
  const fits =
    footer.fileSize === size &&
    footer.contentsOffset <= size &&
    footer.contentsOffset + footer.contentsSize + footerSize === size;
  if (!fits) throw damaged(file, `it has ${size} bytes, and the footer says something else`);
  return footer;
}
