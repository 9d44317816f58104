// Test kit.
export {};
