// The application under test: reads orders, writes invoices, once per order id.
import { Kafka, logLevel, type Consumer, type Producer } from 'kafkajs';

export class Billing {
  readonly #consumer: Consumer;
  readonly #producer: Producer;
  readonly #billed = new Set<string>();

  constructor(brokers: string[]) {
    const kafka = new Kafka({ clientId: 'billing', brokers, logLevel: logLevel.NOTHING });
    this.#consumer = kafka.consumer({ groupId: 'billing', maxWaitTimeInMs: 50 });
    this.#producer = kafka.producer({ retry: { initialRetryTime: 10 } });
  }

  async start(): Promise<void> {
    await this.#producer.connect();
    await this.#consumer.connect();
    await this.#consumer.subscribe({ topics: ['orders'], fromBeginning: true });
    await this.#consumer.run({
      eachMessage: async ({ message }) => {
        const id = String(message.key);
        if (this.#billed.has(id)) return;
        this.#billed.add(id);
        const { amount } = JSON.parse(String(message.value)) as { amount: number };
        const value = JSON.stringify({ total: amount * 1.2 });
        await this.#producer.send({ topic: 'invoices', messages: [{ key: id, value }] });
      },
    });
  }

  async stop(): Promise<void> {
    await this.#consumer.disconnect();
    await this.#producer.disconnect();
  }
}
