/** A file that was damaged in one way. */
export interface Damage {
  readonly kind: string;
  readonly bytes: Buffer;
}

/** A backup's bytes, and where its frames are in them. */
export interface Anatomy {
  readonly bytes: Buffer;
  readonly frames: readonly { readonly offset: number; readonly size: number }[];
}

/** Bits that are flipped in each quarter, cuts, and damages to frames of each kind. */
const flipsPerPart = 5;
const cuts = 6;
const perKind = 3;
/** The footer is the last thing in a file; see docs/FORMAT.md. */
const tailBytes = 200;

/** Damages of every kind, in places drawn by lot. `other` is another backup. */
export function damages(file: Anatomy, other: Anatomy): Damage[] {
  const { bytes, frames } = file;
  const first = frames[0]?.offset ?? 0;
  const last = frames.at(-1);
  const end = last ? last.offset + last.size : bytes.length;
  const parts = [
    ['manifest', 0, first],
    ['frame', first, end],
    ['table of contents', end, bytes.length - tailBytes],
    ['footer', bytes.length - tailBytes, bytes.length],
  ] as const;
  return [
    ...parts.flatMap(([part, from, to]) =>
      times(flipsPerPart).map(() => ({ kind: `bit flipped in the ${part}`, bytes: flipped(bytes, anyOf(from, to)) })),
    ),
    ...times(cuts).map(() => ({ kind: 'cut', bytes: bytes.subarray(0, anyOf(1, bytes.length)) })),
    ...times(perKind).flatMap(() => {
      const index = anyOf(0, frames.length - 1);
      const [one, next] = [frameOf(file, index), frameOf(file, index + 1)];
      // Empty tables and the shape are the same in both.
      const strangers = other.frames.map((_, at) => frameOf(other, at)).filter((frame) => !frame.equals(one));
      const foreign = strangers[anyOf(0, strangers.length)] ?? one;
      return [
        { kind: 'frame dropped', bytes: replaced(file, index, 1, []) },
        { kind: 'frame doubled', bytes: replaced(file, index, 1, [one, one]) },
        { kind: 'frames swapped', bytes: replaced(file, index, 2, [next, one]) },
        { kind: 'frame of another backup', bytes: replaced(file, index, 1, [foreign]) },
      ];
    }),
    { kind: 'end of another backup', bytes: Buffer.concat([bytes.subarray(0, end), endOf(other)]) },
    { kind: 'bytes too many', bytes: Buffer.concat([bytes, Buffer.alloc(anyOf(1, 5000))]) },
  ];
}

export function flipped(bytes: Buffer, at: number): Buffer {
  const damaged = Buffer.from(bytes);
  damaged.writeUInt8(damaged.readUInt8(at) ^ (1 << anyOf(0, 8)), at);
  return damaged;
}

/** From `from` up to, but without, `to`. */
export function anyOf(from: number, to: number): number {
  return from + Math.floor(Math.random() * (to - from));
}

export function times(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

function frameOf({ bytes, frames }: Anatomy, index: number): Buffer {
  const { offset, size } = frames[index] ?? { offset: 0, size: 0 };
  return bytes.subarray(offset, offset + size);
}

function replaced({ bytes, frames }: Anatomy, index: number, count: number, by: readonly Buffer[]): Buffer {
  const first = frames[index];
  const last = frames[index + count - 1];
  if (!first || !last) throw new Error('the backup has too few frames');
  return Buffer.concat([bytes.subarray(0, first.offset), ...by, bytes.subarray(last.offset + last.size)]);
}

function endOf({ bytes, frames }: Anatomy): Buffer {
  const last = frames.at(-1);
  return bytes.subarray(last ? last.offset + last.size : 0);
}
