import { read, write } from '../catalog.ts';
import { parentOf } from '../entities/kind.ts';
import type { EntityKind } from '../entities/kind.ts';
import { kinds } from '../entities/kinds.ts';
import { setDeleted } from '../operations/delete.ts';
import { childrenAfter } from '../store/children.ts';
import type { Position } from '../store/list.ts';
import { markFallen } from '../store/relationships.ts';
import type { Run } from './run.ts';

/** So many entities are deleted in one transaction. */
const atATime = 200;

/**
 * Soft-deletes what is below a parent and not among the names that the source has, and first what is below that, as
 * deleting it by hand would. A run that is broken off in the middle is continued by the next one.
 */
export async function deleteGone(
  run: Run,
  kind: EntityKind,
  parentId: string,
  there: ReadonlySet<string>,
  fallen = false,
): Promise<void> {
  let after: Position | undefined;
  do {
    const place = after;
    const page = await read(run.catalog, (session) => childrenAfter(session, kind, parentId, place, atATime));
    await deleteAll(
      run,
      kind,
      parentId,
      page.filter(({ name }) => !there.has(name)),
      fallen,
    );
    after = page.length < atATime ? undefined : page.at(-1);
  } while (after);
}

/** `fallen`: because their parent is gone. */
async function deleteAll(
  run: Run,
  kind: EntityKind,
  parentId: string,
  gone: readonly Position[],
  fallen: boolean,
): Promise<void> {
  if (gone.length === 0) return;
  const below = Object.values(kinds).find((other) => parentOf(other)?.type === kind.type);
  if (below) for (const { id } of gone) await deleteGone(run, below, id, new Set(), true);
  await write(run.catalog, async (session) => {
    for (const { id } of gone) {
      await setDeleted(session, run.catalog, kind, id, true);
      if (fallen) await markFallen(session, parentId, id, true);
    }
  });
  run.tally(kind).deleted += gone.length;
  await run.advance(0);
}
