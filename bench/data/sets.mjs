import { kinds } from './kinds.mjs';

/** What is in each set: tables of some kind, and the share of the bytes that each has. */
const sets = {
  /** About a metadata server's database: documents of several entities, and what relates them. */
  mix: () => [
    { name: 'document', kind: 'document', share: 0.5 },
    { name: 'pipeline', kind: 'document', share: 0.2 },
    { name: 'owner', kind: 'document', share: 0.1 },
    { name: 'entry', kind: 'edge', share: 0.2, of: 'document' },
  ],
  documents: () => alike(4, 'document'),
  edges: () => alike(4, 'edge'),
  giant: () => alike(1, 'document'),
  /** A thousand, but of not less than 100 kB. */
  many: (bytes) => {
    const count = Math.max(2, Math.min(1000, Math.round(bytes / 1e5)));
    return [...alike(count / 2, 'document', 1 / count), ...alike(count / 2, 'edge', 1 / count)];
  },
  rows: () => alike(2, 'file'),
};

export const setNames = Object.keys(sets);

/**
 * @typedef {object} Table
 * @property {string} name
 * @property {string} kind
 * @property {number} rows numbered from 1 on
 * @property {number} bytes of its rows as text
 * @property {string} [of] the table that its rows belong to by a foreign key
 */

/** @returns {Table[]} */
export function tablesOf(set, bytes) {
  return sets[set](bytes).map(({ name, kind, share, of }) => {
    const rows = Math.max(1, Math.round((bytes * share) / kinds[kind].bytesPerRow));
    return { name, kind, rows, bytes: bytes * share, of };
  });
}

function alike(count, kind, share = 1 / count) {
  return Array.from({ length: Math.round(count) }, (_, index) => ({ name: `${kind}_${index + 1}`, kind, share }));
}
