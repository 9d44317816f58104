// One broker per file, fresh for each test; the application connects to it as to any Kafka.
import { brokerFixtures, type BrokerFixtures, type TestBroker } from '@drave/broker/testing';
import { expect, test as base } from 'vitest';
import { Billing } from './billing.js';

const test = base.extend<BrokerFixtures>(brokerFixtures({ topics: { orders: 3, invoices: 1 } }));

async function withBilling(broker: TestBroker, use: () => Promise<void>): Promise<void> {
  const billing = new Billing(broker.bootstrap.split(','));
  await billing.start();
  await broker.groupReady('billing');
  await use();
  await billing.stop();
}

test('every order gets an invoice', async ({ broker }) => {
  await withBilling(broker, async () => {
    await broker.produce('orders', [
      { key: 'o-1', value: '{"amount":10}' },
      { key: 'o-2', value: '{"amount":20}' },
    ]);
    const invoices = await broker.waitFor('invoices', 2);
    expect(invoices.map(({ key }) => String(key)).sort()).toEqual(['o-1', 'o-2']);
  });
});

test('an order sent twice is billed once', async ({ broker }) => {
  await withBilling(broker, async () => {
    const order = { key: 'o-1', value: '{"amount":10}' };
    await broker.produce('orders', [order, order]);
    await broker.produce('orders', [{ key: 'o-2', value: '{"amount":1}' }]);
    await broker.waitFor('invoices', (records) => records.some(({ key }) => String(key) === 'o-2'));
    const billed = (await broker.records('invoices')).map(({ key }) => String(key));
    expect(billed.filter((key) => key === 'o-1')).toHaveLength(1);
  });
});

test('a leader that moves twice costs no invoice', async ({ broker }) => {
  const failed = broker.failNext('Produce', 'NOT_LEADER_OR_FOLLOWER', 2);
  await withBilling(broker, async () => {
    await broker.produce('orders', [{ key: 'o-1', value: '{"amount":10}' }]);
    const [invoice] = await broker.waitFor('invoices', 1);
    expect(String(invoice?.value)).toBe('{"total":12}');
    expect(failed.hits).toBe(2);
  });
});
