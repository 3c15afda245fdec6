import { loadChecked } from './checked-module.ts';
import type { Dialect } from './dialects/dialect.ts';

/** Loads a vendor's dialect only if its bytes are the ones that the hub named. */
export const loadDialect = (url: string, integrity: string): Promise<Dialect | null> =>
  loadChecked<Dialect>(url, integrity);
