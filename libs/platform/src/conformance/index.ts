// Conformance suites for the ports, for authors of adapters.
export {};
