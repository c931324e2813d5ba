import type { Shape } from '../database.ts';
import type { Flavour } from './flavour.ts';
import { exactMode, inMode } from './settings.ts';
import { emptyParts } from './shape/parts.ts';
import { readRows } from './shape/read.ts';
import { showCreateTables } from './shape/show-create.ts';
import { describeEvents, describeRoutines, describeTriggers } from './shape/stored-programs.ts';
import { describeTables } from './shape/tables.ts';
import { describeViews } from './shape/views.ts';
import type { Wire } from './wire.ts';

/**
 * Describes everything in the database of the connection that Lockstep does not own. Names are without the database's,
 * so that two databases of the same shape are described alike.
 */
export async function describe(wire: Wire, flavour: Flavour, database: string): Promise<Shape> {
  // The server's own sql_mode may change how definitions are written: ANSI_QUOTES, for one.
  return inMode(wire, exactMode, async () => {
    const rows = await readRows(wire, flavour, database);
    const parts = emptyParts();
    describeTables(rows, await showCreateTables(wire, rows, flavour), flavour, database, parts);
    await describeRoutines(wire, rows, parts);
    await describeViews(wire, rows, database, parts);
    describeTriggers(rows, parts);
    describeEvents(rows, parts);
    for (const { kind, name } of rows.others) parts.unsupported.push({ kind: kind ?? '', name: name ?? '' });
    return parts;
  });
}
