import type { Fact, ShapeKind, ShapeObject, ShapeStatement, TableShape, Unsupported } from '../../../shape/shape.ts';

/** What a shape is put together from. Every kind adds its own. */
export class Parts {
  readonly objects: ShapeObject[] = [];
  readonly tables: TableShape[] = [];
  readonly unsupported: Unsupported[] = [];
  readonly steps: Step[] = [];
  readonly #steps = new Map<string, string>();
  readonly #targets = new Map<string, Target>();

  object(kind: ShapeKind, name: string, facts: Fact, definition?: string): void {
    this.objects.push({ kind, name, facts, ...(definition === undefined ? {} : { definition }) });
  }

  step(step: Step): void {
    this.steps.push(step);
  }

  /** Says that this object of the catalogues is made by that step. A step makes its own address. */
  madeBy(address: string, step: string): void {
    this.#steps.set(address, step);
  }

  /** The step that makes an object of the catalogues. */
  makerOf(address: string): string {
    return this.#steps.get(address) ?? address;
  }

  /** Registers what comments, owners and grants may be about. */
  target(address: string, target: Target): void {
    this.#targets.set(address, target);
  }

  targetOf(address: string): Target | undefined {
    return this.#targets.get(address);
  }
}

/** A statement, and what has to stand before it can run. */
export interface Step extends ShapeStatement {
  /** The object of the catalogues that it makes, as `catalogue:oid`, or any other unique text. */
  readonly address: string;
  readonly stage: Stage;
  /** Addresses that are needed, beside what pg_depend knows about `address`. */
  readonly needs?: readonly string[];
  /** What pg_depend names, but another step sees to. */
  readonly without?: readonly string[];
  /** A lesser form that breaks a loop of dependencies: it runs first, the full statement replaces it. */
  readonly stub?: Stub;
}

export interface Stub {
  readonly create: string;
  readonly needs: readonly string[];
}

/** Parts of the DDL in their order. Within one, dependencies decide, then the order of names. */
export const stages = [
  'schema',
  'extension',
  'definition',
  'attach',
  'setting',
  'key',
  'index',
  'index attach',
  'check',
  'view',
  'foreign key',
  'trigger',
  'trigger state',
  'policy',
  'table state',
  'comment',
  'schema grant',
  'owner',
  'grant',
  'refresh',
] as const;

export type Stage = (typeof stages)[number];

/** The first stage that comes after the rows. */
export const firstAfter: Stage = 'key';

/** What a step has for a drop, if there is one. */
export function dropped(drop: string | undefined): { readonly drop?: string } {
  return drop === undefined ? {} : { drop };
}

/** The address of the step that fills a materialized view. */
export function refreshOf(view: string): string {
  return `${view} rows`;
}

/** What a comment, an owner or a grant is about. */
export interface Target {
  /** For people: `table public.shop`. */
  readonly label: string;
  /** As COMMENT ON and ALTER ... OWNER want it: `TABLE "public"."shop"`. */
  readonly sql: string;
  /** The statement that makes it has a `drop`: what is said about it goes and comes with it. */
  readonly droppable?: boolean;
}
