import { createRequire } from 'node:module';
import { builtFile } from '../../built-file.ts';

const name = '@toondepauw/node-zstd';

let found: boolean | undefined;

/**
 * Whether the optional package with a native zstd is there and runs on this platform. It compresses two to three times as
 * fast as WebAssembly. Asked for once.
 */
export function hasNative(): boolean {
  found ??= canLoad();
  return found;
}

function canLoad(): boolean {
  try {
    const loaded: unknown = createRequire(builtFile('index.js'))(name);
    return typeof loaded === 'object' && loaded !== null && 'Encoder' in loaded;
  } catch {
    // Left out by the installation, or none for this platform: it is an optional package.
    return false;
  }
}
