import xxhash from 'xxhash-wasm';

const slice = 1024 * 1024;

/** The checksum at the end of a zstd frame: the low 32 bits of XXH64 (seed 0) over the content. */
export async function contentChecksum(pieces: readonly Uint8Array[]): Promise<number> {
  const hash = (await api()).create64();
  // In slices, because the memory of the module grows to the longest piece and never shrinks.
  for (const piece of pieces) {
    for (let at = 0; at < piece.length; at += slice) hash.update(piece.subarray(at, at + slice));
  }
  return Number(BigInt.asUintN(32, hash.digest()));
}

let loading: ReturnType<typeof xxhash> | undefined;

function api(): ReturnType<typeof xxhash> {
  loading ??= xxhash();
  return loading;
}
