// @drave/contracts: the nouns everybody agrees on.

export * from './dead-letter.js';
export * from './errors.js';
export * from './topic-partition.js';
