import { randomUUID } from 'node:crypto';
import { LockstepError } from '../../errors.ts';
import { bodyOf } from './body.ts';
import type { Body, Client, Result } from './client.ts';
import { escapeXml, textOf } from './xml.ts';

/** An upload that has been begun. Nobody sees it before it is complete; its parts take room until it is aborted. */
export interface Upload {
  readonly key: string;
  readonly id: string;
  /** Becomes part of the object, so that it can be told whose it is. */
  readonly token: string;
}

const tokenHeader = 'x-amz-meta-lockstep-upload';

export async function beginUpload(client: Client, key: string): Promise<Upload> {
  const token = randomUUID();
  const { body } = await client.request({
    method: 'POST',
    key,
    query: { uploads: '' },
    headers: { [tokenHeader]: token },
    doing: 'begin an upload',
  });
  const id = textOf(body, 'UploadId');
  if (id === undefined || id === '') throw unexpected(client, key, 'it names no upload');
  return { key, id, token };
}

/** Sends a part, and returns the server's tag of it. */
export async function uploadPart(
  client: Client,
  { key, id }: Upload,
  part: number,
  body: Body,
  signal: AbortSignal,
): Promise<string> {
  const query = { partNumber: String(part), uploadId: id };
  const { headers } = await client.request({ method: 'PUT', key, query, body, signal, doing: 'upload a part' });
  if (typeof headers.etag !== 'string') throw unexpected(client, key, 'it gives a part no tag');
  return headers.etag;
}

/** Makes the object out of its parts. Throws BACKUP_EXISTS if there is one of this name that is not this upload's. */
export async function completeUpload(client: Client, upload: Upload, tags: readonly string[]): Promise<void> {
  const isRefused = async (headers: Readonly<Record<string, string>>): Promise<Result['refusal']> => {
    const { refusal } = await client.request({
      method: 'POST',
      key: upload.key,
      query: { uploadId: upload.id },
      headers: { 'content-type': 'application/xml', ...headers },
      body: bodyOf(Buffer.from(partList(tags))),
      doing: 'complete an upload',
      accept: ['PreconditionFailed', 'ConditionalRequestConflict', 'NoSuchUpload', 'NotImplemented'],
      // Putting many parts together takes a server time, in which it may say nothing.
      patience: { milliseconds: client.patience.milliseconds * 10, bytes: 1 },
    });
    return refusal;
  };
  let refusal = await isRefused({ 'if-none-match': '*' });
  // Some servers know conditions only for files that come in one piece. The caller holds a claim on the name.
  if (refusal?.code === 'NotImplemented') refusal = await isRefused({});
  if (!refusal) return;
  // The answer to an attempt that succeeded may have been lost.
  const found = await ownerOf(client, upload.key);
  if (found === upload.token) return;
  if (found !== undefined) throw new LockstepError('BACKUP_EXISTS', { file: client.place(upload.key) });
  throw unexpected(client, upload.key, `it does not complete the upload: ${refusal.code}`);
}

/** Gives an upload up. It is no error if it is gone already. */
export async function abortUpload(client: Client, { key, id }: Pick<Upload, 'key' | 'id'>): Promise<void> {
  const query = { uploadId: id };
  // Parts that were under way may arrive after it: only when there is no such upload is nothing left.
  for (let round = 0; round < 10; round += 1) {
    const { refusal } = await client.request({
      method: 'DELETE',
      key,
      query,
      doing: 'abort an upload',
      accept: ['NoSuchUpload'],
    });
    if (refusal) return;
  }
}

/** The token of the upload that made an object; empty if it has none, undefined if there is no object. */
async function ownerOf(client: Client, key: string): Promise<string | undefined> {
  const { refusal, headers } = await client.request({
    method: 'GET',
    key,
    headers: { range: 'bytes=0-0' },
    doing: 'look at a file',
    accept: ['NoSuchKey', 'InvalidRange'],
  });
  if (refusal?.code === 'NoSuchKey') return undefined;
  const token = headers[tokenHeader];
  return typeof token === 'string' ? token : '';
}

function partList(tags: readonly string[]): string {
  const parts = tags.map(
    (tag, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>${escapeXml(tag)}</ETag></Part>`,
  );
  return `<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${parts.join('')}</CompleteMultipartUpload>`;
}

function unexpected(client: Client, key: string, reason: string): LockstepError {
  return new LockstepError('STORAGE_FAILED', {
    place: client.place(key),
    reason: `the server's answer is not one: ${reason}`,
  });
}
