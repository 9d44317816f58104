// The topics a coordinator knows of, and what a subscription means among them. Protects: the same topics always give the same
// hash, so that a restarted coordinator does not rebalance a group whose topics stayed as they were.
// Leaves out: racks (brokers have none yet). Source: KIP-848; KIP-1101 for a hash in place of the listed metadata.

import { murmur2 } from '@drave/protocol';

import { topicPattern } from './topic-pattern.js';

export interface GroupTopic {
  readonly name: string;
  /** A uuid in its hexadecimal text form with hyphens. */
  readonly topicId: string;
  readonly partitionCount: number;
}

/** Committed topic metadata as the coordinator reads it; the broker's metadata image fits. */
export interface GroupTopics {
  topic(name: string): GroupTopic | undefined;
  topicById(topicId: string): GroupTopic | undefined;
  topics(): Iterable<GroupTopic>;
}

/** What a member subscribes to: names, and every topic whose whole name a pattern matches. */
export interface TopicSubscription {
  readonly subscribedTopicNames: readonly string[];
  /** RE2 syntax, legal. */
  readonly subscribedTopicRegex: string | null;
}

/** Answers for one state of the metadata; make a new one for the next. */
export class SubscriptionResolver {
  readonly #topics: GroupTopics;
  readonly #matches = new Map<string, readonly GroupTopic[]>();

  constructor(topics: GroupTopics) {
    this.#topics = topics;
  }

  /** Topics that exist; each once. */
  resolve({ subscribedTopicNames, subscribedTopicRegex }: TopicSubscription): Set<GroupTopic> {
    const found = new Set<GroupTopic>();
    for (const name of subscribedTopicNames) {
      const topic = this.#topics.topic(name);
      if (topic) found.add(topic);
    }
    if (subscribedTopicRegex) {
      for (const topic of this.#matching(subscribedTopicRegex)) found.add(topic);
    }
    return found;
  }

  /** Of all topics the subscriptions reach; 0 for none. Changes with a topic's id, name and partition count. */
  hash(subscriptions: Iterable<TopicSubscription>): number {
    const reached = new Set<GroupTopic>();
    for (const subscription of subscriptions) {
      for (const topic of this.resolve(subscription)) reached.add(topic);
    }
    if (reached.size === 0) return 0;
    const text = [...reached]
      .map(({ name, topicId, partitionCount }) => `${name}/${topicId}/${partitionCount}`)
      .sort()
      .join('\n');
    // 53 bits, what a number holds: a changed topic goes unnoticed once in 2^53.
    const low = murmur2(Buffer.from(text)) >>> 0;
    return (murmur2(Buffer.from(`${text}\n`)) & 0x1f_ffff) * 0x1_0000_0000 + low;
  }

  #matching(regex: string): readonly GroupTopic[] {
    const known = this.#matches.get(regex);
    if (known) return known;
    const pattern = topicPattern(regex);
    const found = [...this.#topics.topics()].filter(({ name }) => pattern?.(name) ?? false);
    this.#matches.set(regex, found);
    return found;
  }
}
