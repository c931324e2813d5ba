/**
 * A file of this package that is no module of the running program: a worker's code, a WebAssembly module. Found by the
 * package's name, because the code that asks may have been bundled into another folder.
 *
 * @example
 * new Worker(builtFile('database/pglite/worker.js'));
 */
export function builtFile(path: string): URL {
  return new URL(path, import.meta.resolve('@lockstep/core'));
}
