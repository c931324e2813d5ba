import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The checkout that the tests run in. */
export const root = join(import.meta.dirname, '../..');

export interface Block {
  /** `sh`, `json`, `text` ... */
  readonly language: string;
  readonly text: string;
  /** Line of its first line in the page. */
  readonly line: number;
}

/** The pages for users: README.md and everything in docs/. */
export const pages: readonly string[] = [
  'README.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

export function readPage(page: string): string {
  return readFileSync(join(root, page), 'utf8');
}

/** The fenced blocks of a page. */
export function blocksOf(page: string): Block[] {
  const text = readPage(page);
  return [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(({ 1: language = '', 2: content = '', index }) => ({
    language,
    text: content,
    line: text.slice(0, index).split('\n').length + 1,
  }));
}

/** Where links of a page lead to, without those to other sites. */
export function linksOf(page: string): string[] {
  const prose = readPage(page)
    .replace(/^```.*?^```$/gms, '')
    .replace(/`[^`\n]*`/g, '');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^\w+:/.test(target));
}

/** The names by which headings of a page can be linked to, as GitHub makes them. */
export function anchorsOf(page: string): string[] {
  const prose = readPage(page).replace(/^```.*?^```$/gms, '');
  return [...prose.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  );
}
