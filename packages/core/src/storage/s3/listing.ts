import type { StoredFile } from '../storage.ts';
import type { Client } from './client.ts';
import { elementsOf, textOf } from './xml.ts';

/** The objects right below a prefix, without it in their names. Pages of a thousand are asked for one after another. */
export async function* objectsBelow(client: Client, prefix: string, begin = ''): AsyncGenerator<StoredFile> {
  for (let token: string | undefined; ;) {
    const { body } = await client.request({
      method: 'GET',
      query: {
        'list-type': '2',
        'encoding-type': 'url',
        delimiter: '/',
        prefix: `${prefix}${begin}`,
        ...(token === undefined ? {} : { 'continuation-token': token }),
      },
      doing: 'list the files',
    });
    for (const object of elementsOf(body, 'Contents')) {
      yield {
        name: decodeKey(textOf(object, 'Key') ?? '').slice(prefix.length),
        size: Number(textOf(object, 'Size')),
        modifiedAt: new Date(textOf(object, 'LastModified') ?? ''),
      };
    }
    token = textOf(body, 'IsTruncated') === 'true' ? textOf(body, 'NextContinuationToken') : undefined;
    if (token === undefined) return;
  }
}

/** True if there is an object of exactly this key. */
export async function objectExists(client: Client, prefix: string, name: string): Promise<boolean> {
  // Asked for by a list and not by HEAD, whose answer has no body that says why it is refused. The key itself is the
  // first of those that begin with it.
  for await (const found of objectsBelow(client, prefix, name)) return found.name === name;
  return false;
}

/** An unfinished upload. */
export interface FoundUpload {
  readonly key: string;
  readonly id: string;
  readonly begunAt: Date;
}

/** The unfinished uploads whose keys begin with a prefix. */
export async function* uploadsBelow(client: Client, prefix: string): AsyncGenerator<FoundUpload> {
  for (let marker: Record<string, string> | undefined = {}; marker;) {
    const { body, refusal } = await client.request({
      method: 'GET',
      query: { uploads: '', 'encoding-type': 'url', prefix, ...marker },
      doing: 'list unfinished uploads',
      accept: ['NotImplemented', 'MethodNotAllowed'],
    });
    // A server that cannot tell of them has to clean up by itself.
    if (refusal) return;
    // Ceph does not encode keys here, whatever it is asked for.
    const isEncoded = textOf(body, 'EncodingType') === 'url';
    const keyOf = (text = ''): string => (isEncoded ? decodeKey(text) : text);
    for (const upload of elementsOf(body, 'Upload')) {
      const [key, id] = [keyOf(textOf(upload, 'Key')), textOf(upload, 'UploadId') ?? ''];
      yield { key, id, begunAt: new Date(textOf(upload, 'Initiated') ?? '') };
    }
    const next: Record<string, string> = {
      'key-marker': keyOf(textOf(body, 'NextKeyMarker')),
      'upload-id-marker': textOf(body, 'NextUploadIdMarker') ?? '',
    };
    marker = textOf(body, 'IsTruncated') === 'true' ? next : undefined;
  }
}

/** When the last part of an upload arrived; undefined if it has none, or if it is gone. */
export async function lastPartAt(client: Client, { key, id }: FoundUpload): Promise<Date | undefined> {
  let latest: Date | undefined;
  for (let marker: string | undefined = '0'; marker !== undefined;) {
    const { body, refusal } = await client.request({
      method: 'GET',
      key,
      query: { uploadId: id, 'part-number-marker': marker },
      doing: 'look at an unfinished upload',
      accept: ['NoSuchUpload'],
    });
    if (refusal) return undefined;
    for (const part of elementsOf(body, 'Part')) {
      const time = new Date(textOf(part, 'LastModified') ?? '');
      if (latest === undefined || time > latest) latest = time;
    }
    marker = textOf(body, 'IsTruncated') === 'true' ? textOf(body, 'NextPartNumberMarker') : undefined;
  }
  return latest;
}

function decodeKey(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '));
}
