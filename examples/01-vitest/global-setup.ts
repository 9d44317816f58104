// One broker for the whole run; tests that need no faults read KAFKA_BROKERS.
import { globalSetup } from '@drave/broker/testing';

export const setup = globalSetup({ topics: { greetings: 1 } });
