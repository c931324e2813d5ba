import { Client } from 'pg';
import type { ClientConfig } from 'pg';

/** The place with what the driver adds from the environment, without password and parameters. */
export function locationOf(config: ClientConfig): string {
  const { user = '', host, port, database = '' } = new Client(config);
  if (host.startsWith('/')) return `postgres://${user}@/${database}?host=${host}&port=${port}`;
  return `postgres://${user}@${host.includes(':') ? `[${host}]` : host}:${port}/${database}`;
}
