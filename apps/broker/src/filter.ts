// Filters of records for other programs than the HTTP side: the same language, the same bounds.

export { RecordFilters, type RecordFilter } from './filter/record-filter.js';
