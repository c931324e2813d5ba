import type { Archive } from '../backup/archive/reader.ts';
import type { PutBackTask, Shape, ShapeStatement } from '../database/database.ts';
import type { RunOptions } from '../progress.ts';
import { phase } from '../progress.ts';
import type { Home } from '../state/tables.ts';
import { BuildQueue } from './build-queue.ts';
import type { Crew } from './crew.ts';
import { Loader } from './load.ts';
import type { Load } from './loads.ts';
import { planLoads } from './loads.ts';
import { Builder, stagesOf } from './put-back.ts';

/**
 * Loads what is not loaded yet and puts back what was taken away for it, on all sessions of the crew. What needs only
 * its own table is put back as soon as the table is full, while its rows are still in the server's memory, and the rest
 * afterwards, stage by stage.
 */
export async function loadAndBuild(
  home: Home,
  crew: Crew,
  archive: Archive,
  filling: { readonly shape: Shape; readonly after: readonly ShapeStatement[]; readonly loaded: ReadonlySet<number> },
  options: RunOptions,
): Promise<void> {
  const { shape, after, loaded } = filling;
  const { contents } = archive;
  const loads = planLoads(contents, loaded, crew.sessions.length);
  const labelsOf = (load: Load): Set<string> =>
    new Set(load.frames.map((index) => contents.frames[index]?.table ?? ''));
  const stages = stagesOf(home, after, shape, contents.tables);
  const queue = new BuildQueue(loads.map(labelsOf), stages);
  const loader = new Loader(archive, shape.tables, loaded, options);
  const builder = new Builder(stages, options);

  let left = loads.length;
  await crew.eachThen<Load | PutBackTask>(loads, async (session, job) => {
    if ('statements' in job) {
      await builder.build(session, job);
      return queue.done([job.table ?? '']);
    }
    await loader.load({ ...home, session }, job);
    left -= 1;
    if (left === 0) await phase(options, 'restore:loaded');
    return queue.done(labelsOf(job));
  });
  if (loads.length === 0) await phase(options, 'restore:loaded');
  for (const stage of queue.rest) await crew.each(stage, (session, task) => builder.build(session, task));
}
