// @drave/processor-app: the stream application it ships with, and the shell that runs it. Importing it loads no Nest:
// `runProcessor` loads it when HTTP is wanted, `@drave/processor-app/http` has it.

export * from './flights/delays.js';
export * from './flights/flight.js';
export * from './flights/flight-delays.js';
export * from './flights/flight-topics.js';
export { runProcessor, type Processor, type ProcessorOptions } from './run-processor.js';
