import { LockstepError } from '@lockstep/core';

const units: Readonly<Record<string, number>> = { s: 1, m: 60, min: 60, h: 3600, d: 86_400, w: 604_800 };

/** Reads a length of time such as `90m`, `26h` or `2d`, in seconds. Throws USAGE. */
export function seconds(text: string | undefined, option: string): number | undefined {
  if (text === undefined) return undefined;
  const [, count = '', unit = ''] = /^(\d{1,9}(?:\.\d+)?)(s|m|min|h|d|w)$/.exec(text) ?? [];
  const factor = units[unit];
  if (factor !== undefined) return Number(count) * factor;
  throw new LockstepError('USAGE', { reason: `${option} needs a length of time like 90m, 26h or 2d, not "${text}"` });
}
