import fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import type { Catalog } from '../catalog.ts';
import { kinds } from '../entities/kinds.ts';
import { collectionRoutes } from './collection.ts';
import { bodyOf, translateErrors } from './errors.ts';
import { lineageRoutes } from './lineage.ts';
import { metricsRoutes } from './metrics.ts';
import { systemRoutes } from './system.ts';
import type { LeaseStatus } from './system.ts';

/**
 * The largest body of a request, in bytes: a table of ten thousand columns fits. Written into a statement it can be twice
 * as large, and MariaDB takes 16 MB at once.
 */
const largestBody = 4 * 1024 * 1024;
/** A fully qualified name in a URL: up to 3,072 characters, each up to four bytes, each byte as `%XX`. */
const longestParameter = 3072 * 4 * 3;

/** The HTTP API of a catalog, not yet listening. `report` gets errors that nobody expected. */
export function createApp(
  catalog: Catalog,
  lease: LeaseStatus | undefined,
  report: (error: unknown) => void,
  nextBackup?: () => Date,
): FastifyInstance {
  const app = fastify({
    bodyLimit: largestBody,
    routerOptions: { maxParamLength: longestParameter },
    frameworkErrors: (error, _request, reply) => {
      const body = bodyOf(error);
      reply.raw.writeHead(body.code, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body));
    },
  });
  readJsonBodies(app);
  translateErrors(app, report);
  metricsRoutes(app, catalog, lease, nextBackup);
  systemRoutes(app, catalog, lease);
  for (const kind of Object.values(kinds)) collectionRoutes(app, catalog, kind);
  lineageRoutes(app, catalog);
  return app;
}

/** Takes JSON and JSON Patch. Clients announce JSON on requests without a body too. */
function readJsonBodies(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  const types = ['application/json', 'application/json-patch+json'];
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser<string>(types, { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined);
    else void parse(request, body, done);
  });
}
