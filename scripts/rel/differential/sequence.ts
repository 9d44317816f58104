// Seeded request sequences. Protects: everything is drawn from the seed before a request is sent, so both brokers get the same;
// what a broker hands out itself is looked up by name when the body is built.
// Names begin with the seed's: sequences do not see each other, whichever run at the same time.
// Leaves out: what Drave does not advertise; two requests at a time (a sequence is one client's, one after another); settings of
// groups, loggers and client metrics; groups with members of both protocols, which Kafka converts and Drave refuses.

import type { Body } from './side.ts';
import { groupSteps } from './group-steps.ts';
import { adminSteps } from './admin-steps.ts';
import { clusterSteps } from './cluster-steps.ts';
import { consumerGroupSteps } from './consumer-group-steps.ts';
import { recordSteps } from './record-steps.ts';
import type { Draw, Step } from './step.ts';
import { keepTopicIds, zeroId } from './topic-ids.ts';

const makers: readonly ((draw: Draw) => Step)[] = [
  ...recordSteps,
  ...groupSteps,
  ...consumerGroupSteps,
  ...adminSteps,
  ...clusterSteps,
];

/** The topics every sequence begins with, then `length` drawn steps, then the end of its topics. */
export function* sequence(draw: Draw, length: number): Generator<Step> {
  const topic = (name: string, numPartitions: number): Body => ({
    name: draw.name(name),
    numPartitions,
    replicationFactor: 1,
    assignments: [],
    configs: [],
  });
  yield {
    apiKey: 19,
    body: () => ({
      topics: [topic('a', 3), topic('b', 2)],
      timeoutMs: 10_000,
      validateOnly: false,
    }),
    versions: [7, 7],
    keep: keepTopicIds,
    settles: true,
  };
  yield {
    apiKey: 10,
    body: () => ({ key: draw.name('g'), keyType: 0, coordinatorKeys: [draw.name('g')] }),
    settles: true,
  };
  for (let index = 0; index < length; index++) {
    const maker = makers[draw.below(makers.length)];
    if (maker) yield maker(draw);
  }
  const last = ['a', 'b', 'c', 'd', 'e'].map((name) => draw.name(name));
  yield {
    apiKey: 20,
    body: () => ({
      topics: last.map((name) => ({ name, topicId: zeroId })),
      topicNames: last,
      timeoutMs: 10_000,
    }),
  };
}
