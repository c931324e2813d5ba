import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { Source } from '../../storage/storage.ts';
import { ContentsParser } from './contents-parser.ts';
import { damaged } from './damage.ts';
import type { Footer } from './footer.ts';
import { maxContents, maxManifest } from './limits.ts';
import { payloadLength, skippableHead, skippableMagic } from './skippable.ts';
import type { TableOfContents } from './table-of-contents.ts';

const windowSize = 1024 * 1024;

/** The longest line: the summary holds the manifest once more. */
const maxLine = maxManifest + 1024;

/** Reads and checks the table of contents that a footer points to, a window at a time. */
export async function readContents(source: Source, footer: Footer): Promise<TableOfContents> {
  const { contentsOffset, contentsSize, contentsSha256 } = footer;
  const file = source.name;
  if (contentsSize > skippableHead + maxContents) throw damaged(file, 'the table of contents is too large');
  const head = await source.read(contentsOffset, skippableHead);
  if (payloadLength(head, skippableMagic.contents) !== contentsSize - skippableHead) {
    throw damaged(file, 'the footer does not point to a table of contents');
  }

  const hash = createHash('sha256').update(head);
  const lines = new Lines(new ContentsParser(file), file);
  let problem: unknown;
  for (let at = skippableHead; at < contentsSize; at += windowSize) {
    const window = await source.read(contentsOffset + at, Math.min(windowSize, contentsSize - at));
    hash.update(window);
    try {
      if (problem === undefined) lines.push(window);
    } catch (error) {
      // Told only if the bytes are those that were written; or else the damage is what matters.
      problem = error;
    }
  }
  if (hash.digest('hex') !== contentsSha256) throw damaged(file, 'the table of contents does not match its checksum');
  if (problem !== undefined) throw problem;
  return lines.finish();
}

/** Cuts windows into lines. */
class Lines {
  readonly #parser: ContentsParser;
  readonly #file: string;
  #open: Buffer[] = [];
  #openSize = 0;

  constructor(parser: ContentsParser, file: string) {
    this.#parser = parser;
    this.#file = file;
  }

  push(window: Buffer): void {
    let from = 0;
    for (let end = window.indexOf(10); end >= 0; end = window.indexOf(10, from)) {
      this.#keep(window.subarray(from, end));
      this.#parser.line(this.#take());
      from = end + 1;
    }
    this.#keep(window.subarray(from));
  }

  finish(): TableOfContents {
    if (this.#openSize > 0) throw damaged(this.#file, 'the table of contents is cut');
    return this.#parser.finish();
  }

  #keep(part: Buffer): void {
    this.#openSize += part.length;
    if (this.#openSize > maxLine) throw damaged(this.#file, 'the table of contents has a line that is too long');
    if (part.length > 0) this.#open.push(part);
  }

  #take(): string {
    const bytes = Buffer.concat(this.#open);
    this.#open = [];
    this.#openSize = 0;
    if (!isUtf8(bytes)) throw damaged(this.#file, 'the table of contents is not valid UTF-8');
    return bytes.toString('utf8');
  }
}
