import type { FastifyInstance } from 'fastify';
import type { Catalog } from '../catalog.ts';
import { kindOf } from '../entities/kinds.ts';
import type { EntityAddress } from '../operations/get.ts';
import { addLineage, deleteLineage, lineageOf } from '../operations/lineage.ts';
import type { Lineage } from '../operations/lineage.ts';
import { LineageQuery, readQuery } from './query.ts';

interface OfEntity {
  Params: { type: string; id: string };
}
interface OfName {
  Params: { type: string; name: string };
}
interface OfEdge {
  Params: { fromType: string; fromId: string; toType: string; toId: string };
}

/** What flows where. */
export function lineageRoutes(app: FastifyInstance, catalog: Catalog): void {
  const lineage = (type: string, address: EntityAddress, query: unknown): Promise<Lineage> => {
    const { upstreamDepth, downstreamDepth } = readQuery(LineageQuery, query);
    return lineageOf(catalog, kindOf(type), address, { upstream: upstreamDepth, downstream: downstreamDepth });
  };
  app.put('/api/v1/lineage', ({ body }) => addLineage(catalog, body));
  app.get<OfEntity>('/api/v1/lineage/:type/:id', ({ params, query }) => lineage(params.type, { id: params.id }, query));
  app.get<OfName>('/api/v1/lineage/:type/name/:name', ({ params, query }) =>
    lineage(params.type, { name: params.name }, query),
  );
  app.delete<OfEdge>('/api/v1/lineage/:fromType/:fromId/:toType/:toId', ({ params }) =>
    deleteLineage(
      catalog,
      { id: params.fromId, type: kindOf(params.fromType).type },
      { id: params.toId, type: kindOf(params.toType).type },
    ),
  );
}
