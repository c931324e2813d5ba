import { createHash } from 'node:crypto';

/**
 * The file root: one SHA-256 for all the frames of a file and their order. It begins as the SHA-256 of the manifest's
 * frame; each frame makes it the SHA-256 of the root so far (32 bytes) and the frame's own SHA-256 (32 bytes).
 */
export class FileRoot {
  #root: Buffer;

  constructor(manifestFrame: Uint8Array) {
    this.#root = createHash('sha256').update(manifestFrame).digest();
  }

  add(frameSha256: string): void {
    this.#root = createHash('sha256').update(this.#root).update(frameSha256, 'hex').digest();
  }

  hex(): string {
    return this.#root.toString('hex');
  }
}
