import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import type { Draw } from './draw.ts';
import { type Draft, header } from './shot.ts';

/** Damage to the JSON text of a right body. */
export type TextMutator = (text: string, draw: Draw) => string;

const add = (text: string, more: string): string => (text === '{}' ? `{${more}}` : `{${more},${text.slice(1)}`);
const nameIn = (text: string, draw: Draw): string =>
  draw.pick([...text.matchAll(/"(\w+)":/g)].map((found) => found[1] ?? 'x').concat('x'));

export const textMutators: Readonly<Record<string, TextMutator>> = {
  'duplicate member': (text, draw) => add(text, `"${nameIn(text, draw)}":"first"`),
  'duplicate member, escaped': (text, draw) => {
    const name = nameIn(text, draw);
    const at = draw.int(name.length);
    const code = name.charCodeAt(at).toString(16).padStart(4, '0');
    return add(text, `"${name.slice(0, at)}\\u${code}${name.slice(at + 1)}":"first"`);
  },
  'duplicate at the end': (text, draw) => `${text.slice(0, -1)},"${nameIn(text, draw)}":null}`,
  'nested a hundred thousand deep': (text, draw) =>
    draw.pick([
      '['.repeat(100_000),
      `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`,
      add(text, `"deep":${'['.repeat(100_000)}${']'.repeat(100_000)}`),
    ]),
  __proto__: (text, draw) =>
    add(
      text,
      draw.pick([
        '"__proto__":{"caUnitId":"x","isAdmin":true}',
        '"\\u005f_proto__":{"x":1}',
        '"constructor":{"prototype":{"x":1}}',
        '"a":{"__proto__":null}',
      ]),
    ),
  'not a number': (text, draw) =>
    add(text, `"n":${draw.pick(['NaN', 'Infinity', '-Infinity', '0x10', '1e', '01', '+1', '.5', '1_000'])}`),
  'endless number': (text) => add(text, `"n":${'9'.repeat(100_000)}`),
  'huge exponent': (text) => add(text, '"n":1e999999'),
  'cut off': (text, draw) => text.slice(0, draw.int(text.length)),
  'more behind it': (text, draw) => text + draw.pick(['}', '{}', '\u0000', ' x', '//', text]),
  comment: (text) => text.replace('{', '{/* x */'),
  'single quotes': (text) => text.replaceAll('"', "'"),
  'comma too many': (text) => `${text.slice(0, -1)},}`,
  'bad escape': (text) => add(text, '"e":"\\x41\\u00g0"'),
  'raw control character': (text) => add(text, '"c":"a\u0001\nb"'),
  'wrapped in an array': (text) => `[${text}]`,
  scalar: (_, draw) => draw.pick(['null', 'true', '0', '"x"', '[]', '""', '-', 'undefined', '{']),
  nothing: () => '',
  'only spaces': () => ' \n\t '.repeat(100),
  'byte order mark': (text) => `\ufeff${text}`,
  'two byte order marks': (text) => `\ufeff\ufeff${text}`,
  'fifty thousand members': (text) => add(text, Array.from({ length: 50_000 }, (_, i) => `"m${i}":1`).join(',')),
  'a megabyte of space': (text) => ' '.repeat(1_000_000) + text,
  form: (_, draw) => draw.pick(['caUnitId=LN-DEMO-0001&taskId=1&sign=x', 'a[b]=c&a[__proto__][x]=1']),
  xml: () => '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
  multipart: () => '--x\r\nContent-Disposition: form-data; name="caUnitId"; filename="../../x"\r\n\r\n1\r\n--x--\r\n',
};

/** Damage to the bytes of a body, and lies about them. */
export type ByteMutator = (body: Buffer, draft: Draft, draw: Draw) => Buffer;

export const byteMutators: Readonly<Record<string, ByteMutator>> = {
  gbk: (body) =>
    Buffer.concat([
      Buffer.from('{"unitName":"'),
      Buffer.from('d6d0cec4b9abcbbe', 'hex'),
      Buffer.from('",'),
      body.subarray(1),
    ]),
  'gbk, said so': (body, draft) => {
    header(draft, 'content-type', 'application/json; charset=gbk');
    return Buffer.concat([Buffer.from('{"a":"'), Buffer.from('d6d0', 'hex'), Buffer.from('",'), body.subarray(1)]);
  },
  'utf-16': (body) => Buffer.from(body.toString('utf8'), 'utf16le'),
  'utf-16 with mark': (body) =>
    Buffer.concat([Buffer.from('fffe', 'hex'), Buffer.from(body.toString('utf8'), 'utf16le')]),
  'utf-16, big end first': (body) =>
    Buffer.concat([Buffer.from('feff', 'hex'), Buffer.from(body.toString('utf8'), 'utf16le').swap16()]),
  'utf-32': (body) => Buffer.from([...body].flatMap((byte) => [byte, 0, 0, 0])),
  'overlong utf-8': (body) => Buffer.concat([Buffer.from('7b22c0af223a31', 'hex'), Buffer.from(','), body.subarray(1)]),
  'surrogates in utf-8': (body) =>
    Buffer.concat([Buffer.from('7b22eda080223a31', 'hex'), Buffer.from(','), body.subarray(1)]),
  'flipped bytes': (body, _, draw) => {
    const bytes = Buffer.from(body);
    for (let i = 0; i < 3 && bytes.length > 0; i += 1) bytes[draw.int(bytes.length)] = draw.int(256);
    return bytes;
  },
  'random bytes': (_, __, draw) => draw.bytes(draw.pick([1, 16, 300])),
  'a byte of each kind': () => Buffer.from(Array.from({ length: 256 }, (_, i) => i)),
  'gzip, said so': (body, draft) => {
    header(draft, 'content-encoding', 'gzip');
    return gzipSync(body);
  },
  'gzip, not said': (body) => gzipSync(body),
  'gzip, only said': (body, draft) => {
    header(draft, 'content-encoding', 'gzip');
    return body;
  },
  'gzip, cut off': (body, draft, draw) => {
    header(draft, 'content-encoding', 'gzip');
    const packed = gzipSync(body);
    return packed.subarray(0, draw.int(packed.length));
  },
  'gzip in gzip': (body, draft) => {
    header(draft, 'content-encoding', 'gzip, gzip');
    return gzipSync(gzipSync(body));
  },
  'gzip bomb': (_, draft, draw) => {
    header(draft, 'content-encoding', draw.pick(['gzip', 'deflate']));
    const bomb = Buffer.alloc(24 * 1024 * 1024, 0x20);
    return draft.headers.some(([name, value]) => name === 'content-encoding' && value === 'gzip')
      ? gzipSync(bomb, { level: 1 })
      : deflateSync(bomb, { level: 1 });
  },
  'brotli, said so': (body, draft) => {
    header(draft, 'content-encoding', 'br');
    return brotliCompressSync(body);
  },
  'unknown encoding': (body, draft, draw) => {
    header(
      draft,
      'content-encoding',
      draw.pick(['constructor', '__proto__', 'compress', 'GZIP', 'identity, gzip', ',', 'x'.repeat(500)]),
    );
    return body;
  },
  'nine megabytes': (_, __, draw) => Buffer.alloc(9 * 1024 * 1024, draw.pick([0x20, 0x7b, 0x5b, 0x41])),
};
