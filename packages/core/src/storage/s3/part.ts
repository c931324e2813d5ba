import type { Hash } from 'node:crypto';
import { createHash } from 'node:crypto';
import type { Body } from './client.ts';

const blockSize = 1024 * 1024;

/** Memory for parts, used again and again, so that an upload of any length takes the same. */
export class BlockPool {
  readonly #free: Buffer[] = [];

  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(blockSize);
  }

  giveBack(blocks: readonly Buffer[]): void {
    this.#free.push(...blocks);
  }
}

/** A part that is being filled. Digests are computed on the way. */
export class Part {
  readonly number: number;
  readonly #size: number;
  readonly #pool: BlockPool;
  readonly #blocks: Buffer[] = [];
  readonly #sha256: Hash = createHash('sha256');
  readonly #md5: Hash = createHash('md5');
  #filled = 0;

  constructor(number: number, size: number, pool: BlockPool) {
    this.number = number;
    this.#size = size;
    this.#pool = pool;
  }

  get isFull(): boolean {
    return this.#filled === this.#size;
  }

  get size(): number {
    return this.#filled;
  }

  /** Copies as many bytes as there is room for, and returns how many. */
  add(chunk: Uint8Array): number {
    const taken = chunk.subarray(0, this.#size - this.#filled);
    this.#sha256.update(taken);
    this.#md5.update(taken);
    for (let done = 0; done < taken.length;) {
      const offset = this.#filled % blockSize;
      if (offset === 0) this.#blocks.push(this.#pool.take());
      const piece = taken.subarray(done, done + blockSize - offset);
      this.#blocks.at(-1)?.set(piece, offset);
      this.#filled += piece.length;
      done += piece.length;
    }
    return taken.length;
  }

  /** What was added. Nothing can be added afterwards. */
  body(): Body {
    const rest = this.#filled % blockSize;
    const pieces = this.#blocks.map((block, index) =>
      rest > 0 && index === this.#blocks.length - 1 ? block.subarray(0, rest) : block,
    );
    return { pieces, sha256: this.#sha256.digest('hex'), md5: this.#md5.digest('base64') };
  }

  /** The memory is free for other parts; this one is over. */
  release(): void {
    this.#pool.giveBack(this.#blocks.splice(0));
  }
}
