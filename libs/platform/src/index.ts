// @drave/platform: the only door to the world. Ports, the real platform, simulated twins, bounded structures, assert.

export * from './assert.js';
export * from './clock.js';
export * from './disk.js';
export * from './logger.js';
export * from './network.js';
export * from './platform.js';
export * from './random.js';
