import type { Step } from './parts.ts';

export interface Graph {
  readonly steps: ReadonlyMap<string, Step>;
  /** Addresses of the steps that have to run before. */
  readonly needs: ReadonlyMap<string, ReadonlySet<string>>;
}

/**
 * Breaks loops where that is possible: each function and view of a loop is made twice, first with its outside only, so
 * that others of the loop can be made, and then in full.
 */
export function withoutLoops(graph: Graph): Graph {
  const groupOf = looped(graph);
  if (groupOf.size === 0) return graph;
  const steps = new Map(graph.steps);
  const needs = new Map([...graph.needs].map(([address, of]) => [address, new Set(of)]));
  for (const [address, group] of groupOf) {
    const step = graph.steps.get(address);
    if (step?.stub === undefined) continue;
    const outside = `${address} outside`;
    steps.set(outside, { ...step, address: outside, create: step.stub.create });
    needs.set(outside, new Set(step.stub.needs.filter((need) => graph.steps.has(need))));
    for (const other of groupOf.keys()) {
      if (groupOf.get(other) === group && needs.get(other)?.delete(address)) needs.get(other)?.add(outside);
    }
    needs.get(address)?.add(outside);
  }
  return { steps, needs };
}

/** Steps that need each other, each with the number of its loop (strongly connected components, Tarjan). */
function looped(graph: Graph): Map<string, number> {
  const order = new Map<string, number>();
  const low = new Map<string, number>();
  const open: string[] = [];
  const isOpen = new Set<string>();
  const groups = new Map<string, number>();
  const lower = (address: string, to: number): void => {
    low.set(address, Math.min(low.get(address) ?? to, to));
  };
  const visit = (address: string): void => {
    const number = order.size;
    order.set(address, number);
    low.set(address, number);
    open.push(address);
    isOpen.add(address);
    for (const need of graph.needs.get(address) ?? []) {
      if (!order.has(need)) {
        visit(need);
        lower(address, low.get(need) ?? number);
      } else if (isOpen.has(need)) lower(address, order.get(need) ?? number);
    }
    if (low.get(address) !== number) return;
    const group = open.splice(open.indexOf(address));
    for (const each of group) {
      isOpen.delete(each);
      if (group.length > 1) groups.set(each, number);
    }
  };
  for (const address of graph.steps.keys()) if (!order.has(address)) visit(address);
  return groups;
}
