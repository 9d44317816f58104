// Stream applications as classes: `@StreamApp({ id })` on an injectable class whose `@Flow()` methods put streams on one builder, and
// `@InjectStore(App, 'name')` for a view of one of its stores. They compile to StreamBuilder and StreamsApp of @drave/streams.
// Protects: a class without a flow, a flow that is not valid and a store that does not exist fail the start with a sentence.
// Leaves out: entities, lanes, queries routed to other instances.

import { StreamBuilder, type LocalStore, type StreamsApp } from '@drave/streams';
import { Inject, Injectable, type Type } from '@nestjs/common';
import type { StreamsApplication } from './streams-application.js';

export type StreamAppOptions = { readonly id: string } & Omit<
  StreamsApplication,
  'applicationId' | 'topology'
>;

const optionsKey = Symbol('drave:stream-app');
const flowsKey = Symbol('drave:flows');
const storesKey = Symbol('drave:stores');
const tokenKey = Symbol('drave:stream-app-token');

/** Makes a class a stream application; give it to `StreamsModule.forFeature`. */
export function StreamApp(options: StreamAppOptions): ClassDecorator {
  return (target) => {
    Reflect.defineMetadata(optionsKey, options, target);
    Injectable()(target);
  };
}

/** A method `(builder: StreamBuilder) => void` that describes streams; called once, before the application starts. */
export function Flow(): MethodDecorator {
  return (target, name) => {
    const flows = flowsOf(target.constructor);
    Reflect.defineMetadata(flowsKey, [...flows, name], target.constructor);
  };
}

/** The LocalStore of a store: what this process holds of it. `app` is in a `StreamsModule.forFeature`. */
export function InjectStore(app: Type, store: string): ParameterDecorator & PropertyDecorator {
  const stores = storeTokens(app);
  if (!stores.has(store)) stores.set(store, Symbol(`store '${store}' of ${app.name}`));
  return Inject(stores.get(store));
}

/** The StreamsApp of a class. */
export function InjectStreamApp(app: Type): ParameterDecorator & PropertyDecorator {
  return Inject(appToken(app));
}

/** Under which token a module provides the StreamsApp of a class. */
export function appToken(app: Type): symbol {
  const known = Reflect.getOwnMetadata(tokenKey, app) as symbol | undefined;
  const token = known ?? Symbol(`stream application ${app.name}`);
  if (!known) Reflect.defineMetadata(tokenKey, token, app);
  return token;
}

/** Store name → token, for the stores somebody asked for so far. */
export function storeTokens(app: Type): Map<string, symbol> {
  const known = Reflect.getOwnMetadata(storesKey, app) as Map<string, symbol> | undefined;
  const tokens = known ?? new Map<string, symbol>();
  if (!known) Reflect.defineMetadata(storesKey, tokens, app);
  return tokens;
}

/** Builds what the decorators of an instance say. Throws TypeError when it says nothing, TopologyError when it contradicts itself. */
export function applicationOf(instance: object): StreamsApplication {
  const { constructor } = instance;
  const options = Reflect.getMetadata(optionsKey, constructor) as StreamAppOptions | undefined;
  if (!options) throw new TypeError(`${constructor.name} is not decorated with @StreamApp({ id })`);
  const flows = flowsOf(constructor);
  if (flows.length === 0) {
    throw new TypeError(`${constructor.name} has no method decorated with @Flow()`);
  }
  const builder = new StreamBuilder();
  for (const name of flows) {
    const flow: unknown = Reflect.get(instance, name);
    if (typeof flow === 'function') Reflect.apply(flow, instance, [builder]);
  }
  const { id, ...rest } = options;
  return { applicationId: id, topology: builder.build(), ...rest };
}

/** The view `@InjectStore` asks for. Throws TopologyError for an unknown store. */
export function storeOf(app: StreamsApp, name: string): LocalStore<unknown, unknown> {
  return app.store(name);
}

function flowsOf(constructor: object): readonly (string | symbol)[] {
  const flows = Reflect.getMetadata(flowsKey, constructor) as (string | symbol)[] | undefined;
  return flows ?? [];
}
