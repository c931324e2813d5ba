import { fileURLToPath } from 'node:url';

/** The catalog as a product of the engine: its release and where its migrations are. */
export const catalogProduct = {
  name: 'catalog',
  version: '1.2.0',
  migrations: fileURLToPath(new URL('../migrations', import.meta.url)),
  schemas: ['public'],
};
