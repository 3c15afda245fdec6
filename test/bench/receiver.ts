/**
 * The trading system's side of messages 4 and 7 in a process of its own: checks `sign`, answers, counts each task once. A message 7 must carry the content that ends with
 * its taskId, less the prefix `D-`.
 */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Members, printed, signIsRight } from '#fixtures/world/trading-system/sign.ts';

const [port = '0', secret = ''] = process.argv.slice(2);
const seen = new Set<string>();
/** taskId → UTC ms of the first message 7. */
const opened = new Map<string, number>();
let repeats = 0;
let wrong = 0;

const server = createServer(async (request, response) => {
  let text = '';
  for await (const part of request.setEncoding('utf8')) text += String(part);
  const members = JSON.parse(text) as Members;
  const taskId = String(members['taskId']);
  if (request.url?.endsWith('/decrypt')) return void answer(response, opens(taskId, members));
  const right = signIsRight(secret, members, printed.feedbackResult);
  if (right && seen.has(taskId)) repeats += 1;
  if (right) seen.add(taskId);
  answer(response, right ? { code: 200, msg: '成功' } : { code: 401, msg: '签名校验未通过' });
});

function answer(response: ServerResponse, body: object): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

function opens(taskId: string, members: Members): object {
  const data = String(members['decData']);
  if (!signIsRight(secret, members, printed.decrypt) || !data.endsWith(taskId.slice(2))) {
    wrong += 1;
    return { code: 401, msg: '签名校验未通过' };
  }
  if (opened.has(taskId)) repeats += 1;
  else opened.set(taskId, Date.now());
  return { data, taskId };
}

server.keepAliveTimeout = 60_000;
process.on('message', () => process.send?.({ tasks: seen.size, repeats, wrong, opened: [...opened] }));
process.on('disconnect', () => process.exit(0));
server.listen(Number(port), 'localhost', () => process.send?.({ port: (server.address() as AddressInfo).port }));
