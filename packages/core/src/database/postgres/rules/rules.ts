import { blocking } from './blocking.ts';
import { breaking } from './breaking.ts';
import type { PostgresRule } from './find.ts';
import { style } from './style.ts';

/** All rules for Postgres. */
export const postgresRules: readonly PostgresRule[] = [...blocking, ...breaking, ...style];
