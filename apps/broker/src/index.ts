// Entry.
export {};
