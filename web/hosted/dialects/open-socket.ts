/** null where CSP or a malformed address forbids it: there the constructor throws. */
export function openSocket(endpoint: string): WebSocket | null {
  try {
    return new WebSocket(endpoint);
  } catch {
    return null;
  }
}
