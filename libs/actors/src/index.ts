// @drave/actors: typed actors with bounded mailboxes, supervision and timers, on a Platform.

export { ActorError, type ActorErrorCode } from './actor-error.js';
export type { ActorRef, AnyActorRef, AskOptions, Recipient, ReplyTo } from './actor-ref.js';
export { ActorSystem, type ActorSystemMetrics, type ActorSystemOptions } from './actor-system.js';
export type {
  ActorContext,
  ActorTimers,
  Behavior,
  BehaviorSource,
  OverflowPolicy,
  Settled,
  SpawnOptions,
  StopReason,
  Terminated,
} from './behavior.js';
export {
  supervise,
  type Directive,
  type RestartOptions,
  type RestartSupervision,
  type Supervision,
} from './supervision.js';
