// Run by zstd.test.ts: closes the threads while the reply of one is on its way, and then has nothing else to wait for.
import { wasmCodec } from '#core/backup/archive/zstd-wasm.js';

const codec = wasmCodec();
const content = Buffer.alloc(300_000, 'a');
await codec.compress([content]);
codec.compress([content]).catch(() => undefined);
// The thread works, and this one does not look.
Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
await codec.close();
process.stdout.write('closed');
