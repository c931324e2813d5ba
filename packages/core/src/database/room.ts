/** What is larger is let go: long rows are rare, and whoever got them may still use them. */
const keepUpTo = 8 * 1024 * 1024;

const granule = 256 * 1024;

/**
 * Memory that is used again. Pieces of some megabytes that are made anew each time set off the garbage collector more
 * often than the objects around them are worth.
 */
export class Room {
  #memory: Buffer = Buffer.alloc(0);

  /** Memory of this size, with anything in it: the same that was given before, if that was no more than 8 MB. */
  take(size: number): Buffer {
    if (this.#memory.length < size || this.#memory.length > keepUpTo) {
      this.#memory = Buffer.allocUnsafeSlow(Math.ceil(size / granule) * granule);
    }
    return this.#memory.subarray(0, size);
  }
}
