/** Numbers that belong to the format. docs/FORMAT.md gives the reasons. */

/** The format that this code writes, and the newest that it reads. */
export const formatVersion = 1;

const kilobyte = 1024;
const megabyte = 1024 * kilobyte;

/** The most content that one frame may have: a row of a database cannot be longer. */
export const maxContent = 1536 * megabyte;

/** A frame with more content than this is stored in raw blocks, so that no reader has to give memory on a promise. */
export const maxCompressedContent = 64 * megabyte;

/** The largest window that a frame may ask of a decompressor. */
export const maxWindow = 8 * megabyte;

/** The largest block of a zstd frame. */
export const maxBlock = 128 * kilobyte;

/** The payload of the manifest's frame. */
export const maxManifest = 4 * megabyte;

/** The payload of the frame of the table of contents: some 350 000 frames. */
export const maxContents = 64 * megabyte;

export const maxTables = 100_000;

/** Of all tables together. */
export const maxColumns = 2_000_000;

export const maxCounters = 100_000;
export const maxFrames = 1_000_000;

/** The largest frame of so much content: raw blocks have 3 bytes each, and may be short where two pieces meet. */
export function maxFrame(rawSize: number): number {
  return rawSize + Math.ceil(rawSize / maxBlock) * 3 + 64;
}

/**
 * How much content a frame should have, for tables with so many bytes on disk: 2 MB, and more beyond 80 GB, so that the
 * table of contents keeps within its limit even if the rows are eight times as long as text.
 */
export function frameContent(diskBytes: number): number {
  return Math.min(32 * megabyte, Math.max(2 * megabyte, Math.ceil(diskBytes / 40_000)));
}
