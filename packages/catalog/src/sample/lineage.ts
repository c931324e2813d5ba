import { quoteName } from '../fully-qualified-name.ts';
import { jsonArray, jsonObject, jsonString } from './json.ts';
import type { Json } from './json.ts';
import { placeOfTable } from './layout.ts';
import type { Known, Model } from './model.ts';
import { Random } from './random.ts';

export interface LineageEdge {
  readonly from: Known;
  readonly to: Known;
  readonly json: Json;
}

/** So many tables follow on each other before a new chain begins. */
const chainLength = 60;

/**
 * The edges that lead to a table: from the one before it (a chain sixty deep), from up to three tables of earlier
 * chains, and at one place of every block also back, so that there are circles.
 */
export function lineageOf(model: Model, to: Known): LineageEdge[] {
  const { index } = to;
  if (index === 0) return [];
  const random = new Random(model.seed, 'lineage', index);
  const sources = new Set<number>();
  if (index % chainLength !== 0) sources.add(index - 1);
  const earlier = index - (index % chainLength);
  const others = earlier === 0 ? 0 : random.pick([0, 0, 0, 1, 1, 2, 3]);
  for (let more = others; more > 0; more--) sources.add(random.below(earlier));
  const edges = [...sources].map((source) => edge(model.table(source), to, random));
  if (placeOfTable(index).position === 12 && sources.has(index - 1))
    edges.push(edge(to, model.table(index - 1), random));
  return edges;
}

function edge(from: Known, to: Known, random: Random): LineageEdge {
  const columns = jsonObject({
    fromColumns: jsonArray([jsonString(`${from.fullyQualifiedName}.id_1`)]),
    toColumn: jsonString(`${to.fullyQualifiedName}.id_1`),
  });
  const details = jsonObject({
    source: jsonString(random.pick(['QueryLineage', 'ViewLineage', 'Manual', 'DbtLineage'])),
    sqlQuery: jsonString(`INSERT INTO ${quoteName(to.name)} SELECT * FROM ${quoteName(from.name)} WHERE note <> '\\n'`),
    columnsLineage: jsonArray(random.percent(40) ? [columns] : []),
  });
  return { from, to, json: jsonObject({ lineageDetails: details }) };
}
