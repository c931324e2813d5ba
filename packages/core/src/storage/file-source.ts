import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import { LockstepError } from '../errors.ts';
import { inPlace, systemCode } from './failure.ts';
import type { Source } from './storage.ts';

/** Opens a file by its path. Throws BACKUP_MISSING, or STORAGE_FAILED if it is no file or may not be read. */
export async function openFile(path: string): Promise<Source> {
  try {
    return await fileSource(await open(path, 'r'), path);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') throw new LockstepError('BACKUP_MISSING', { file: path }, { cause: error });
    return inPlace(path, () => Promise.reject(error));
  }
}

/** A source of an open file, which it closes. `name` is for messages. */
export async function fileSource(handle: FileHandle, name: string): Promise<Source> {
  const stats = await handle.stat();
  if (!stats.isFile()) {
    await handle.close();
    throw new LockstepError('STORAGE_FAILED', { place: name, reason: 'it is not a file' });
  }
  return {
    name,
    size: stats.size,
    read: (offset, length) => inPlace(name, () => readExactly(handle, name, offset, length)),
    close: () => handle.close(),
  };
}

async function readExactly(handle: FileHandle, name: string, offset: number, length: number): Promise<Buffer> {
  // Not from Node's pool of small buffers: the bytes may be kept for long.
  const buffer = Buffer.allocUnsafeSlow(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await handle.read(buffer, done, length - done, offset + done);
    if (bytesRead === 0) {
      throw new LockstepError('FILE_DAMAGED', { file: name, reason: `it ends before byte ${offset + length}` });
    }
    done += bytesRead;
  }
  return buffer;
}
