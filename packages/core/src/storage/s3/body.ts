import { createHash } from 'node:crypto';
import type { Body } from './client.ts';
import { sha256 } from './sign.ts';

/** A small body. */
export function bodyOf(content: Uint8Array): Body {
  return { pieces: [content], sha256: sha256(content), md5: createHash('md5').update(content).digest('base64') };
}
