/** A trading system that takes opened bids and nothing else, and remembers each arrival. */
import { createServer } from 'node:http';
import { type Members, printed, signIsRight } from '#fixtures/world/trading-system/sign.ts';
import type { Receiver } from './stage.ts';

export interface Arrival {
  readonly taskId: string;
  readonly text: string;
  /** UTC ms. */
  readonly at: number;
}

export interface BidReceiver extends Receiver {
  /** Message 7 with a right signature, every time it came. */
  readonly arrivals: readonly Arrival[];
  /** Messages that were not that. */
  readonly strange: readonly string[];
}

export async function startBidReceiver({ port, secret }: { port: number; secret: string }): Promise<BidReceiver> {
  const arrivals: Arrival[] = [];
  const strange: string[] = [];
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const part of request.setEncoding('utf8')) text += String(part);
    const members = JSON.parse(text) as Members;
    const right = request.url?.endsWith('/api/ca/decrypt') === true && signIsRight(secret, members, printed.decrypt);
    const [taskId, data] = [String(members['taskId']), String(members['decData'])];
    if (right) arrivals.push({ taskId, text: data, at: Date.now() });
    else strange.push(String(request.url));
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(right ? { data, taskId } : { code: 401, msg: '签名校验未通过' }));
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    ...{ port, arrivals, strange },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
