// One broker for the whole run, outside Jest's sandboxes; tests read KAFKA_BROKERS.
import { globalSetup } from '@drave/broker/testing';

export default globalSetup({ topics: { greetings: 1 } });
