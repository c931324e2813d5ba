import { hashOfName, quoteName } from '../fully-qualified-name.ts';
import { placeOfTable } from './layout.ts';
import type { Known, Model } from './model.ts';
import { Random } from './random.ts';
import { classificationNames, tagNames } from './tag-names.ts';

export interface TagUse {
  readonly tag: Known;
  readonly targetName: string;
  readonly targetHash: string;
  readonly labelType: string;
  readonly state: string;
}

/** The tags on a table, and on some of its columns. Every table with a hard name has some. */
export function tagUsesOf(model: Model, table: Known, columns: readonly string[]): TagUse[] {
  const random = new Random(model.seed, 'tags', table.index);
  if (placeOfTable(table.index).position >= 24 && random.percent(55)) return [];
  const onTable = use(model, random, table.fullyQualifiedName);
  const onColumns = columns
    .slice(0, random.between(0, 3))
    .map((name) => use(model, random, `${table.fullyQualifiedName}.${quoteName(name)}`));
  return [onTable, ...onColumns];
}

function use(model: Model, random: Random, targetName: string): TagUse {
  const automated = random.percent(20);
  return {
    tag: model.tag(random.below(classificationNames.length * tagNames.length)),
    targetName,
    targetHash: hashOfName(targetName),
    labelType: automated ? 'Automated' : 'Manual',
    state: automated ? 'Suggested' : 'Confirmed',
  };
}
