// A sub-topology as running code: each node becomes a push closed over the pushes of what it feeds.
// Protects: nothing awaits per record; time hooks run in topological order although nodes are built from the sinks up.
// Leaves out: per-node rates.

import type { OperatorContext, Push, SinkNode } from './plan.js';
import type { Subtopology } from './subtopology.js';

const ignore: Push = () => {};

/** The push of each source, by its node id. `createContext` is called once per operator, sinks first. */
export function compileOperators(
  subtopology: Subtopology,
  createContext: (nodeId: number) => OperatorContext,
): Map<number, Push> {
  const pushes = new Map<number, Push>();
  const portOf = (from: number) => {
    const edges = subtopology.edges.filter((edge) => edge.from === from);
    return (name: string): Push | undefined =>
      fanOut(edges.filter(({ port }) => port === name).map(({ to }) => pushes.get(to) ?? ignore));
  };
  for (const sink of subtopology.sinks) pushes.set(sink.id, sinkPush(sink, createContext(sink.id)));
  const operators = [...subtopology.operators].sort((a, b) => b.id - a.id);
  for (const node of inReadingOrder(operators, subtopology)) {
    const port = portOf(node.id);
    pushes.set(node.id, node.create(createContext(node.id), port('') ?? ignore, port));
  }
  const sources = new Map<number, Push>();
  for (const { id } of subtopology.sources) sources.set(id, portOf(id)('') ?? ignore);
  return sources;
}

/** What a node feeds comes before it. Ids descend, except where `merge` reads a stream declared later. */
function inReadingOrder<Node extends { readonly id: number }>(
  nodes: readonly Node[],
  { edges }: Subtopology,
): Node[] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const ordered = new Set<Node>();
  const visit = (node: Node): void => {
    if (ordered.has(node)) return;
    for (const { from, to } of edges) {
      const next = from === node.id ? byId.get(to) : undefined;
      if (next) visit(next);
    }
    ordered.add(node);
  };
  for (const node of nodes) visit(node);
  return [...ordered];
}

function fanOut(targets: readonly Push[]): Push | undefined {
  const [first, second] = targets;
  if (targets.length <= 1) return first;
  if (first && second && targets.length === 2) {
    return (key, value, timestamp) => {
      first(key, value, timestamp);
      second(key, value, timestamp);
    };
  }
  return (key, value, timestamp) => {
    for (const target of targets) target(key, value, timestamp);
  };
}

function sinkPush(node: SinkNode, context: OperatorContext): Push {
  const { topic, key: keySerde, value: valueSerde } = node;
  const purpose = topic.kind === 'repartition' ? 'repartition' : 'sink';
  return (key, value, timestamp) => {
    const keyed = key !== null && key !== undefined;
    if (!keyed && purpose === 'repartition') {
      context.count('skipped'); // a record without a key belongs to no partition
      return;
    }
    context.send(topic, purpose, {
      key: keyed ? keySerde.serialize(key) : null,
      value: value === null || value === undefined ? null : valueSerde.serialize(value),
      timestamp,
    });
  };
}
