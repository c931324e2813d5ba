import { databasesPerGroup, placeOfTable, schemasPerGroup, servicesPerGroup } from './layout.ts';
import { Random } from './random.ts';
import { familyNames, givenNames, grains, layers, nouns } from './words.ts';

/**
 * The hard names of a block of tables. They stand in one schema, but for number 1, so that each pair would fall together
 * under a collation that ignores case, accents, trailing spaces or the form of Unicode, or where the parts of a name are
 * joined without quotes: schema `x`, table `emea.t` and schema `x.emea`, table `t`.
 */
const hardTableNames: readonly ((stem: string) => string)[] = [
  (stem) => `emea.${stem}_all`,
  (stem) => `${stem}_all`,
  (stem) => `${stem}.v2.final`,
  (stem) => `${stem} "quoted"`,
  (stem) => `"${stem}"`,
  (stem) => `${stem} `,
  (stem) => stem,
  (stem) => stem.toUpperCase(),
  (stem) => `café_${stem}`.normalize('NFC'),
  (stem) => `café_${stem}`.normalize('NFD'),
  (stem) => `${stem}/2024/q1`,
  (stem) => `${stem}\\new?x=1&y=%2F#top`,
  (stem) => `🍣_${stem}`,
  (stem) => `🍺_${stem}`,
  (stem) => `👩🏽‍👩🏽‍👧🏽‍👦🏽🏳️‍🌈🇪🇺_${stem}`,
  (stem) => `${everyPlane}_${stem}`,
  (stem) => `straße_${stem}`,
  (stem) => `strasse_${stem}`,
  (stem) => `İstanbul_${stem}`,
  (stem) => `istanbul_${stem}`,
  (stem) => fill(stem, 'long_', 256),
  (stem) => fill(stem, '\u{2A6D6}', 256),
  (stem) => ` \u202Eمبيعات\u202C\u200B\uFEFF_${stem}`,
  (stem) => `'; DROP TABLE "${stem}"; -- \`$1\` \\N`,
];

/** One character of each of the seventeen planes of Unicode: unassigned ones, tags and private use among them. */
const everyPlane = Array.from({ length: 17 }, (_, plane) => String.fromCodePoint(plane * 0x10000 + 0xe0a5)).join('');

export function tableName(seed: string, table: number): string {
  const { block, position } = placeOfTable(table);
  const stem = `${new Random(seed, 'block', block).pick(nouns)}_${block}`;
  const hard = hardTableNames[position];
  if (hard !== undefined) return hard(stem);
  const random = new Random(seed, 'table name', table);
  return `${random.pick(layers)}_${random.pick(nouns)}_${random.pick(grains)}_${table}`;
}

/** Two neighbours belong together: the second has the first one's name and `.emea`. */
export function schemaName(seed: string, schema: number): string {
  const pair = Math.floor((schema % schemasPerGroup) / 2);
  const name = firstSchemaNames[pair] ?? fill(new Random(seed, 'schema', schema).pick(nouns), 'very_long_', 200);
  return (schema % schemasPerGroup) % 2 === 0 ? name : `${name}.emea`;
}

/** Number n and n + 4 are in the same database. */
const firstSchemaNames = [
  'sales',
  'café'.normalize('NFC'),
  'archive ',
  'a/b "c"',
  'Sales',
  'café'.normalize('NFD'),
  'archive',
  `${everyPlane}🧪`,
];

/** The last service of a group has the name of the first and `.eu`: `x`, `eu.shop` and `x.eu`, `shop` differ. */
export function databaseName(database: number): string {
  const names = ['warehouse', 'eu.shop', 'shop', '"Data\\Lake" / ñ '];
  return names[database % databasesPerGroup] ?? 'warehouse';
}

export function serviceName(seed: string, service: number): string {
  const group = Math.floor(service / servicesPerGroup);
  const first = `${new Random(seed, 'service', group).pick(['prod', 'Prod', 'staging', 'finance', '本番'])}_${group}`;
  return service % servicesPerGroup === 0 ? first : `${first}.eu`;
}

/** A login name. Every sixteenth differs from the one before in case only. */
export function userName(seed: string, user: number): string {
  if (user % 16 === 15) return userName(seed, user - 1).toUpperCase();
  const { given, family } = userParts(seed, user);
  return `${plain(given)}.${plain(family)}${user}`;
}

export function userParts(seed: string, user: number): { readonly given: string; readonly family: string } {
  const random = new Random(seed, 'user name', user);
  return { given: random.pick(givenNames), family: random.pick(familyNames) };
}

/** Without accents, in lower case, as login names are. */
function plain(name: string): string {
  return name
    .normalize('NFD')
    .replace(/[^A-Za-z]/g, '')
    .toLowerCase();
}

/** A name of exactly so many characters (code points) that ends in the stem. */
function fill(stem: string, pattern: string, length: number): string {
  const characters = Array.from(pattern);
  const room = length - Array.from(stem).length - 1;
  return `${Array.from({ length: room }, (_, index) => characters[index % characters.length]).join('')}_${stem}`;
}
