// What clients need of a cluster: brokers that answer, addresses that can be reached, clocks that agree.
// Leaves out: TLS and authentication of Kafka listeners.

import { KafkaClient } from '@drave/client';
import { formatSocketAddress, type Platform } from '@drave/platform';
import { fine, skipped, trouble, type Finding } from './finding.js';
import { askHealth } from './health-answer.js';

const connectMs = 3_000;
const skewMsMax = 2_000;

/** Asks the brokers as any client does, then tries every address they tell. */
export async function checkBrokers(
  platform: Platform,
  brokers: readonly string[],
): Promise<Finding[]> {
  const client = new KafkaClient({
    platform,
    brokers,
    clientId: 'drave-doctor',
    connectTimeoutMs: connectMs,
    apiTimeoutMs: connectMs,
  });
  try {
    const { clusterId, brokers: told } = await client.admin().describeCluster();
    const found = `${brokers.join(',')}: cluster ${clusterId}, ${told.length} broker(s)`;
    const reached = await Promise.all(told.map((broker) => checkAdvertised(platform, broker)));
    return [fine('broker', found), ...reached];
  } catch (error) {
    const message = `${brokers.join(',')} does not answer: ${(error as Error).message}`;
    const remedy = 'Start it (`drave start`), or give its address with -b HOST:PORT.';
    return [trouble('fail', 'broker', message, remedy)];
  } finally {
    await client.close();
  }
}

interface AdvertisedBroker {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
}

async function checkAdvertised(
  { network }: Platform,
  { nodeId, host, port }: AdvertisedBroker,
): Promise<Finding> {
  const check = `advertised address of broker ${nodeId}`;
  const shown = formatSocketAddress({ host, port });
  const remedy =
    'Clients connect to the address they are told: give one they can reach with --advertise HOST:PORT, per --listen in its order; inside and outside of containers need a listener each.';
  if (host === '0.0.0.0' || host === '::') {
    return trouble('fail', check, `${shown} is a wildcard, no address to connect to`, remedy);
  }
  try {
    (await network.connect({ host, port }, { timeoutMs: connectMs })).destroy();
    return fine(check, `${shown} can be reached from here`);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    return trouble('fail', check, `${shown} cannot be reached from here (${code})`, remedy);
  }
}

/** By the Date header of its HTTP side, which counts whole seconds. */
export async function checkBrokerClock({ clock }: Platform, url: string): Promise<Finding> {
  const answer = await askHealth(`${url}/health/live`, connectMs).catch(() => undefined);
  if (!answer || Number.isNaN(answer.dateMs)) {
    return skipped('clock of the broker', `no HTTP side answers at ${url}`);
  }
  return checkSkew('clock of the broker', answer.dateMs + 500 - clock.nowMs());
}

/** `skewMs`: their clock less ours. */
export function checkSkew(check: string, skewMs: number): Finding {
  const message = `${Math.round(Math.abs(skewMs))} ms ${skewMs < 0 ? 'behind' : 'ahead of'} this machine's`;
  if (Math.abs(skewMs) <= skewMsMax) return fine(check, message);
  const remedy = 'Let both machines set their clocks by NTP: retention and leases go by them.';
  return trouble('warn', check, message, remedy);
}
