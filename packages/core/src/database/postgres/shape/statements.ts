import type { ShapeStatement, Unsupported } from '../../../shape/shape.ts';
import { compareBytes } from '../../../shape/order.ts';
import type { Catalogue } from './catalogue.ts';
import { withoutLoops } from './loops.ts';
import type { Graph } from './loops.ts';
import { portable } from './portable.ts';
import { dropped, firstAfter, refreshOf, stages } from './parts.ts';
import type { Parts, Stage, Step } from './parts.ts';

export interface Statements {
  readonly before: readonly ShapeStatement[];
  readonly after: readonly ShapeStatement[];
  /** Loops of dependencies that could not be broken. */
  readonly loops: readonly Unsupported[];
}

/** Puts the steps into an order in which each finds what it needs. */
export function orderStatements(catalogue: Catalogue, parts: Parts): Statements {
  const graph = withoutLoops(graphOf(catalogue, parts));
  const early = stagesBefore(graph);
  const steps = [...graph.steps.values()];
  const done = new Set<string>();
  const loops: Unsupported[] = [];
  const before = sort(
    steps.filter((step) => early.has(step.address)),
    graph,
    done,
    loops,
  );
  const after = sort(
    steps.filter((step) => !early.has(step.address)),
    graph,
    done,
    loops,
  );
  return { before: before.map(statementOf), after: after.map(statementOf), loops };
}

function graphOf(catalogue: Catalogue, parts: Parts): Graph {
  const steps = new Map(parts.steps.map((step) => [step.address, step]));
  const needs = new Map(parts.steps.map((step) => [step.address, new Set<string>()]));
  const add = (address: string, need: string): void => {
    const [from, to] = [parts.makerOf(address), parts.makerOf(need)];
    if (steps.get(from)?.without?.includes(need) === true) return;
    if (from !== to && steps.has(to)) needs.get(from)?.add(to);
  };
  for (const [address, references] of catalogue.neededBy) for (const need of references) add(address, need.address);
  for (const step of parts.steps) for (const need of step.needs ?? []) add(step.address, need);
  for (const step of parts.steps) if (step.stage === 'refresh') addRefreshes(step, { steps, needs });
  for (const [address, step] of steps) {
    if (step.stub === undefined) continue;
    const { create } = step.stub;
    steps.set(address, { ...step, stub: { create, needs: step.stub.needs.map((need) => parts.makerOf(need)) } });
  }
  return { steps, needs };
}

/** A materialized view is filled after those that it reads, be it by way of views or functions. */
function addRefreshes(
  step: Step,
  graph: { steps: ReadonlyMap<string, Step>; needs: ReadonlyMap<string, Set<string>> },
): void {
  const own = graph.needs.get(step.address);
  const seen = new Set(own);
  // A set grows while it is read.
  for (const address of seen) {
    for (const need of graph.needs.get(address) ?? []) {
      seen.add(need);
      if (graph.steps.has(refreshOf(need)) && refreshOf(need) !== step.address) own?.add(refreshOf(need));
    }
  }
}

const rank = new Map<Stage, number>(stages.map((stage, index) => [stage, index]));

function rankOf(step: Step): number {
  return rank.get(step.stage) ?? 0;
}

/**
 * What stands before the rows: tables and sequences with all that they need, and of the rest whatever does not need
 * something that comes after the rows, such as a function over a view.
 */
function stagesBefore(graph: Graph): Set<string> {
  const first = rank.get(firstAfter) ?? 0;
  const early = new Set<string>();
  const pull = (address: string): void => {
    if (early.has(address)) return;
    early.add(address);
    for (const need of graph.needs.get(address) ?? []) pull(need);
  };
  const steps = [...graph.steps.values()];
  for (const step of steps) if (step.kind === 'table' && step.stage === 'definition') pull(step.address);
  const late = new Map<string, boolean>();
  const isLate = (address: string): boolean => {
    const known = late.get(address);
    if (known !== undefined) return known;
    const step = graph.steps.get(address);
    late.set(address, false);
    const result =
      !early.has(address) &&
      step !== undefined &&
      (rankOf(step) >= first || [...(graph.needs.get(address) ?? [])].some(isLate));
    late.set(address, result);
    return result;
  };
  for (const step of steps) if (!isLate(step.address)) early.add(step.address);
  return early;
}

/**
 * Stage by stage, and within a stage by name, as far as dependencies leave a choice. A loop that is still there is
 * reported: no order of whole statements can make it.
 */
function sort(steps: readonly Step[], graph: Graph, done: Set<string>, loops: Unsupported[]): Step[] {
  const here = new Set(steps.map((step) => step.address));
  const sorted: Step[] = [];
  const path = new Set<string>();
  const visit = (step: Step): void => {
    path.add(step.address);
    for (const address of [...(graph.needs.get(step.address) ?? [])].toSorted(compareBytes)) {
      const need = graph.steps.get(address);
      if (need === undefined || done.has(address) || !here.has(address)) continue;
      if (path.has(address)) loops.push({ kind: 'loop of dependencies', name: `${need.kind} ${need.name}` });
      else visit(need);
    }
    path.delete(step.address);
    done.add(step.address);
    sorted.push(step);
  };
  const waiting = steps.toSorted((a, b) => rankOf(a) - rankOf(b) || compareBytes(a.name, b.name));
  for (const step of waiting) if (!done.has(step.address)) visit(step);
  return sorted;
}

function statementOf(step: Step): ShapeStatement {
  const { kind, name, create, drop, table, reference } = step;
  return {
    kind,
    name,
    create: portable(create),
    ...dropped(drop),
    ...(table === undefined ? {} : { table }),
    ...(reference === undefined ? {} : { reference }),
  };
}
