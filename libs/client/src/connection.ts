// Connection.
export {};
