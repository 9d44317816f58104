export { globalTeardown as default } from '@drave/broker/testing';
