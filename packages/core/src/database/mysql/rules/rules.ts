import type { Rule } from '../../../plan/analysis.ts';

export const mysqlRules: readonly Rule[] = [];
