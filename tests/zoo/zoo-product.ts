import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Engine } from '../fixtures/engines.ts';
import { configure, testProduct } from '../fixtures/product.ts';

const read = (name: string): Promise<string> => readFile(join(import.meta.dirname, name), 'utf8');

/** The folder of a product whose first release is the zoo of the engine's family. Its configuration is in it. */
export async function zooProduct(engine: Engine): Promise<string> {
  const schemas = engine.family === 'postgres' ? ['public', 'Zoo "two"'] : ['public'];
  const product = await testProduct({ 'V1.0.0.1__zoo.sql': await read(`${engine.family}.sql`) });
  if (['postgres18', 'pglite'].includes(engine.name)) {
    await product.write('V1.0.0.2__newer.sql', await read('postgres-18.sql'));
  }
  await configure(product, '1.0.0', schemas);
  return product.folder;
}
