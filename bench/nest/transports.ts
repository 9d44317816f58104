// The transports that `nest.bench.ts` compares, as a server strategy and as a client each. Defaults everywhere: what a Nest user gets who
// only names the address. Both Kafka transports talk to the same kind of broker (Drave).

import { DraveClient, DraveServer } from '@drave/nest/transport';
import {
  ClientKafka,
  ClientNats,
  type ClientProxy,
  ClientRedis,
  type MicroserviceOptions,
  Transport,
} from '@nestjs/microservices';
import { logLevel } from 'kafkajs';

export const eventPattern = 'bench.events';
export const requestPattern = 'bench.requests';

/** `HOST:PORT`. */
type Address = string;

export interface NestTransport {
  server(address: Address): MicroserviceOptions;
  /** Not connected; ready for requests once it is. */
  client(address: Address): Pick<ClientProxy, 'send' | 'emit' | 'connect' | 'close'>;
}

const hostAndPort = (address: Address): { readonly host: string; readonly port: number } => {
  const [host = '', port = '0'] = address.split(':');
  return { host, port: Number(port) };
};
const kafkajs = (
  brokers: string[],
): { readonly brokers: string[]; readonly logLevel: logLevel } => ({
  brokers,
  logLevel: logLevel.NOTHING,
});

export const transports = {
  Drave: {
    server: (address) => ({ strategy: new DraveServer({ brokers: [address], group: 'bench' }) }),
    client: (address) => new DraveClient({ brokers: [address] }),
  },
  'built-in Kafka (kafkajs)': {
    server: (address) => ({
      transport: Transport.KAFKA,
      options: { client: kafkajs([address]), consumer: { groupId: 'bench-kafkajs' } },
    }),
    client(address) {
      const consumer = { groupId: 'bench-kafkajs' };
      const client = new ClientKafka({ client: kafkajs([address]), consumer });
      client.subscribeToResponseOf(requestPattern);
      return client;
    },
  },
  NATS: {
    server: (address) => ({ transport: Transport.NATS, options: { servers: [address] } }),
    client: (address) => new ClientNats({ servers: [address] }),
  },
  Redis: {
    server: (address) => ({ transport: Transport.REDIS, options: hostAndPort(address) }),
    client: (address) => new ClientRedis(hostAndPort(address)),
  },
} as const satisfies Readonly<Record<string, NestTransport>>;

export type TransportName = keyof typeof transports;
