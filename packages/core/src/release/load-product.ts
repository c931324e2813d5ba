import { LockstepError } from '../errors.ts';
import { readPlaceholders } from './placeholders.ts';
import type { Product, ProductSource } from './product.ts';
import { defaultPace, flywayNaming } from './product.ts';
import { readSeal } from './seal.ts';
import { parseRelease } from './version.ts';

/**
 * Reads what a product's folder of migrations says about its releases.
 * Throws USAGE for a wrong version, SEAL_INVALID for a damaged seal.
 */
export async function loadProduct(source: ProductSource): Promise<Product> {
  parseRelease(source.version);
  if (source.schemas.length === 0) throw new LockstepError('USAGE', { reason: 'the product names no schemas' });
  return {
    name: source.name,
    version: source.version,
    migrations: source.migrations,
    schemas: source.schemas,
    naming: { ...flywayNaming, ...source.naming },
    placeholders: readPlaceholders(source.placeholders),
    dataMigrations: { ...defaultPace, ...source.dataMigrations },
    seal: await readSeal(source.migrations, source.name),
  };
}
