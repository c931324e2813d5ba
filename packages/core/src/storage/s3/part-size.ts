// An upload has at most 10,000 parts of 5 MB to 5 GB; only the last may be smaller.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html

const megabyte = 1024 * 1024;
const first = 8 * megabyte;
const largest = 5120 * megabyte;

/** Parts of the first size, before they grow. */
const equal = 5000;

/** So many parts of each further size. */
const step = 500;

/**
 * Bytes of a part, counted from 1. Nobody knows how long the file will be. The first 5,000 parts have 8 MB (40 GB), then
 * the size doubles every 500 parts, so that 10,000 parts hold 7 TB. What is in memory grows with it: see `partsUnderWay`.
 */
export function partSize(part: number): number {
  const doublings = part <= equal ? 0 : Math.ceil((part - equal) / step);
  return Math.min(largest, first * 2 ** doublings);
}

/** How many parts of a size are sent at the same time, so that they take little memory: 32 MB, or a single part. */
export function partsUnderWay(size: number): number {
  return Math.max(1, Math.floor((4 * first) / size));
}
