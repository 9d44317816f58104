// A topology in words: JSON for REST and the console, Mermaid for documents.
// Protects: node names are the ones metrics and dead letters use. Leaves out: live rates.

import type { PlanEdge, PlanNode, TopicReference } from './plan.js';
import { changelogTopic, resolveTopic, type Subtopology } from './subtopology.js';

export interface NodeDescription {
  readonly name: string;
  readonly kind: 'source' | 'operator' | 'sink';
  /** filter, map, windowed-aggregate …; of sources and sinks their kind. */
  readonly operation: string;
  readonly topic: string | undefined;
  readonly stores: readonly string[];
  readonly next: readonly { readonly node: string; readonly port: string }[];
}

export interface StoreDescription {
  readonly name: string;
  readonly kind: 'key-value' | 'window';
  readonly changelog: string;
}

export interface TopologyDescription {
  readonly applicationId: string;
  readonly subtopologies: readonly {
    readonly id: number;
    readonly nodes: readonly NodeDescription[];
    readonly stores: readonly StoreDescription[];
  }[];
  /** A Mermaid flowchart of the same. */
  readonly mermaid: string;
}

type Described = Pick<Subtopology, 'id' | 'sources' | 'operators' | 'sinks' | 'edges' | 'stores'>;

export function describeTopology(
  subtopologies: readonly Described[],
  applicationId: string,
): TopologyDescription {
  const topicOf = (topic: TopicReference): string => resolveTopic(topic, applicationId);
  const parts = subtopologies.map((subtopology) => {
    const { id, sources, operators, sinks, edges, stores } = subtopology;
    const nodes = [...sources, ...operators, ...sinks].sort((a, b) => a.id - b.id);
    const names = new Map(nodes.map((node) => [node.id, node.name]));
    return {
      id,
      nodes: nodes.map((node) => describeNode(node, names, edges, topicOf)),
      stores: stores.map(({ name, windows }) => ({
        name,
        kind: windows ? ('window' as const) : ('key-value' as const),
        changelog: changelogTopic(name, applicationId),
      })),
    };
  });
  return { applicationId, subtopologies: parts, mermaid: mermaidOf(parts) };
}

function describeNode(
  node: PlanNode,
  names: ReadonlyMap<number, string>,
  edges: readonly PlanEdge[],
  topicOf: (topic: TopicReference) => string,
): NodeDescription {
  return {
    name: node.name,
    kind: node.kind,
    operation: node.kind === 'operator' ? node.operation : node.kind,
    topic: node.kind === 'operator' ? undefined : topicOf(node.topic),
    stores: node.kind === 'operator' ? node.stores : [],
    next: edges
      .filter(({ from }) => from === node.id)
      .map(({ to, port }) => ({ node: names.get(to) ?? '', port })),
  };
}

function mermaidOf(parts: TopologyDescription['subtopologies']): string {
  const lines = ['flowchart TD'];
  const links: string[] = [];
  for (const { id, nodes, stores } of parts) {
    lines.push(`  subgraph s${id}["sub-topology ${id}"]`);
    for (const { name, operation } of nodes) {
      lines.push(
        `    ${identifier('n', name)}["${name}${name === operation ? '' : `<br/>${operation}`}"]`,
      );
    }
    for (const { name } of stores) lines.push(`    ${identifier('st', name)}[("${name}")]`);
    lines.push('  end');
    for (const node of nodes) {
      const here = identifier('n', node.name);
      for (const { node: next } of node.next) links.push(`  ${here} --> ${identifier('n', next)}`);
      for (const store of node.stores) links.push(`  ${here} -.- ${identifier('st', store)}`);
      if (node.topic === undefined) continue;
      const topic = `${identifier('t', node.topic)}{{"${node.topic}"}}`;
      links.push(node.kind === 'source' ? `  ${topic} --> ${here}` : `  ${here} --> ${topic}`);
    }
  }
  return [...lines, ...links, ''].join('\n');
}

function identifier(prefix: string, name: string): string {
  return `${prefix}_${name.replace(/[^a-zA-Z0-9]/g, '_')}`;
}
