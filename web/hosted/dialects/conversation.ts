import type { AgentError, AgentErrorCode, AgentEvent, AgentReply, AgentRequest, AgentResult } from '#agent/protocol.ts';
import type { AgentFailure, Said, SessionEvent } from './dialect.ts';

/** A key may ask its person to press a button before it signs. */
const ANSWER_WITHIN_MS = 60_000;
const CLOSED: AgentFailure = { code: 'CLOSED', remaining: null };

type Method = AgentRequest['method'];
type Params<M extends Method> = Extract<AgentRequest, { method: M }>['params'];
export type Ask = <M extends Method>(method: M, params?: Params<M>) => Promise<Said<AgentResult[M]>>;

/** Requests by id, events to the page; when the socket closes every open request is answered. */
export function conversation(socket: WebSocket, onEvent: (event: SessionEvent) => void): Ask {
  const open = new Map<string, (said: Said<never>) => void>();
  let last = 0;
  socket.onmessage = (message) => {
    const frame = read<AgentReply | AgentEvent>(message.data);
    if (frame === null) return;
    if ('event' in frame) return passOn(frame, onEvent);
    const answer = open.get(frame.id);
    open.delete(frame.id);
    answer?.(frame.ok ? { ok: true, value: frame.result as never } : { ok: false, failure: failureOf(frame.error) });
  };
  socket.onclose = () => {
    for (const answer of open.values()) answer({ ok: false, failure: CLOSED });
    open.clear();
    onEvent({ event: 'closed' });
  };
  return (method, params) =>
    new Promise((resolve) => {
      if (socket.readyState !== WebSocket.OPEN) {
        resolve({ ok: false, failure: CLOSED });
        return;
      }
      last += 1;
      const id = String(last);
      const timer = setTimeout(() => {
        open.delete(id);
        resolve({ ok: false, failure: { code: 'TIMEOUT', remaining: null } });
      }, ANSWER_WITHIN_MS);
      open.set(id, (said) => {
        clearTimeout(timer);
        resolve(said);
      });
      socket.send(JSON.stringify(params === undefined ? { id, method } : { id, method, params }));
    });
}

function passOn(event: AgentEvent, onEvent: (event: SessionEvent) => void): void {
  switch (event.event) {
    case 'hello':
      return;
    case 'plugged':
    case 'unplugged':
      onEvent({ event: event.event, key: event.key });
      return;
    case 'pinDone':
      onEvent({ event: 'pinDone', key: event.key, failure: event.ok ? null : failureOf(event.error) });
  }
}

const KNOWN: Readonly<Record<AgentErrorCode, true>> = {
  NOT_AUTHORIZED: true,
  GRANT_INVALID: true,
  OPERATION_NOT_GRANTED: true,
  TEXT_REFUSED: true,
  KEY_NOT_FOUND: true,
  KEY_REMOVED: true,
  PIN_INCORRECT: true,
  PIN_LOCKED: true,
  PIN_REQUIRED: true,
  PIN_CANCELLED: true,
  PIN_ENTRY_WRONG: true,
  UNWRAP_FAILED: true,
  BAD_REQUEST: true,
  INTERNAL: true,
};

/** A newer agent may know codes that this page does not: they count as its own trouble. */
const failureOf = (error: AgentError | undefined): AgentFailure => ({
  code: error !== undefined && error.code in KNOWN ? error.code : 'INTERNAL',
  remaining: error?.remaining ?? null,
});

export function read<T>(data: unknown): T | null {
  try {
    return JSON.parse(String(data)) as T;
  } catch {
    return null;
  }
}
