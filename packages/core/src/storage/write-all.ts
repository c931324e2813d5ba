import type { FileHandle } from 'node:fs/promises';

/** Writes all the bytes at the end of what was written before; the system may take a part of them at a time. */
export async function writeAll(handle: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let done = 0; done < chunk.length;) {
    const { bytesWritten } = await handle.write(chunk, done);
    done += bytesWritten;
  }
}
