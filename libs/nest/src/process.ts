// @drave/nest/process: what an application main needs besides Nest: options, signals, exit codes. Loads no Nest.

export * from './process/process-options.js';
export { runProcess, type Service } from './process/run-process.js';
