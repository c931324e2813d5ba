import type { FastifyInstance } from 'fastify';
import { reasonOf } from '@lockstep/core';
import { read } from '../catalog.ts';
import type { Catalog } from '../catalog.ts';
import { CatalogError } from '../errors.ts';
import { catalogProduct } from '../product.ts';
import { readEpoch } from '../store/epoch.ts';

/** The release of the OpenMetadata API that clients find here. They insist on their own major and minor version. */
export const emulatedApiVersion = '1.12.1';

/** Tells whether this server's lease on the database still stands. */
export interface LeaseStatus {
  isValid(): boolean;
}

/** Version and health. */
export function systemRoutes(app: FastifyInstance, catalog: Catalog, lease: LeaseStatus | undefined): void {
  const started = Date.now();
  app.get('/api/v1/system/version', () => ({
    version: emulatedApiVersion,
    revision: `${catalogProduct.name}-${catalogProduct.version}`,
    timestamp: started,
    product: { name: catalogProduct.name, release: catalogProduct.version },
  }));

  // The process answers: whatever is wrong with the database is not mended by killing it.
  app.get('/healthz', () => ({ alive: true }));

  app.get('/readyz', async () => {
    const reason = await whyNotReady(catalog, lease);
    if (reason !== undefined) throw new CatalogError('NOT_READY', reason);
    return { ready: true };
  });
}

async function whyNotReady(catalog: Catalog, lease: LeaseStatus | undefined): Promise<string | undefined> {
  if (lease && !lease.isValid()) return 'The lease of this server on the database is lost.';
  try {
    const found = await read(catalog, (session) => readEpoch(session, catalog.home));
    if (found.phase !== 'ready') return `The database is in phase ${found.phase}.`;
    if (found.epoch === catalog.epoch) return undefined;
    return `The database was upgraded or restored since this server started (epoch ${found.epoch}, this server ${catalog.epoch}). Restart the server.`;
  } catch (error) {
    return reasonOf(error);
  }
}
