import type { Source } from './storage.ts';

/** A source that knows how many bytes were read of it. */
export interface CountedSource extends Source {
  readonly bytesRead: number;
}

/** Counts what is read of a source. */
export function countReads(source: Source): CountedSource {
  let bytesRead = 0;
  return {
    name: source.name,
    size: source.size,
    get bytesRead() {
      return bytesRead;
    },
    read: (offset, length) => {
      bytesRead += length;
      return source.read(offset, length);
    },
    close: () => source.close(),
  };
}
