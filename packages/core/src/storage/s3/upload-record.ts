import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inPlace, systemCode } from '../failure.ts';
import { partialName, readPartialName, writerIsDead } from '../partial-name.ts';

/** An upload of this machine that has not ended yet. */
export interface RecordedUpload {
  readonly endpoint: string;
  readonly bucket: string;
  readonly key: string;
  readonly id: string;
}

// S3 does not tell whose an unfinished upload is. Therefore its writer leaves a note with its process number in the
// folder for temporary files, for later processes on the same machine to know that it is dead.
const title = 'lockstep-upload';

/** Writes a record, and returns the path to remove when the upload has ended. */
export async function recordUpload(upload: RecordedUpload): Promise<string> {
  const { endpoint, bucket, key, id } = upload;
  const path = join(tmpdir(), partialName(title));
  await inPlace(path, () => writeFile(path, [endpoint, bucket, key, id].join('\n'), { flag: 'wx', mode: 0o600 }));
  return path;
}

export async function forgetUpload(path: string): Promise<void> {
  await inPlace(path, () => rm(path, { force: true }));
}

/** The records of this user whose processes are dead, by their paths. */
export async function deadUploads(): Promise<ReadonlyMap<string, RecordedUpload>> {
  const folder = tmpdir();
  return inPlace(folder, async () => {
    const found = new Map<string, RecordedUpload>();
    for (const name of await readdir(folder)) {
      const writer = name.startsWith(`.${title}.`) ? readPartialName(name) : undefined;
      if (!writer || !writerIsDead(writer)) continue;
      const upload = await readRecord(join(folder, name));
      if (upload) found.set(join(folder, name), upload);
    }
    return found;
  });
}

/** Undefined for a record that is gone meanwhile, or that another user made. */
async function readRecord(path: string): Promise<RecordedUpload | undefined> {
  try {
    if (process.getuid && (await stat(path)).uid !== process.getuid()) return undefined;
    const [endpoint = '', bucket = '', key = '', id = ''] = (await readFile(path, 'utf8')).split('\n');
    return { endpoint, bucket, key, id };
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
