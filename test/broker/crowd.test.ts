import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openWorld, type World } from './support.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const PATH = '/api/ca/startSignature';

/** Somebody who begins a message with a large file and then sends nothing more. */
async function idler(from: string): Promise<Socket> {
  const { hostname, port } = new URL(world.url);
  const socket = connect(Number(port), hostname).on('error', () => undefined);
  const head = [
    `POST ${PATH} HTTP/1.1`,
    `Host: ${hostname}`,
    'Content-Type: application/json',
    'Content-Length: 90000000',
  ];
  socket.write(`${[...head, `X-Forwarded-For: ${from}`].join('\r\n')}\r\n\r\n{"attFile":"AAAA`);
  await new Promise((resolve) => socket.once('connect', resolve));
  return socket;
}

const ask = async (from: string): Promise<{ status: number; code: number; msg: string }> => {
  const headers = { 'content-type': 'application/json', 'x-forwarded-for': from };
  const answer = await world.post(PATH, '{}', headers);
  return { status: answer.status, ...((await answer.json()) as { code: number; msg: string }) };
};

/** Until the hub has met all who were sent before. */
async function until(from: string, status: number): Promise<Awaited<ReturnType<typeof ask>>> {
  for (;;) {
    const answer = await ask(from);
    if (answer.status === status) return answer;
    await sleep(20);
  }
}

describe('startSignature, whose files lie on the disk before it is known whose they are', () => {
  it('has eight places for one caller and some for the others, and a place that is left is free', async () => {
    const crowd = await Promise.all(Array.from({ length: 8 }, () => idler('10.1.1.1')));
    const busy = await until('10.1.1.1', 503);
    expect(busy.code).toBe(503);
    expect(busy.msg).toMatch(/系统繁忙，请在 10 秒后重试/);
    expect(await ask('10.1.1.2')).toMatchObject({ status: 200, code: 400 });
    for (const socket of crowd) socket.destroy();
    expect(await until('10.1.1.1', 200)).toMatchObject({ code: 400 });
  });

  it('has no more than its disk bears, whoever comes', async () => {
    const crowd = await Promise.all(Array.from({ length: 30 }, (_, i) => idler(`10.2.${i}.1`)));
    const first = await Promise.any(crowd.map(async (socket) => String((await once(socket, 'data'))[0])));
    expect(first).toMatch(/^HTTP\/1.1 503 /);
    expect(first).toContain('系统繁忙，请在 10 秒后重试');
    for (const socket of crowd) socket.destroy();
    expect(await until('10.3.1.1', 200)).toMatchObject({ code: 400 });
  });
});
