// Makes what the compiler does not: called by `npm run build` after `tsc -b`.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import loadWabt from 'wabt';
import { bundleCommandLine } from './bundle.mjs';

const core = new URL('../packages/core/', import.meta.url);

const modules = [
  'backup/row-hash',
  'database/mysql/row-form/row-lines',
  'database/mysql/row-form/statements',
  'database/postgres/check-rows',
  'database/postgres/copy-data',
];
for (const name of modules) {
  await compileWat(new URL(`src/${name}.wat`, core), new URL(`dist/${name}.wasm`, core));
}
await bundleCommandLine();

async function compileWat(source, target) {
  const wabt = await loadWabt();
  const module = wabt.parseWat(fileURLToPath(source), readFileSync(source, 'utf8'), { simd: true, bulk_memory: true });
  try {
    module.validate();
    const { buffer } = module.toBinary({});
    mkdirSync(new URL('.', target), { recursive: true });
    writeFileSync(target, buffer);
  } finally {
    module.destroy();
  }
}
