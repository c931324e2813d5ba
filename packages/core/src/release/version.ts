import { LockstepError } from '../errors.ts';

/**
 * A version as Flyway reads it: parts of any length, `_` for `.`, trailing zeros without meaning (1 = 1.0 = 01).
 * `text` is kept for display, as Flyway keeps it.
 */
export interface Version {
  readonly text: string;
  readonly parts: readonly bigint[];
}

/** Reads a version, or gives undefined where it is none. */
export function parseVersion(text: string): Version | undefined {
  const dotted = text.replaceAll('_', '.');
  if (!/^\d+(\.\d+)*$/.test(dotted)) return undefined;
  const parts = dotted.split('.').map(BigInt);
  while (parts.length > 1 && parts.at(-1) === 0n) parts.pop();
  return { text: dotted, parts };
}

/** The same text for versions that are equal: `1` for 1, 1.0 and 01. */
export function canonicalVersion(version: Version): string {
  return version.parts.join('.');
}

export function compareVersions(left: Version, right: Version): -1 | 0 | 1 {
  const length = Math.max(left.parts.length, right.parts.length);
  for (let index = 0; index < length; index += 1) {
    const a = left.parts[index] ?? 0n;
    const b = right.parts[index] ?? 0n;
    if (a !== b) return a < b ? -1 : 1;
  }
  return 0;
}

/** `major.minor.patch` of a version, such as 1.2.0 for 1.2.0.1. */
export function releaseName(version: Version): string {
  return [0, 1, 2].map((index) => String(version.parts[index] ?? 0n)).join('.');
}

/** Reads the name of a release as a person gives it: three numbers. Throws USAGE. */
export function parseRelease(text: string): Version {
  const version = /^\d+\.\d+\.\d+$/.test(text) ? parseVersion(text) : undefined;
  if (!version) throw new LockstepError('USAGE', { reason: `"${text}" is not a release like 1.2.0` });
  return version;
}

/** Compares releases; what follows a `+` (migrations beyond the release) comes after the release itself. */
export function compareReleases(left: string, right: string): number {
  const [leftBase = '', leftMore = '0'] = left.split('+');
  const [rightBase = '', rightMore = '0'] = right.split('+');
  return compareVersions(needVersion(leftBase), needVersion(rightBase)) || Number(leftMore) - Number(rightMore);
}

function needVersion(text: string): Version {
  const version = parseVersion(text);
  if (!version) throw new LockstepError('INTERNAL', { reason: `"${text}" is not a version` });
  return version;
}
