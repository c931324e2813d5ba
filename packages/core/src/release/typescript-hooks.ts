/**
 * Module hooks for TypeScript migrations, in the thread where Node runs them: types are stripped on every Node, also
 * below `node_modules`, and what a migration may import is held to Node's modules and the migration API.
 */
import { readFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import type { LoadHook, ResolveHook } from 'node:module';
import { fileURLToPath } from 'node:url';
import { transformSync } from '@swc/wasm-typescript';

const mark = 'lockstep-migration';
const api = new URL('../migration.js', import.meta.url).href;

export const resolve: ResolveHook = (specifier, context, next) => {
  if (!context.parentURL?.includes(`?${mark}`)) return next(specifier, context);
  if (specifier === '@lockstep/core/migration') return { url: api, shortCircuit: true };
  if (isBuiltin(specifier)) return next(specifier, context);
  throw Object.assign(new Error(`imports ${specifier}`), { code: 'LOCKSTEP_FORBIDDEN_IMPORT', specifier });
};

export const load: LoadHook = async (url, context, next) => {
  if (!url.includes(`?${mark}`)) return next(url, context);
  const text = await readFile(fileURLToPath(url), 'utf8');
  const { code } = transformSync(text, { mode: 'strip-only', module: true });
  return { format: 'module', source: code, shortCircuit: true };
};
