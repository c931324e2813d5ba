import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Family } from '../database/database.ts';
import type { Product } from '../release/product.ts';

/** The families that a product has folders of migrations for; `usual` where its migrations are for every engine. */
export async function familiesOf(product: Product, usual: Family): Promise<readonly Family[]> {
  const families: readonly Family[] = ['postgres', 'mysql', 'mariadb'];
  const present = await Promise.all(
    families.map((name) =>
      stat(join(product.migrations, name)).then(
        (found) => found.isDirectory(),
        () => false,
      ),
    ),
  );
  const found = families.filter((_, index) => present[index]);
  return found.length === 0 ? [usual] : found;
}
