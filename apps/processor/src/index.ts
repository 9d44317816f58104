// @drave/processor-app: the Nest shell that hosts stream applications, and the application it ships with.

export * from './flights/delays.js';
export * from './flights/flight.js';
export * from './flights/flight-delays.js';
