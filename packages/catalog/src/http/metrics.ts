import type { FastifyInstance } from 'fastify';
import { version } from '@lockstep/core';
import type { Catalog } from '../catalog.ts';
import { read } from '../catalog.ts';
import type { DatabaseFacts } from '../metrics/database.ts';
import { addDatabaseMetrics, readDatabaseFacts } from '../metrics/database.ts';
import { Counter, MetricsText } from '../metrics/registry.ts';
import { catalogProduct } from '../product.ts';
import type { LeaseStatus } from './system.ts';

/** `GET /metrics` for Prometheus, and the counting of requests. What the database tells is read when it is asked for. */
export function metricsRoutes(
  app: FastifyInstance,
  catalog: Catalog,
  lease: LeaseStatus | undefined,
  nextBackup: (() => Date) | undefined,
): void {
  const started = Date.now() / 1000;
  const requests = new Counter();
  const duration = new Counter();
  app.addHook('onResponse', (request, reply, done) => {
    const labels = {
      method: request.method,
      route: request.routeOptions.url ?? 'none',
      status: String(reply.statusCode),
    };
    requests.add(labels);
    duration.add({ method: labels.method, route: labels.route }, reply.elapsedTime / 1000);
    done();
  });

  app.get('/metrics', async (_request, reply) => {
    const text = new MetricsText();
    const server = { version, product: catalogProduct.name, release: catalogProduct.version };
    text.add('lockstep_server_info', 'gauge', 'This server. Always 1.', [{ labels: server, value: 1 }]);
    text.add('lockstep_server_start_timestamp_seconds', 'gauge', 'When it began to serve.', [{ value: started }]);
    if (lease) {
      const value = lease.isValid() ? 1 : 0;
      text.add('lockstep_lease_valid', 'gauge', 'Whether its lease on the database stands.', [{ value }]);
    }
    const facts = await databaseFacts(catalog);
    text.add('lockstep_database_up', 'gauge', 'Whether the database answers.', [{ value: facts ? 1 : 0 }]);
    if (facts) addDatabaseMetrics(text, facts);
    if (nextBackup) {
      const help = 'When the next scheduled backup is due.';
      text.add('lockstep_backup_next_timestamp_seconds', 'gauge', help, [{ value: nextBackup().getTime() / 1000 }]);
    }
    text.add('lockstep_http_requests_total', 'counter', 'Requests that were answered.', requests.samples());
    text.add('lockstep_http_request_seconds_total', 'counter', 'Time spent on them.', duration.samples());
    return reply.type('text/plain; version=0.0.4; charset=utf-8').send(text.toString());
  });
}

/** Undefined while the database does not answer, which is told as a metric of its own. */
async function databaseFacts(catalog: Catalog): Promise<DatabaseFacts | undefined> {
  try {
    const { dialect, home: schema } = catalog;
    return await read(catalog, (session) => readDatabaseFacts({ session, dialect, schema }));
  } catch {
    return undefined;
  }
}
