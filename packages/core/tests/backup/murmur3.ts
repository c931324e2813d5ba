// MurmurHash3_x64_128 in BigInts, written from its description: slow, and independent of what it is compared with.

const mask = (1n << 64n) - 1n;
const c1 = 0x87c37b91114253d5n;
const c2 = 0x4cf5ad432745937fn;

/** The two words of the hash. */
export function murmur3(bytes: Uint8Array, seed = 0n): readonly [h1: bigint, h2: bigint] {
  let h1 = seed;
  let h2 = seed;
  const blocks = Math.floor(bytes.length / 16) * 16;
  for (let at = 0; at < blocks; at += 16) {
    h1 ^= mixK1(littleEndian(bytes.subarray(at, at + 8)));
    h1 = add(rotate(h1, 27n), h2);
    h1 = add(times(h1, 5n), 0x52dce729n);
    h2 ^= mixK2(littleEndian(bytes.subarray(at + 8, at + 16)));
    h2 = add(rotate(h2, 31n), h1);
    h2 = add(times(h2, 5n), 0x38495ab5n);
  }
  h2 ^= mixK2(littleEndian(bytes.subarray(blocks + 8)));
  h1 ^= mixK1(littleEndian(bytes.subarray(blocks, blocks + 8)));
  const length = BigInt(bytes.length);
  h1 ^= length;
  h2 ^= length;
  h1 = add(h1, h2);
  h2 = add(h2, h1);
  h1 = finish(h1);
  h2 = finish(h2);
  h1 = add(h1, h2);
  h2 = add(h2, h1);
  return [h1, h2];
}

/** Rows and digest of lines, as docs/FORMAT.md defines them. */
export function digestOf(lines: readonly Uint8Array[]): { readonly rows: number; readonly digest: string } {
  let sum = 0n;
  for (const line of lines) {
    const [h1, h2] = murmur3(line);
    sum = (sum + h1 + (h2 << 64n)) & ((1n << 128n) - 1n);
  }
  return { rows: lines.length, digest: sum.toString(16).padStart(32, '0') };
}

function littleEndian(bytes: Uint8Array): bigint {
  let number = 0n;
  for (const byte of bytes.toReversed()) number = (number << 8n) | BigInt(byte);
  return number;
}

function mixK1(k: bigint): bigint {
  return times(rotate(times(k, c1), 31n), c2);
}

function mixK2(k: bigint): bigint {
  return times(rotate(times(k, c2), 33n), c1);
}

function finish(word: bigint): bigint {
  let k = word ^ (word >> 33n);
  k = times(k, 0xff51afd7ed558ccdn);
  k ^= k >> 33n;
  k = times(k, 0xc4ceb9fe1a85ec53n);
  return k ^ (k >> 33n);
}

function add(a: bigint, b: bigint): bigint {
  return (a + b) & mask;
}

function times(a: bigint, b: bigint): bigint {
  return (a * b) & mask;
}

function rotate(a: bigint, by: bigint): bigint {
  return ((a << by) | (a >> (64n - by))) & mask;
}
