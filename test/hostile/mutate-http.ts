import type { Draw } from './draw.ts';
import { BIDI, CONTROL, PATHS, SQL, TEMPLATES, UNICODE } from './payloads.ts';
import type { Prey } from './prey.ts';
import { byLength, type Draft, header } from './shot.ts';

/** Damage to the request around the body. `true`: HTTP itself is damaged, the server may refuse it before any app is asked. */
export type HttpMutator = (draft: Draft, draw: Draw, prey: Prey) => boolean;

const set =
  (name: string, values: readonly string[]): HttpMutator =>
  (draft, draw) => {
    header(draft, name, draw.pick(values));
    return false;
  };
const broken =
  (work: (draft: Draft, draw: Draw) => void): HttpMutator =>
  (draft, draw) => {
    work(draft, draw);
    return true;
  };
const path =
  (change: (path: string, draw: Draw, prey: Prey) => string): HttpMutator =>
  (draft, draw, prey) => {
    draft.path = change(draft.path, draw, prey);
    return true;
  };
/** Chunked, as `cut` makes the chunks. */
const chunked = (cut: (body: Buffer, draw: Draw) => Buffer, more: [string, string][] = []) =>
  broken((draft, draw) => {
    draft.body ??= Buffer.from('{}');
    draft.frame = (body) => ({ headers: [['transfer-encoding', 'chunked'], ...more], bytes: cut(body, draw) });
  });
const chunk = (bytes: Buffer, extension = ''): Buffer =>
  Buffer.concat([Buffer.from(`${bytes.length.toString(16)}${extension}\r\n`), bytes, Buffer.from('\r\n')]);
const LAST = Buffer.from('0\r\n\r\n');
const lengthSaid = (said: (length: number, draw: Draw) => [string, string][]): HttpMutator =>
  broken((draft, draw) => {
    draft.body ??= Buffer.from('{}');
    draft.frame = (body) => ({ headers: said(body.length, draw), bytes: body });
  });

