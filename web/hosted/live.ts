/** News of the interaction: `heard` is called with the version that the hub names, or with null when it is time to look. */
export interface Live {
  stop(): void;
}

const POLL_MS = 2000;
/** With a living socket, a look now and then all the same: a proxy may hold it open and pass nothing. */
const SLOW_POLL_MS = 15_000;

/** WebSocket on `path` where it works, else a look every two seconds. `useSocket` is false where the hub knows us by a header only. */
export function listen(path: string, useSocket: boolean, heard: (version: number | null) => void): Live {
  let stopped = false;
  let socket: WebSocket | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;

  const poll = () => {
    clearTimeout(timer);
    if (stopped) return;
    timer = setTimeout(
      () => {
        heard(null);
        poll();
      },
      socket?.readyState === WebSocket.OPEN ? SLOW_POLL_MS : POLL_MS,
    );
  };
  const connect = () => {
    if (stopped || !useSocket || failures > 3) return;
    socket = new WebSocket(`${location.origin.replace(/^http/, 'ws')}${path}`);
    socket.onopen = () => {
      failures = 0;
      heard(null);
      poll();
    };
    socket.onmessage = (message) => heard(versionOf(message.data));
    socket.onclose = () => {
      failures += 1;
      poll();
      setTimeout(connect, 2000 * failures);
    };
  };
  connect();
  poll();
  return {
    stop: () => {
      stopped = true;
      clearTimeout(timer);
      if (socket !== null) socket.onclose = null;
      socket?.close();
    },
  };
}

function versionOf(data: unknown): number | null {
  try {
    const { version } = JSON.parse(String(data)) as { version?: unknown };
    return typeof version === 'number' ? version : null;
  } catch {
    return null;
  }
}
