/** What became of the entities of one kind. */
export interface Tally {
  created: number;
  changed: number;
  unchanged: number;
  /** They had been deleted, and are there again. */
  restored: number;
  /** They are gone from the source, and soft-deleted now. */
  deleted: number;
}

export function emptyTally(): Tally {
  return { created: 0, changed: 0, unchanged: 0, restored: 0, deleted: 0 };
}

export function addTo(tally: Tally, more: Readonly<Tally>): void {
  tally.created += more.created;
  tally.changed += more.changed;
  tally.unchanged += more.unchanged;
  tally.restored += more.restored;
  tally.deleted += more.deleted;
}
