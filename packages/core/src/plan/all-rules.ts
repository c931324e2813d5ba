import type { Family } from '../database/database.ts';
import { dialectOf } from '../database/dialects.ts';
import type { Rule } from './analysis.ts';
import { generalRules } from './general-rules.ts';

/** Every rule with the families that it is for; those about the files themselves are for all. */
export async function allRules(): Promise<(Rule & { readonly families: readonly Family[] })[]> {
  const families: readonly Family[] = ['postgres', 'mysql', 'mariadb'];
  const found = new Map<string, Rule & { readonly families: Family[] }>();
  for (const rule of Object.values(generalRules)) found.set(rule.name, { ...rule, families: [...families] });
  for (const family of families) {
    for (const { name, severity, topic, problem, instead } of await dialectOf(family).rules()) {
      const known = found.get(name);
      if (known) known.families.push(family);
      else found.set(name, { name, severity, topic, problem, instead, families: [family] });
    }
  }
  return [...found.values()];
}
