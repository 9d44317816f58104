// A Nest microservice in a process of its own: usage `server.ts TRANSPORT ADDRESS`. It answers requests and counts events; the parent is told
// (IPC) when it listens, and when as many events are handled as it asked for (message: a number; counting begins anew).

import 'reflect-metadata';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventPattern, MessagePattern, Payload } from '@nestjs/microservices';
import { eventPattern, requestPattern, type TransportName, transports } from './transports.ts';

interface Order {
  readonly id: number;
  readonly amount: number;
}

class Orders {
  handled = 0;
  expected = 0;

  onEvent(order: Order): void {
    if (order.amount !== 5) throw new Error('the event arrived damaged');
    this.handled += 1;
    if (this.handled === this.expected) process.send?.('handled');
  }

  onRequest(order: Order): { readonly id: number; readonly total: number } {
    return { id: order.id, total: order.amount * 2 };
  }
}

// Decorators called as functions: Node strips types, it does not compile decorators.
const descriptorOf = (method: 'onEvent' | 'onRequest'): PropertyDescriptor =>
  Object.getOwnPropertyDescriptor(Orders.prototype, method) ?? {};
Controller()(Orders);
EventPattern(eventPattern)(Orders.prototype, 'onEvent', descriptorOf('onEvent'));
MessagePattern(requestPattern)(Orders.prototype, 'onRequest', descriptorOf('onRequest'));
Payload()(Orders.prototype, 'onEvent', 0);
Payload()(Orders.prototype, 'onRequest', 0);

class App {}
Module({ controllers: [Orders] })(App);

const [name = 'Drave', address = ''] = process.argv.slice(2);
const options = transports[name as TransportName].server(address);
const app = await NestFactory.createMicroservice(App, { ...options, logger: ['error', 'fatal'] });
await app.listen();
const orders = app.get(Orders);
process.on('message', (expected) => {
  orders.handled = 0;
  orders.expected = Number(expected);
  process.send?.('counting');
});
process.once('SIGTERM', () => void app.close().then(() => process.exit(0)));
process.send?.('ready');
