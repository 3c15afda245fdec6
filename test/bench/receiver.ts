/** The trading system's side of message 4 in a process of its own: checks `sign`, answers, counts each task once. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Members, printed, signIsRight } from '#fixtures/world/trading-system/sign.ts';

const [port = '0', secret = ''] = process.argv.slice(2);
const seen = new Set<string>();
let repeats = 0;

const server = createServer(async (request, response) => {
  let text = '';
  for await (const part of request.setEncoding('utf8')) text += String(part);
  const members = JSON.parse(text) as Members;
  const right = signIsRight(secret, members, printed.feedbackResult);
  const taskId = String(members['taskId']);
  if (right && seen.has(taskId)) repeats += 1;
  if (right) seen.add(taskId);
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(right ? { code: 200, msg: '成功' } : { code: 401, msg: '签名校验未通过' }));
});
server.keepAliveTimeout = 60_000;
process.on('message', () => process.send?.({ tasks: seen.size, repeats }));
process.on('disconnect', () => process.exit(0));
server.listen(Number(port), 'localhost', () => process.send?.({ port: (server.address() as AddressInfo).port }));
