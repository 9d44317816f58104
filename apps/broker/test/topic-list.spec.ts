// The list of topics is written by a template; here it is held against JSON.stringify of the same bodies.
import { describe, expect, it } from 'vitest';
import { Links } from '../src/rest/links.js';
import type { OpenCluster } from '../src/rest/cluster-access.js';
import { topicBody, topicListJson, type TopicSummary } from '../src/rest/topic-bodies.js';

const request = { protocol: 'http', host: '127.0.0.1:8082', url: '/kafka/v3/clusters/c-1/topics' };
const cluster: OpenCluster = {
  clusterId: 'c-1',
  controllerId: 1,
  brokers: [],
  links: new Links(request, 'c-1'),
};
const topic = (name: string, partitionCount = 1, isInternal = false): TopicSummary => ({
  name,
  isInternal,
  partitionCount,
  replicationFactor: 1,
});

describe('topicListJson', () => {
  it.each([
    ['no topic', []],
    ['one', [topic('orders')]],
    ['several shapes', [topic('a'), topic('b', 12), topic('__c', 50, true), topic('d', 12)]],
    [
      'names of other brokers',
      [topic('a b'), topic('quote"d'), topic('ü'), topic('$&'), topic('')],
    ],
  ])('writes what JSON.stringify would: %s', (_, topics) => {
    const bodies = topics.map((one) => topicBody(cluster, one));
    const list = cluster.links.list('KafkaTopicList', bodies);
    expect(topicListJson(cluster, topics)).toBe(JSON.stringify(list));
  });
});
