import { expect, it } from 'vitest';
import type { ShapeStatement } from '#core/database/database.js';
import { putBack } from '#core/database/postgres/put-back.js';

function early(kind: ShapeStatement['kind'], create: string): boolean | undefined {
  const [task] = putBack([{ kind, name: 'it', table: 'public.t', create, drop: 'DROP' }]).flat();
  return task?.needsOnlyItsTable;
}

it('only what cannot ask another table for anything is put back before all tables are full', () => {
  for (const columns of ['(a)', '(a, b DESC NULLS LAST)', '(a text_pattern_ops) INCLUDE (b)']) {
    expect(early('index', `CREATE INDEX it ON public.t USING btree ${columns}`)).toBe(true);
  }
  expect(early('primary key', 'ALTER TABLE public.t ADD CONSTRAINT it PRIMARY KEY (a)')).toBe(true);
  expect(early('unique constraint', 'ALTER TABLE public.t ADD CONSTRAINT it UNIQUE (a)')).toBe(true);
  for (const columns of ['(other(a))', '((a + b))', '(a) WHERE (a > 1)', '(a) WHERE b', '(a COLLATE "x(y)")']) {
    expect(early('index', `CREATE INDEX it ON public.t USING btree ${columns}`)).toBe(false);
  }
  const exclusion = 'ALTER TABLE public.t ADD CONSTRAINT it EXCLUDE USING gist (other(a) WITH =)';
  expect(early('exclusion constraint', exclusion)).toBe(false);
  expect(early('check constraint', 'ALTER TABLE public.t ADD CONSTRAINT it CHECK (other(a))')).toBeFalsy();
});