export const httpMutators: Readonly<Record<string, HttpMutator>> = {
  'content type': set('content-type', [
    'text/plain',
    'text/html; charset=utf-7',
    'application/x-www-form-urlencoded',
    'multipart/form-data',
    'multipart/form-data; boundary=',
    'application/json; charset=utf-16',
    'application/json;;;=',
    'APPLICATION/JSON',
    'application/xml',
    'application/octet-stream',
    '',
    '*/*',
    'application/json, text/plain',
  ]),
  'content type twice': (draft) => {
    draft.headers.push(['content-type', 'text/plain']);
    return false;
  },
  origin: set('origin', [
    'null',
    '',
    'http://evil.example',
    'http://127.0.0.1',
    'https://127.0.0.1:1',
    'file://',
    'http://127.0.0.1:1.evil.example',
    'http://[::1]',
    '*',
    'javascript:1',
    'http://127.0.0.1:1, http://evil.example',
  ]),
  'no origin': (draft) => {
    draft.headers = draft.headers.filter(([name]) => name !== 'origin');
    return false;
  },
  'fetch site': set('sec-fetch-site', ['cross-site', 'same-site', 'none', '', 'same-origin, cross-site']),
  'cookie garbage': set('cookie', [
    ';;;===',
    'caihub-dev',
    'caihub-dev=',
    'caihub-dev=%00%ff',
    '__Host-caihub=x; caihub-dev=__proto__',
    'constructor=1; __proto__=2; caihub-dev="',
    `caihub-dev=${'A'.repeat(6_000)}`,
    Array.from({ length: 500 }, (_, i) => `c${i}=1`).join('; '),
    'caihub-dev=\u00ff\u0080',
  ]),
  'claim header': set('x-ca-claim', ['x', 'A'.repeat(43), 'A'.repeat(5_000), '../', '']),
  'task headers': (draft, draw) => {
    const name = draw.pick(['x-ca-unit-id', 'x-ca-timestamp', 'x-ca-sign', 'x-ca-nonce', 'x-ca-content-sm3']);
    header(
      draft,
      name,
      draw.pick([
        '',
        '0',
        '-1',
        '9'.repeat(400),
        '1e308',
        'NaN',
        "' or 1=1 --",
        'f'.repeat(64),
        '2026-01-01T00:00:00Z',
        '\u00ff\u00fe',
        'LN-DEMO-0002',
      ]),
    );
    return false;
  },
  forwarded: (draft, draw) => {
    header(
      draft,
      draw.pick(['x-forwarded-for', 'x-real-ip', 'forwarded']),
      draw.pick(['127.0.0.1', 'for=127.0.0.1', "'", 'x'.repeat(4_000), '::1, ::2', ',,,']),
    );
    header(draft, 'x-forwarded-proto', draw.pick(['https', 'javascript', '']));
    header(draft, 'x-forwarded-host', draw.pick(['evil.example', '', 'a b']));
    return false;
  },
  'method override': set('x-http-method-override', ['DELETE', 'GET', 'TRACE']),
  'request id': set('x-request-id', ['\u00ff', 'x'.repeat(3_000), 'req_1\u0009y']),
  'accept and language': (draft, draw) => {
    header(draft, 'accept', draw.pick(['', 'text/html', '*/*;q=NaN', 'application/xml', 'a/b;'.repeat(500)]));
    header(draft, 'accept-language', draw.pick(['', '*', 'x-'.repeat(1_000), '../../etc']));
    return false;
  },
  'accept encoding': set('accept-encoding', ['gzip', 'br', 'identity;q=0', '*;q=0', 'gzip;q=NaN', 'x'.repeat(2_000)]),
  conditions: (draft, draw) => {
    header(
      draft,
      draw.pick(['if-none-match', 'if-match', 'if-modified-since', 'if-range']),
      draw.pick(['*', '"x"', 'W/""', 'Thu, 99 Foo 0000', ',,,']),
    );
    header(
      draft,
      'range',
      draw.pick(['bytes=0-', 'bytes=-1', 'bytes=9-1', 'bytes=0-0,1-1,2-2', 'lines=1', `bytes=${'0-0,'.repeat(1_000)}`]),
    );
    return false;
  },
  'two hundred headers': broken((draft) => {
    for (let i = 0; i < 200; i += 1) draft.headers.push([`x-flood-${i}`, 'y'.repeat(20)]);
  }),
  'three thousand headers': broken((draft) => {
    for (let i = 0; i < 3_000; i += 1) draft.headers.push([`f${i}`, '']);
  }),
  'one huge header': broken((draft, draw) =>
    header(draft, 'x-huge', 'h'.repeat(draw.pick([8_000, 15_000, 17_000, 200_000]))),
  ),
  'header names': broken((draft, draw) =>
    draft.headers.push([
      draw.pick(['__proto__', 'constructor', 'x y', 'x\u00e9', '', 'x\u0000', 'content_length', ':path']),
      '1',
    ]),
  ),
  'folded header': broken((draft) => draft.headers.push(['x-folded', 'a\r\n b'])),
  'bare carriage return': broken((draft, draw) =>
    draft.headers.push(['x-cr', draw.pick(['a\rb', 'a\nb: c', 'a\u0000b'])]),
  ),
  host: broken((draft, draw) =>
    header(
      draft,
      'host',
      draw.pick([
        '',
        'evil.example',
        'evil.example:99999',
        'user@127.0.0.1',
        '127.0.0.1/..',
        'a b',
        '[::1',
        '\u00ff',
        '%',
        'localhost:0',
        'x'.repeat(3_000),
        '127.0.0.1#',
        '[',
        'a:b:c',
        '<script>',
        '..',
      ]),
    ),
  ),
  'no host': broken((draft) => {
    draft.headers = draft.headers.filter(([name]) => name !== 'host');
  }),
  'two hosts': broken((draft) => draft.headers.push(['Host', 'evil.example'])),
  'absolute target': path(
    (was, draw) =>
      draw.pick([
        'http://evil.example',
        'https://127.0.0.1:1',
        'http://a:b@c',
        'ftp://x',
        'http://[::1',
        'http:/',
        'http://',
      ]) + was,
  ),
  method: broken((draft, draw) => {
    draft.method = draw.pick([
      'GET',
      'PUT',
      'DELETE',
      'PATCH',
      'OPTIONS',
      'HEAD',
      'TRACE',
      'CONNECT',
      'PROPFIND',
      'QUERY',
      'MKCALENDAR',
    ]);
  }),
  'no method': broken((draft, draw) => {
    draft.method = draw.pick(['post', 'FOO', '', 'PO ST', 'GET\u0000', 'X'.repeat(5_000)]);
  }),
  version: broken((draft, draw) => {
    draft.version = draw.pick(['HTTP/1.0', 'HTTP/0.9', 'HTTP/2.0', 'HTTP/9.9', 'HTTP/1.1.1', 'http/1.1', 'ICY', '']);
  }),
  'path suffix': path(
    (was, draw) =>
      was +
      draw.pick([
        '/',
        '//',
        '/.',
        '/..',
        '/%2e%2e/',
        ';x=1',
        '.json',
        '%20',
        '%00',
        '%0d%0aX: y',
        '/x',
        '%',
        '%zz',
        '%ff',
        '\u00ff',
        '?',
        '??',
        '#x',
      ]),
  ),
  'path encoded': path((was, draw) => {
    const at = 1 + draw.int(Math.max(1, was.length - 1));
    const code = `%${(was.charCodeAt(at) || 0x2f).toString(16)}`;
    return was.slice(0, at) + draw.pick([code, code.toUpperCase(), `%25${code.slice(1)}`]) + was.slice(at + 1);
  }),
  'path traversal': path(
    (was, draw) =>
      draw.pick([
        '/..',
        '/../..',
        '/%2e%2e',
        '/assets/..',
        '/assets/%2e%2e/%2e%2e',
        '/assets/..%2f..%2f',
        '/docs/samples/../../../package.json?',
        '/docs/samples/%2e%2e%2f',
        '/assets/....//',
        '/\\..',
        '/.git/config?',
      ]) + was,
  ),
  'path doubled slash': path((was) => was.replaceAll('/', '//')),
  'path in another case': path((was) => was.toUpperCase()),
  'path pieces dropped': path((was, draw) => {
    const parts = was.split('/');
    parts.splice(draw.int(parts.length), 1);
    return parts.join('/') || '/';
  }),
  'path pieces replaced': path((was, draw, prey) => {
    const parts = was.split('/');
    parts[1 + draw.int(Math.max(1, parts.length - 1))] = draw.pick([
      '%00',
      '..',
      '.',
      '%2f',
      "'%20or%201=1--",
      '__proto__',
      'constructor',
      '%3Cscript%3Ealert(7331)%3C/script%3E',
      '{{7*7}}',
      'x'.repeat(4_000),
      '%E4%B8%AD',
      '%c0%af',
      prey.foreign.interaction,
      prey.foreign.token,
      prey.foreign.taskId,
    ]);
    return parts.join('/');
  }),
  'path without slash': path((was) => was.slice(1)),
  'path star': path(() => '*'),
  'path of a very long name': path((was) => `${was}/${'p'.repeat(15_000)}`),
  query: path(
    (was, draw) =>
      was +
      (was.includes('?') ? '&' : '?') +
      draw.pick([
        'a=1&a=2',
        '__proto__[x]=1',
        'nonce=%00',
        'lang=%ff',
        'lang=en&lang=zh',
        'i=1&i=2',
        'nonce[]=1',
        'a'.repeat(10_000),
        '&'.repeat(3_000),
        '%',
        '<script>alert(7331)</script>',
        'returnUrl=//evil.example',
      ]),
  ),
  'query values': path((was, draw) => {
    const [place = '', query = ''] = was.split('?');
    const given = new URLSearchParams(query);
    const name = draw.pick([...given.keys(), 'lot', 'taskId', 'label', 'standBy', 'interface']);
    const spoilt = draw.pick([...SQL, ...TEMPLATES, ...UNICODE, ...BIDI, ...CONTROL, ...PATHS, '', '1'.repeat(3_000)]);
    if (draw.chance(0.2)) given.delete(name);
    else given.set(name, spoilt);
    return `${place}?${given}`;
  }),
  'chunked, honestly': chunked((body, draw) => {
    const at = draw.int(body.length + 1);
    const parts = [body.subarray(0, at), body.subarray(at)].filter((part) => part.length > 0);
    return Buffer.concat([...parts.map((part) => chunk(part)), LAST]);
  }),
  'chunked, byte by byte': chunked((body) =>
    Buffer.concat([...[...body.subarray(0, 3_000)].map((byte) => chunk(Buffer.from([byte]))), LAST]),
  ),
  'chunked, never ended': chunked((body) => chunk(body)),
  'chunked, bad size': chunked((body, draw) =>
    Buffer.concat([
      Buffer.from(`${draw.pick(['zz', '-1', 'ffffffffffffffff', '0x5', '', '1 1', '80000000', '5;'])}\r\n`),
      body,
      LAST,
    ]),
  ),
  'chunked, wrong size': chunked((body) =>
    Buffer.concat([Buffer.from(`${(body.length + 5).toString(16)}\r\n`), body, LAST]),
  ),
  'chunked, long extension': chunked((body) => Buffer.concat([chunk(body, `;${'e'.repeat(30_000)}`), LAST])),
  'chunked, trailers': chunked((body) =>
    Buffer.concat([chunk(body), Buffer.from(`0\r\nContent-Length: 3\r\nX-T: ${'t'.repeat(500)}\r\n\r\n`)]),
  ),
  'chunked, nine megabytes': chunked(() =>
    Buffer.concat([...Array.from({ length: 9 }, () => chunk(Buffer.alloc(1024 * 1024, 0x20))), LAST]),
  ),
  'chunked and a length': chunked((body) => Buffer.concat([chunk(body), LAST]), [['content-length', '3']]),
  'chunked, oddly said': broken((draft, draw) => {
    draft.body ??= Buffer.from('{}');
    const said = draw.pick([
      'xchunked',
      'chunked, identity',
      'identity',
      ' chunked',
      'chunked\u000b',
      'gzip, chunked',
      'CHUNKED',
      'chunked, chunked',
    ]);
    draft.frame = (body) => ({ headers: [['transfer-encoding', said]], bytes: Buffer.concat([chunk(body), LAST]) });
  }),
  'length too long': lengthSaid((length, draw) => [
    ['content-length', String(length + draw.pick([1, 100, 9_000_000, 2 ** 40]))],
  ]),
  'length too short': lengthSaid((length, draw) => [['content-length', String(draw.int(Math.max(1, length)))]]),
  'no length': lengthSaid(() => []),
  'two lengths': lengthSaid((length) => [
    ['content-length', String(length)],
    ['content-length', '0'],
  ]),
  'same length twice': lengthSaid((length) => [['content-length', `${length}, ${length}`]]),
  'no number as length': lengthSaid((_, draw) => [
    ['content-length', draw.pick(['-1', '+5', '0x10', '1e3', '', 'NaN', ' ', '5 5', '99999999999999999999', '٣'])],
  ]),
  expect: broken((draft, draw) =>
    header(draft, 'expect', draw.pick(['100-continue', '100-Continue, x', '200-ok', '', '417'])),
  ),
  connection: broken((draft, draw) =>
    header(
      draft,
      'connection',
      draw.pick(['keep-alive', 'close, keep-alive', 'upgrade', 'content-length', 'transfer-encoding', 'TE', '']),
    ),
  ),
  upgrade: broken((draft, draw) => {
    header(draft, 'connection', 'Upgrade');
    header(draft, 'upgrade', draw.pick(['h2c', 'websocket', 'TLS/1.3', '', 'x'.repeat(500)]));
    if (draw.chance(0.5)) header(draft, 'sec-websocket-key', draw.pick(['x', '', 'AAAAAAAAAAAAAAAAAAAAAA==']));
    if (draw.chance(0.5)) header(draft, 'sec-websocket-version', draw.pick(['13', '8', '0', 'x']));
  }),
  'body on a read': broken((draft) => {
    draft.body ??= Buffer.from('{"x":1}');
    draft.frame = byLength;
  }),
  'another request behind it': broken((draft, draw) => {
    const behind = draw.pick([
      'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n',
      'garbage\r\n\r\n',
      '\u0000\u0001\u0002',
      'GET / HTTP/1.1\r\n',
    ]);
    const inner = draft.frame;
    draft.headers = draft.headers.filter(([name]) => name !== 'connection');
    draft.body ??= Buffer.alloc(0);
    draft.frame = (body) => {
      const { headers, bytes } = inner(body);
      return { headers, bytes: Buffer.concat([bytes, Buffer.from(behind, 'latin1')]) };
    };
  }),
};
