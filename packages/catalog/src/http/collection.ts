import type { FastifyInstance } from 'fastify';
import type { Catalog } from '../catalog.ts';
import type { EntityKind } from '../entities/kind.ts';
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { checked } from '../operations/check.ts';
import { deleteEntity } from '../operations/delete.ts';
import { getEntity } from '../operations/get.ts';
import type { EntityAddress } from '../operations/get.ts';
import { listEntities } from '../operations/list.ts';
import { patchEntity } from '../operations/patch.ts';
import { createEntity, putEntity } from '../operations/put.ts';
import { restoreEntity } from '../operations/restore.ts';
import { versionOf, versionsOf } from '../operations/versions.ts';
import { DeleteQuery, fieldsOf, GetQuery, ListQuery, readQuery } from './query.ts';

const RestoreRequest = Compile(Type.Object({ id: Type.String() }));

interface ById {
  Params: { id: string; version: string };
}
interface ByName {
  Params: { name: string };
}

/** The routes of one kind of entity. */
export function collectionRoutes(app: FastifyInstance, catalog: Catalog, kind: EntityKind): void {
  const path = `/api/v1/${kind.collection}`;

  app.get(path, (request) => {
    const { fields, service, database, databaseSchema, classification, parent, ...query } = readQuery(
      ListQuery,
      request.query,
    );
    const below = service ?? database ?? databaseSchema ?? classification ?? parent;
    return listEntities(catalog, kind, { ...query, fields: fieldsOf(fields), below });
  });
  app.post(path, async (request, reply) => reply.code(201).send(await createEntity(catalog, kind, request.body)));
  app.put(path, async (request, reply) => {
    const { entity, created } = await putEntity(catalog, kind, request.body);
    return reply.code(created ? 201 : 200).send(entity);
  });
  app.put(`${path}/restore`, (request) => restoreEntity(catalog, kind, checked(RestoreRequest, request.body).id));

  app.get<ById>(`${path}/:id/versions`, (request) => versionsOf(catalog, kind, request.params.id));
  app.get<ById>(`${path}/:id/versions/:version`, ({ params }) => versionOf(catalog, kind, params.id, params.version));

  const one = (address: EntityAddress) => ({
    get: (query: unknown) => {
      const { fields, include } = readQuery(GetQuery, query);
      return getEntity(catalog, kind, address, { fields: fieldsOf(fields), include });
    },
    patch: (body: unknown) => patchEntity(catalog, kind, address, body),
    delete: (query: unknown) => {
      const { recursive, hardDelete } = readQuery(DeleteQuery, query);
      return deleteEntity(catalog, kind, address, { recursive, hard: hardDelete });
    },
  });
  app.get<ById>(`${path}/:id`, ({ params, query }) => one({ id: params.id }).get(query));
  app.patch<ById>(`${path}/:id`, ({ params, body }) => one({ id: params.id }).patch(body));
  app.delete<ById>(`${path}/:id`, ({ params, query }) => one({ id: params.id }).delete(query));
  app.get<ByName>(`${path}/name/:name`, ({ params, query }) => one({ name: params.name }).get(query));
  app.patch<ByName>(`${path}/name/:name`, ({ params, body }) => one({ name: params.name }).patch(body));
  app.delete<ByName>(`${path}/name/:name`, ({ params, query }) => one({ name: params.name }).delete(query));
}
