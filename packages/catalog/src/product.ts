import { fileURLToPath } from 'node:url';

/** The catalog as a product of the engine: its release and where its migrations are. */
export const catalogProduct = {
  name: 'catalog',
  version: '1.2.0',
  // Found by the package's name, because this code may have been bundled into another folder.
  migrations: fileURLToPath(new URL('../migrations', import.meta.resolve('@lockstep/catalog'))),
  schemas: ['public'],
};
