import { read } from './conversation.ts';
import type { AgentFailure, Said } from './dialect.ts';

/** What a SOF function answers: services differ in whether truth and numbers come as themselves or as text. */
export type RetVal = string | number | boolean;
/** One SOF function, `param` in the order of GM/T 0020. Nothing but text crosses. */
export type Call = (name: string, ...param: readonly string[]) => Promise<Said<RetVal>>;

/** One connection to a service that answers one call after another. */
export interface Talk {
  readonly url: string;
  /**
   * Calls that belong together, with nobody else's in between: SOF_GetLastError speaks of whichever call came last. Its calls end by themselves; it never
   * rejects.
   */
  turn<T>(act: (call: Call) => Promise<T>): Promise<T>;
  /** Sent and not waited for: the last words of a page that is leaving. */
  tell(name: string, ...param: readonly string[]): void;
  /** From now on SOF_GetVersion is asked every ten seconds while nothing else is; a service that does not answer is gone. */
  watch(): void;
  /** Hangs up; `onClosed` is not told. */
  close(): void;
}

export interface TalkEvents {
  /** A key was plugged or pulled; which one, such services do not say. */
  readonly onChange: () => void;
  readonly onClosed: () => void;
}

const CLOSED: AgentFailure = { code: 'CLOSED', remaining: null };
/** A key may ask its person to press a button before it signs. */
const ANSWER_WITHIN_MS = 60_000;
const HEARTBEAT_MS = 10_000;
const PULSE_WITHIN_MS = 5_000;
/** A list of keys or a certificate is a few kilobytes; who sends more is not the service that this page wants. */
const MAX_FRAME = 256 * 1024;
const CHANGED = 'onUsbkeyChange';

interface Frame {
  readonly call_cmd_id: string;
  readonly retVal?: unknown;
}

/** Calls over an open socket: `{"xtx_func_name", "call_cmd_id", "param": […]}` answered by `{"call_cmd_id", "retVal"}`, in whatever order. */
export function createTalk(socket: WebSocket, events: TalkEvents): Talk {
  const open = new Map<string, (said: Said<RetVal>) => void>();
  let queue: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  let last = 0;
  let pulse: ReturnType<typeof setInterval> | undefined;

  socket.onmessage = ({ data }) => {
    const frame = frameOf(data);
    if (frame === null) return;
    if (frame.call_cmd_id === CHANGED) return events.onChange();
    const answer = open.get(frame.call_cmd_id);
    const { retVal } = frame;
    open.delete(frame.call_cmd_id);
    const told = typeof retVal === 'string' || typeof retVal === 'number' || typeof retVal === 'boolean';
    answer?.(told ? { ok: true, value: retVal } : { ok: false, failure: { code: 'BAD_REQUEST', remaining: null } });
  };
  socket.onclose = () => {
    silence();
    events.onClosed();
  };

  function silence(): void {
    clearInterval(pulse);
    for (const answer of open.values()) answer({ ok: false, failure: CLOSED });
    open.clear();
  }

  function send(name: string, param: readonly string[]): string {
    last += 1;
    const id = `i_${last}`;
    socket.send(JSON.stringify({ xtx_func_name: name, call_cmd_id: id, param }));
    return id;
  }

  const ask = (within: number, name: string, param: readonly string[]): Promise<Said<RetVal>> =>
    new Promise((resolve) => {
      if (socket.readyState !== WebSocket.OPEN) return resolve({ ok: false, failure: CLOSED });
      const id = send(name, param);
      const timer = setTimeout(() => {
        open.delete(id);
        resolve({ ok: false, failure: { code: 'TIMEOUT', remaining: null } });
      }, within);
      open.set(id, (said) => {
        clearTimeout(timer);
        resolve(said);
      });
    });

  function turn<T>(act: (call: Call) => Promise<T>): Promise<T> {
    waiting += 1;
    const mine = queue.then(() => act((name, ...param) => ask(ANSWER_WITHIN_MS, name, param)));
    queue = mine.then(
      () => (waiting -= 1),
      () => (waiting -= 1),
    );
    return mine;
  }

  async function beat(): Promise<void> {
    if (waiting > 0) return;
    const said = await ask(PULSE_WITHIN_MS, 'SOF_GetVersion', []);
    // Dropped without a farewell: a program that hangs would not answer that either.
    if (!said.ok && said.failure.code === 'TIMEOUT' && waiting === 0) hangUp(true);
  }

  function hangUp(told: boolean): void {
    socket.onmessage = null;
    socket.onclose = null;
    silence();
    socket.close();
    if (told) events.onClosed();
  }

  return {
    url: socket.url,
    turn,
    tell: (name, ...param) => {
      if (socket.readyState === WebSocket.OPEN) send(name, param);
    },
    watch: () => {
      pulse = setInterval(() => void beat(), HEARTBEAT_MS);
    },
    close: () => hangUp(false),
  };
}

function frameOf(data: unknown): Frame | null {
  if (typeof data !== 'string' || data.length > MAX_FRAME) return null;
  const frame = read<unknown>(data);
  if (typeof frame !== 'object' || frame === null || !('call_cmd_id' in frame)) return null;
  return typeof frame.call_cmd_id === 'string' ? (frame as Frame) : null;
}
