import type { FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { inPlace } from './failure.ts';
import { temporaryFile } from './spool.ts';
import type { Source } from './storage.ts';

/**
 * A source whose parts are fetched once: what has been read is kept in a temporary file without a name, and comes from
 * there when the same part is read again. For whoever checks a part of a remote file and then uses it.
 */
export async function readOnce(source: Source): Promise<Source> {
  const handle = await temporaryFile();
  const kept: Kept[] = [];
  let end = 0;
  return {
    name: source.name,
    size: source.size,
    read: async (offset, length) => {
      // A part of what was read: an encrypted file keeps the edges of a read, and asks for the rest of it again.
      const whole = kept.find((part) => part.offset <= offset && offset + length <= part.offset + part.length);
      if (whole) return inPlace(tmpdir(), () => readAt(handle, whole.place + offset - whole.offset, length));
      const bytes = await source.read(offset, length);
      const place = end;
      end += length;
      await inPlace(tmpdir(), () => writeAt(handle, place, bytes));
      kept.push({ offset, length, place });
      return bytes;
    },
    close: async () => {
      await handle.close();
      await source.close();
    },
  };
}

/** A part of the source, and where it is in the temporary file. */
interface Kept {
  readonly offset: number;
  readonly length: number;
  readonly place: number;
}

async function readAt(handle: FileHandle, place: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafeSlow(length);
  for (let done = 0; done < length;) {
    const { bytesRead } = await handle.read(buffer, done, length - done, place + done);
    if (bytesRead === 0) throw new Error('the temporary file is cut');
    done += bytesRead;
  }
  return buffer;
}

async function writeAt(handle: FileHandle, place: number, bytes: Buffer): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, place + done);
    done += bytesWritten;
  }
}
