import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { builtFile } from './built-file.ts';

const manifest: unknown = createRequire(import.meta.url)(fileURLToPath(builtFile('../package.json')));

/** The version of Lockstep itself. */
export const version =
  typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : 'unknown';
