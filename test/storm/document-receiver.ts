/** A trading system that takes signed documents and nothing else, and remembers each arrival. */
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { fromAttFile } from '#fixtures/world/trading-system/att-file.ts';
import { type Members, printed, signIsRight } from '#fixtures/world/trading-system/sign.ts';
import type { Receiver } from './stage.ts';

interface SignedArrival {
  readonly taskId: string;
  /** Of the file, decrypted; lower hex. */
  readonly sm3: string;
  readonly file: Buffer;
}

export interface DocumentReceiver extends Receiver {
  /** Message 9 with a right signature and a file that opens, every time it came. */
  readonly arrivals: readonly SignedArrival[];
  /** Messages that were not that. */
  readonly strange: readonly string[];
  /** Done once, when the next message has been taken and before it is answered. */
  beforeAnswer(work: () => Promise<void>): void;
}

export async function startDocumentReceiver(place: {
  readonly port: number;
  readonly secret: string;
  readonly fileKey: string;
}): Promise<DocumentReceiver> {
  const { port } = place;
  const arrivals: SignedArrival[] = [];
  const strange: string[] = [];
  let deed: (() => Promise<void>) | undefined;
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const part of request.setEncoding('utf8')) text += String(part);
    const members = JSON.parse(text) as Members;
    const isOne = request.url?.endsWith('/api/ca/onSignature') === true;
    const right = isOne && signIsRight(place.secret, members, printed.onSignature);
    const file = right ? fromAttFile(String(members['attFile']), place.fileKey) : undefined;
    if (file === undefined) strange.push(String(request.url));
    else {
      const sm3 = createHash('sm3').update(file).digest('hex');
      arrivals.push({ taskId: String(members['taskId']), sm3, file });
    }
    const work = deed;
    deed = undefined;
    await work?.();
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify(file === undefined ? { code: 401, msg: '签名校验未通过' } : { code: 200, msg: '成功' }),
    );
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    ...{ port, arrivals, strange },
    beforeAnswer: (work) => {
      deed = work;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
