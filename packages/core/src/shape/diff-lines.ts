/** A line of a comparison: only expected (`-`), only found (`+`), or on both sides (` `). */
export interface DiffLine {
  readonly side: '-' | '+' | ' ';
  readonly text: string;
}

/** Beyond this many cells, the middle of two texts is shown as removed and added as a whole. */
const mostCells = 1_000_000;

/** How many equal lines are shown around those that differ. */
const context = 2;

/** Compares two texts line by line. Equal lines far from any difference are left out, with `...` in their place. */
export function diffLines(expected: readonly string[], found: readonly string[]): DiffLine[] {
  let head = 0;
  while (head < expected.length && head < found.length && expected[head] === found[head]) head += 1;
  let tail = 0;
  const most = Math.min(expected.length, found.length) - head;
  while (tail < most && expected.at(-1 - tail) === found.at(-1 - tail)) tail += 1;
  const before = expected.slice(0, head).map((text): DiffLine => ({ side: ' ', text }));
  const after = expected.slice(expected.length - tail).map((text): DiffLine => ({ side: ' ', text }));
  const middle = diffMiddle(expected.slice(head, expected.length - tail), found.slice(head, found.length - tail));
  return shorten([...before, ...middle, ...after]);
}

/** By the longest common subsequence. */
function diffMiddle(left: readonly string[], right: readonly string[]): DiffLine[] {
  if (left.length * right.length > mostCells) return [...left.map(removed), ...right.map(added)];
  const width = right.length + 1;
  const common = new Uint32Array((left.length + 1) * width);
  for (let i = left.length - 1; i >= 0; i -= 1) {
    for (let j = right.length - 1; j >= 0; j -= 1) {
      const [down, across] = [common[(i + 1) * width + j] ?? 0, common[i * width + j + 1] ?? 0];
      const diagonal = common[(i + 1) * width + j + 1] ?? 0;
      common[i * width + j] = left[i] === right[j] ? diagonal + 1 : Math.max(down, across);
    }
  }
  const lines: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < left.length || j < right.length) {
    const [one = '', other = ''] = [left[i], right[j]];
    const isCommon = i < left.length && j < right.length && one === other;
    const [down, across] = [common[(i + 1) * width + j] ?? 0, common[i * width + j + 1] ?? 0];
    if (isCommon) lines.push({ side: ' ', text: one });
    else if (i < left.length && (j === right.length || down >= across)) lines.push(removed(one));
    else lines.push(added(other));
    const { side } = lines.at(-1) ?? removed('');
    if (side !== '+') i += 1;
    if (side !== '-') j += 1;
  }
  return lines;
}

function removed(text: string): DiffLine {
  return { side: '-', text };
}

function added(text: string): DiffLine {
  return { side: '+', text };
}

function shorten(lines: readonly DiffLine[]): DiffLine[] {
  const isNear = (at: number): boolean =>
    lines.slice(Math.max(0, at - context), at + context + 1).some(({ side }) => side !== ' ');
  return lines.flatMap((line, at) => {
    if (isNear(at)) return [line];
    return at > 0 && !isNear(at - 1) ? [] : [{ side: ' ', text: '...' }];
  });
}
