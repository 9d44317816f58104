// A broker of this file's own, in the same process: it can be told to fail.
import { useTestBroker } from '@drave/broker/testing';
import { Kafka, logLevel } from 'kafkajs';

const broker = useTestBroker({ beforeAll, beforeEach, afterAll }, { topics: { orders: 1 } });

test('a producer survives a lost leader and a lost connection', async () => {
  const failed = broker.current.failNext('Produce', 'NOT_LEADER_OR_FOLLOWER');
  const kafka = new Kafka({
    brokers: broker.current.bootstrap.split(','),
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 10 },
  });
  const producer = kafka.producer();
  await producer.connect();
  await producer.send({ topic: 'orders', messages: [{ key: 'o-1', value: '1' }] });
  broker.current.disconnectAll();
  await producer.send({ topic: 'orders', messages: [{ key: 'o-2', value: '2' }] });
  await producer.disconnect();

  expect(failed.hits).toBe(1);
  const keys = (await broker.current.records('orders')).map(({ key }) => String(key));
  expect(keys).toEqual(['o-1', 'o-2']);
});
