/** Compresses and decompresses single frames, off the main thread. */
export interface Codec {
  readonly name: 'builtin' | 'native' | 'wasm';
  /** How many frames it works on at the same time. */
  readonly parallel: number;
  /**
   * One zstd frame with content size and checksum in it, of the pieces put together; it comes in pieces as well. What is
   * given may be used again when this has returned its promise.
   */
  compress(pieces: readonly Uint8Array[]): Promise<readonly Buffer[]>;
  /**
   * The content of one frame whose header promises `rawSize` bytes, and whose blocks can't give more than `mostBytes`.
   * Rejects with an Error that says what is wrong with the frame. Whether the result keeps the promise is for the caller
   * to check.
   */
  decompress(frame: Uint8Array, rawSize: number, mostBytes: number): Promise<Buffer>;
  /** Ends its threads. What is still at work is rejected. */
  close(): Promise<void>;
}

/** On documents a higher level takes twice the time and saves little. */
export const compressionLevel = 1;
