export default {
  globalSetup: './global-setup.js',
  globalTeardown: './global-teardown.js',
  testEnvironment: 'node',
  transform: {},
};
