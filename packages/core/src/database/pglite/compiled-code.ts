import { compileWasm } from '../../web-assembly.ts';

/** The code of PGlite, compiled once for all threads of this process. */
export function compiledCode(): object {
  return compileWasm(new URL('pglite.wasm', import.meta.resolve('@electric-sql/pglite')));
}
