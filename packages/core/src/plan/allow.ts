/** A comment that lets a statement break a rule: `-- lockstep: allow ban-drop-column nobody reads it since 1.2.0`. */
export interface Allowance {
  readonly rules: readonly string[];
  readonly reason: string;
}

const comment =
  /(?:--|#|\/\*|^\s*\*)\s*lockstep:\s*allow\s+([\w-]+(?:\s*,\s*[\w-]+)*)[^\S\n]*(.*?)(?:\*\/)?[^\S\n]*\r?$/gm;

/** The allowances in the comments of a statement: above it, or in it. */
export function allowancesIn(region: string): Allowance[] {
  return [...region.matchAll(comment)].map(([, list = '', reason = '']) => ({
    rules: list.split(',').map((name) => name.trim()),
    reason: reason.trim(),
  }));
}
