// The suite of libs/jobs on a real redis-server: the embedded backend is held to what BullMQ does there.
import { RedisServer } from './redis-server.js';
import { queueSuite } from '../../libs/jobs/test/queue-suite.js';

queueSuite('BullMQ on Redis', async () => {
  const server = await RedisServer.start();
  return {
    connection: { host: '127.0.0.1', port: server.port },
    close: () => server.kill(),
  };
});
