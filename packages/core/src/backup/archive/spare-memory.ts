const granule = 256 * 1024;

/** Larger pieces are rare, and not worth keeping. */
const keepUpTo = 8 * 1024 * 1024;

/**
 * Memory that goes to threads and comes back. Without it every frame would leave a few megabytes for the garbage
 * collectors of two threads, which are in no hurry as long as there is memory.
 */
export class SpareMemory {
  readonly #most: number;
  #spare: ArrayBuffer[] = [];

  /** Keeps so many pieces at most. */
  constructor(most: number) {
    this.#most = most;
  }

  /** The pieces put together. */
  filled(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
    const size = pieces.reduce((sum, piece) => sum + piece.length, 0);
    const bytes = new Uint8Array(this.#take(size), 0, size);
    let at = 0;
    for (const piece of pieces) {
      bytes.set(piece, at);
      at += piece.length;
    }
    return bytes;
  }

  give(memory: ArrayBuffer): void {
    if (memory.byteLength > keepUpTo) return;
    // The smallest first, and the first to go.
    this.#spare = [...this.#spare, memory].toSorted((a, b) => a.byteLength - b.byteLength).slice(-this.#most);
  }

  #take(size: number): ArrayBuffer {
    const found = this.#spare.findIndex((memory) => memory.byteLength >= size);
    const [memory] = found < 0 ? [] : this.#spare.splice(found, 1);
    return memory ?? new ArrayBuffer(Math.ceil(size / granule) * granule);
  }
}
