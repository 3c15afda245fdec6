import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { runUnitCommand } from '#cli/unit.ts';
import { fromBase64, fromUtf8, hex, utf8 } from '#kernel/bytes.ts';
import { gm } from '#test/subscriber/support.ts';
import { type InterfaceName, interfaceOf } from '#wire/interfaces.ts';
import { canonicalString } from '#wire/sign.ts';
import { openTerminal, type Terminal } from './support.ts';

type Body = Record<string, string>;
type Answer = { status?: number; json: unknown };
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** An integrator's own program: keeps what came and answers as told. */
async function receiver(answer: (name: InterfaceName, body: Body) => Answer): Promise<{
  url: string;
  got: { name: InterfaceName; body: Body; headers: Record<string, unknown>; text: string }[];
}> {
  const got: { name: InterfaceName; body: Body; headers: Record<string, unknown>; text: string }[] = [];
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      const body = JSON.parse(text) as Body;
      const name = (request.url ?? '').split('/').at(-1) as InterfaceName;
      got.push({ name, body, headers: request.headers, text });
      const { status = 200, json } = answer(name, body);
      response
        .writeHead(status, { 'content-type': 'application/json' })
        .end(typeof json === 'string' ? json : JSON.stringify(json));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => new Promise((resolve) => server.close(resolve)));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/app`, got };
}

async function joined(callback: string): Promise<{ t: Terminal; id: string; secret: string; fileKey: string }> {
  const t = await openTerminal();
  closing.push(() => t.close());
  const added = (await t.json(runUnitCommand, `add --callback ${callback}`)) as unknown as {
    unit: { id: string };
    secret: string;
    fileKey: string;
  };
  return { t, id: added.unit.id, secret: added.secret, fileKey: added.fileKey };
}

function rightlySigned(name: InterfaceName, body: Body, secret: string): boolean {
  const printed = interfaceOf(name).request.map((field) => field.name);
  const members = Object.entries(body).filter(([member]) => printed.includes(member));
  return hex(gm.hmacSm3(utf8(secret), utf8(canonicalString(members)))) === body['sign'];
}

describe('unit test', () => {
  it('finds nothing wrong with a system that checks sign and answers as printed', async () => {
    let secret = '';
    const right = await receiver((name, body) => {
      if (!rightlySigned(name, body, secret)) return { json: { code: 401, msg: '签名错误' } };
      return {
        json: name === 'decrypt' ? { data: body['decData'], taskId: body['taskId'] } : { code: 200, msg: '成功' },
      };
    });
    const { t, id, ...keys } = await joined(right.url);
    secret = keys.secret;
    const { exit, out } = await t.type(runUnitCommand, `test ${id}`);
    expect([exit, out]).toEqual([0, expect.stringContaining('全部通过')]);
    expect(out).toContain('交易系统正确地拒绝了错误签名');

    expect(right.got.map(({ name }) => name)).toEqual([
      'feedbackResult',
      'feedbackResult',
      'decrypt',
      'decrypt',
      'onSignature',
    ]);
    for (const { body, headers, text, name } of right.got) {
      expect(body['taskId']).toMatch(/^caihub-test-[0-9a-z]{26}$/);
      expect(JSON.parse(body['standBy'] ?? '')).toMatchObject({ hub: { test: true } });
      expect(Object.keys(body)).toEqual(expect.arrayContaining(interfaceOf(name).request.map((field) => field.name)));
      const signed = `${headers['x-ca-delivery']}.0.${headers['x-ca-timestamp']}.${text}`;
      expect(headers['x-ca-signature']).toBe(hex(gm.hmacSm3(utf8(secret), utf8(signed))));
    }
    const file = fromBase64(right.got[4]?.body['attFile'] ?? '') ?? new Uint8Array();
    const plain = gm.sm4Decrypt('cbc', utf8(keys.fileKey), file.subarray(0, 16), file.subarray(16));
    expect(fromUtf8(plain ?? new Uint8Array())).toMatch(/^%PDF-1\.4/);
  });

  it('says in plain words what is wrong', async () => {
    const careless = await receiver((name) => {
      if (name === 'decrypt') return { json: { data: '????', taskId: 'x' } };
      if (name === 'onSignature') return { status: 404, json: '<html>not found</html>' };
      return { json: { code: 200 } };
    });
    const { t, id } = await joined(careless.url);
    const { exit, out } = await t.type(runUnitCommand, `test ${id}`);
    expect(exit).toBe(1);
    expect(out).toContain('请务必校验 sign');
    expect(out).toContain('taskId missing or not ours');
    expect(out).toContain('HTTP 404');
    expect(out).toContain('答复看不懂');
    const json = await t.json(runUnitCommand, `test ${id}`);
    expect(json).toMatchObject({
      ok: false,
      platforms: [{ findings: [{ good: true }, { good: false }, { good: false }, { good: true }, { good: false }] }],
    });
  });

  it('tells refusal, silence and a changed echo apart', async () => {
    const refusing = await receiver((name, body) =>
      name === 'decrypt'
        ? { json: { code: 200, data: 'x', taskId: body['taskId'] } }
        : { json: { code: 403, msg: '系统未启用' } },
    );
    const one = await joined(refusing.url);
    const { out } = await one.t.type(runUnitCommand, `test ${one.id}`);
    expect(out).toContain('交易系统拒绝了消息，提示：系统未启用');
    expect(out).toContain('没有原样返回明文');
    const nobody = await joined('http://127.0.0.1:9/app');
    expect((await nobody.t.type(runUnitCommand, `test ${nobody.id}`)).out).toContain('连接不上');
  });

  it('finds out a system that takes a plaintext from anybody, also where it answers without a code', async () => {
    const trusting = await receiver((name, body) => ({
      json: name === 'decrypt' ? { data: body['decData'], taskId: body['taskId'] } : { code: 200, msg: '成功' },
    }));
    const { t, id } = await joined(trusting.url);
    const { exit, out } = await t.type(runUnitCommand, `test ${id}`);
    expect(exit).toBe(1);
    expect(out).toContain('否则任何人都能伪造解密结果');
  });

  it('of a unit without platforms says so', async () => {
    const t = await openTerminal();
    closing.push(() => t.close());
    await t.type(runUnitCommand, 'add --id A --name 甲');
    expect((await t.type(runUnitCommand, 'test A')).exit).toBe(1);
  });
});
