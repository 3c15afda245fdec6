import type { Operation } from '#agent/protocol.ts';

/** What a page may be allowed to do with the person's key, or have the hub do for it. */
export const controlOperations = ['sign', 'verify', 'encrypt', 'decrypt'] as const;
export type ControlOperation = (typeof controlOperations)[number];

/** The first two make every page's list of keys; of the rest only what the session was opened for. */
export function grantedTo(operations: readonly ControlOperation[]): readonly Operation[] {
  const granted: Operation[] = ['enumerate', 'certificates'];
  if (operations.includes('sign')) granted.push('sign-document');
  if (operations.includes('decrypt')) granted.push('unwrap');
  return granted;
}
