import type { FileHandle } from 'node:fs/promises';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inPlace } from './failure.ts';
import { fileSource } from './file-source.ts';
import type { Source } from './storage.ts';
import { writeAll } from './write-all.ts';

/**
 * Takes a stream in whole, so that a backup which comes through a pipe is checked like any other before it is used. The
 * temporary file has no name: it is gone when the source is closed, or when the process ends in any way.
 *
 * @example
 * const archive = await openArchive(await spool(process.stdin, 'standard input'));
 */
export async function spool(stream: AsyncIterable<Uint8Array>, name: string): Promise<Source> {
  const handle = await temporaryFile();
  try {
    for await (const chunk of stream) await inPlace(tmpdir(), () => writeAll(handle, chunk));
    return await fileSource(handle, name);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** An empty file that has no name: it is gone when it is closed, or when the process ends in any way. */
export async function temporaryFile(): Promise<FileHandle> {
  const folder = await inPlace(tmpdir(), () => mkdtemp(join(tmpdir(), 'lockstep-')));
  return inPlace(folder, async () => {
    const opened = await open(join(folder, 'input'), 'wx+', 0o600);
    await rm(folder, { recursive: true });
    return opened;
  });
}
